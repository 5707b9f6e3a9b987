"""The picture of a validation: exponent against the loss of full training, one colour an activation."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

from lyapscreen.report import extras
from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import COLOURS, INK, OTHERS
from lyapscreen.report.text.characters import short, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from lyapscreen.results.validation import Point, Validation

INCHES = (9.0, 4.0)
SIZE = 5

NAMED = "named"
"""Marks what the legend names."""


def plot(validation: Validation, kind: str) -> bytes:
    """Return one panel by the lowest and one by the final held-out loss, as `png` or `svg`.

    Raises:
        OutputError: matplotlib is not installed.

    """
    extras.require("plot", f"a .{kind} file", *figures.NEEDS)
    from matplotlib.figure import Figure

    with figures.style(text_as="path"):
        figure = Figure(figsize=INCHES, layout="constrained")
        for axes, which in zip(figure.subplots(1, 2), ("best", "final"), strict=True):
            _draw(axes, validation, which)
        # Found out here, for matplotlib leaves out names that begin with an underscore, and warns where there is none.
        if handles := [line for line in axes.lines if line.get_gid() == NAMED]:
            words = [str(line.get_label()) for line in handles]
            legend = axes.legend(handles, words, frameon=False, fontsize="small")
            legend.set_in_layout(False)  # however many names there are, the panels keep their size
        return figures.written(figure, kind)


def _score(validation: Validation, point: Point) -> float | None:
    """Return what the ranking is by, summed over the full training."""
    from lyapscreen.report.figures.scales import drawable

    return None if point.projected is None else drawable(point.projected * validation.spec.full_steps)


def _draw(axes: Axes, validation: Validation, which: str) -> None:
    from lyapscreen.report.figures.scales import drawable, loss_scale, scale

    known = [
        (point.configuration.activation, projected, loss)
        for point in validation.points
        if (projected := _score(validation, point)) is not None
        and (loss := drawable(getattr(point, which))) is not None
    ]
    title = "lowest on the way" if which == "best" else "at the end"
    axes.set_title(f"{title}, {validation.spec.full_steps:,} steps", loc="left", fontweight="bold")
    axes.set_xlabel("N λ_proj of the probe")
    axes.set_ylabel("held-out loss")
    for activation, colour in zip(validation.spec.act, chain(COLOURS, repeat(OTHERS)), strict=False):
        points = [(x, y) for name, x, y in known if name == activation]
        if points:
            xs, ys = zip(*points, strict=True)
            said = short(visible(activation))
            axes.plot(xs, ys, "o", color=colour.light, markersize=SIZE, alpha=0.8, label=said, gid=NAMED)
    pick = validation.lines[0].pick
    for point in validation.points:
        x, y = _score(validation, point), drawable(getattr(point, which))
        if point.configuration == pick and x is not None and y is not None:
            ring = axes.plot(x, y, "o", color=INK.light, markersize=2.4 * SIZE, markerfacecolor="none")[0]
            ring.set(label="the pick", gid=NAMED)
    scale(axes, "x", [x for _, x, _ in known])
    loss_scale(axes, "y", [y for _, _, y in known])
