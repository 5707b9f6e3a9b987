"""What the marks in the figures mean: the entries of a legend, for a picture and for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle

from lyapscreen.report.figures.drawing import MARKS, SIZE, Drawing
from lyapscreen.report.figures.families import INK, Colour, distinct
from lyapscreen.report.text.verdicts import WORDS
from lyapscreen.results.records import UNMEASURED


@dataclass(frozen=True)
class Entry:
    """One mark and its meaning."""

    words: str
    marker: str
    """In matplotlib's letters; empty for a line alone."""
    colour: Colour = INK
    filled: bool = True
    large: bool = False
    line: Literal["-", ":", "none"] = "none"
    """What the mark stands on, in matplotlib's signs."""

    @property
    def outline(self) -> str:
        """The mark as an SVG path about the origin, one unit large."""
        if not self.marker:
            return ""
        style = MarkerStyle(self.marker)
        pieces = style.get_path().transformed(style.get_transform()).to_polygons(closed_only=False)
        return " ".join("M" + "L".join(f"{x:.3g} {-y:.3g}" for x, y in np.asarray(piece)) for piece in pieces)


def families(drawing: Drawing) -> list[Entry]:
    """Return an entry for each family that has a look of its own, the best first."""
    return [Entry(look.name, look.marker, look.colour, line="-") for look in distinct(drawing.looks.values())]


def signs(drawing: Drawing) -> list[Entry]:
    """Return an entry for each other sign that occurs."""
    rows = drawing.rows
    regimes = {row.regime for row in rows}
    found = []
    if drawing.ranking.recommended:
        found.append(Entry("recommended", "o", filled=False, large=True))
    found += [
        Entry(f"{WORDS[regime]}, at the border" if regime in UNMEASURED else WORDS[regime], marker)
        for regime, marker in MARKS.items()
        if regime in regimes
    ]
    if any(drawing.stopped(row) for row in rows):
        found.append(Entry(f"hollow: stopped before {drawing.steps} steps", "o", filled=False))
    if any(row.effective_low is not None for row in rows):
        found.append(Entry("bar or band: 95% interval over seeds", "|"))
    if drawing.edge:
        found.append(Entry("edge of stability", "", line=":"))
    if len(rows) < len(drawing.ranking.rows):
        found.append(Entry(f"drawn: the best {len(rows)} of {len(drawing.ranking.rows):,} configurations", ""))
    return found


def draw(axes: Axes, drawing: Drawing, *, columns: int) -> None:
    """Draw the legend on axes of its own, in so many columns."""
    handles = [
        Line2D(
            [],
            [],
            color=entry.colour.light,
            marker=entry.marker or "None",
            markersize=SIZE * (2.6 if entry.large else 1),
            markerfacecolor=entry.colour.light if entry.filled else "none",
            linestyle=entry.line,
            linewidth=1.1,
            label=entry.words,
        )
        for entry in (*families(drawing), *signs(drawing))
    ]
    legend = axes.legend(
        handles=handles, loc="upper left", frameon=False, borderaxespad=0, labelspacing=0.35, ncols=columns
    )
    legend.set_in_layout(False)  # however long the names, the panels stay as wide as they are
