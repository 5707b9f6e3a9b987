"""The figures of a ranking: one picture for a file, or one SVG a panel for a page. No pyplot, no global figure.

The same arguments give the same bytes: no date, no random ids, matplotlib's own font.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from lyapscreen.errors import OutputError
from lyapscreen.report import extras
from lyapscreen.report.figures import inline_svg
from lyapscreen.report.figures.families import FAINT, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lyapscreen.report.figures.drawing import Drawing
    from lyapscreen.report.figures.families import Edge
    from lyapscreen.report.figures.legend import Entry
    from lyapscreen.report.figures.panels import Panel
    from lyapscreen.results.naming import Family
    from lyapscreen.results.ranking import Ranking
    from lyapscreen.spec.spec import Spec

NEEDS, EXTRA = ("matplotlib",), "report"
"""Modules that draw, and the extra that brings them."""

SUFFIXES = ("png", "svg")

PANEL_INCHES = (4.3, 3.0)
COLUMNS = 3
"""Of panels in a picture."""

LEGEND_HEIGHT = 0.4
"""Of a row that the legend has to itself, a panel's being 1."""

TITLE_PAD = 16
"""Points between a panel and its title, where the pick's name has to stand."""

DPI = 160
FONT_SIZE = 9

NO_EDGES: Mapping[Family, Edge] = {}


@dataclass(frozen=True)
class Drawn:
    """A panel as it goes into a page."""

    name: str
    title: str
    caption: str
    svg: str
    """An `<svg>` element without styles, scripts and ids of others, its text as text."""


def suffix(path: str) -> str:
    """Return what kind of picture a path asks for, `png` or `svg`.

    Raises:
        OutputError: neither.

    """
    kind = PurePath(path).suffix.lower().removeprefix(".")
    if kind not in SUFFIXES:
        raise OutputError("plot", path, "a picture ends in .png or .svg", "Name a file such as ranking.svg")
    return kind


def plot(ranking: Ranking, spec: Spec, kind: str, edge: Mapping[Family, Edge] = NO_EDGES) -> bytes:
    """Return all panels and their legend as one picture.

    Args:
        ranking: what to draw.
        spec: what was screened.
        kind: `png` or `svg`.
        edge: where stability ends, by family.

    Raises:
        OutputError: matplotlib is not installed, or it is another kind.

    """
    if kind not in SUFFIXES:
        raise OutputError("plot", kind, f"a picture is one of {', '.join(SUFFIXES)}", "Write one of these")
    extras.require("plot", f"a .{kind} file", *NEEDS)
    from matplotlib.figure import Figure

    from lyapscreen.report.figures.drawing import Drawing
    from lyapscreen.report.figures.legend import draw
    from lyapscreen.report.figures.panels import panels

    drawing = Drawing.of(ranking, spec, edge)
    every = panels(drawing)
    with style(text_as="path"):
        rows, left = divmod(len(every), COLUMNS)
        # The legend takes a free place beside the panels, or a lower row of its own where they fill all.
        heights = [1.0] * (rows + 1) if left else [1.0] * rows + [LEGEND_HEIGHT]
        width, height = PANEL_INCHES
        figure = Figure(figsize=(width * COLUMNS, height * sum(heights)), layout="constrained")
        grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights)
        for place, panel in enumerate(every):
            axes = figure.add_subplot(grid[divmod(place, COLUMNS)])
            axes.set_title(panel.title, loc="left", fontweight="bold", pad=TITLE_PAD)
            panel.draw(axes, drawing)
        beside = figure.add_subplot(grid[-1, left:])
        beside.set_axis_off()
        draw(beside, drawing, columns=COLUMNS - left)
        return written(figure, kind)


def svgs(ranking: Ranking, spec: Spec, edge: Mapping[Family, Edge] = NO_EDGES) -> list[Drawn]:
    """Return each panel as an SVG element for a page that names the colours of the dark in its own style.

    Raises:
        OutputError: matplotlib is not installed.

    """
    extras.require("html", "a report with figures", *NEEDS)
    from lyapscreen.report.figures.drawing import Drawing
    from lyapscreen.report.figures.panels import panels

    drawing = Drawing.of(ranking, spec, edge)
    return [Drawn(panel.name, panel.title, panel.caption, _svg(panel, drawing)) for panel in panels(drawing)]


def legend(ranking: Ranking, spec: Spec, edge: Mapping[Family, Edge] = NO_EDGES) -> list[Entry]:
    """Return what the marks in the figures mean."""
    from lyapscreen.report.figures.drawing import Drawing
    from lyapscreen.report.figures.legend import families, signs

    drawing = Drawing.of(ranking, spec, edge)
    return [*families(drawing), *signs(drawing)]


def _svg(panel: Panel, drawing: Drawing) -> str:
    from matplotlib.figure import Figure

    with style(text_as="none"):
        figure = Figure(figsize=PANEL_INCHES, layout="constrained")
        panel.draw(figure.add_subplot(), drawing)
        return inline_svg.element(
            written(figure, "svg", transparent=True), panel.name, f"{panel.title}. {panel.caption}"
        )


def written(figure: Figure, kind: str, *, transparent: bool = False) -> bytes:
    """Return a figure as a file of this kind; the same figure gives the same bytes."""
    file = io.BytesIO()
    nothing = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with warnings.catch_warnings():
        # A name in letters the font lacks: boxes are drawn, and the table has the name.
        warnings.filterwarnings("ignore", message="Glyph|.*font", category=UserWarning)
        figure.savefig(file, format=kind, dpi=DPI, transparent=transparent, metadata=nothing)
    return file.getvalue()


@contextmanager
def style(*, text_as: str) -> Iterator[None]:
    """Draw as we do, whatever the user's settings of matplotlib are, and put those back."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "svg.hashsalt": "lyapscreen",
                "svg.fonttype": text_as,
                "text.parse_math": False,
                "font.size": FONT_SIZE,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "axes.grid": True,
                "axes.axisbelow": True,
                "axes.formatter.use_mathtext": False,
                "grid.color": FAINT.light,
                "grid.linewidth": 0.6,
                **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor"), INK.light),
                **dict.fromkeys(("xtick.color", "ytick.color"), INK.light),
            }
        )
        yield
