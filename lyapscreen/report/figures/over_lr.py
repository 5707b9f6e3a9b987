"""The panels over the learning rate: loss, exponents and growth, a line a family."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean

from matplotlib.axes import Axes

from lyapscreen.report.figures.drawing import Drawing, at_border, edge, line, marks, pick
from lyapscreen.report.figures.families import FAINT, INK
from lyapscreen.report.figures.scales import drawable, loss_scale, lr_scale, scale
from lyapscreen.results.ranking import Row
from lyapscreen.spec.measures import MEASURE

Number = Callable[[Row, str], float | None]
"""Of a row and an end of its interval (`_low`, `_high` or empty): what is drawn."""


def loss(axes: Axes, drawing: Drawing) -> None:
    """Draw the held-out loss at the end of the probe, and point out the pick: what a learning rate finder shows."""
    number = _number(drawing, "held_out_loss")
    axes.set_ylabel("held-out loss")
    _lr_scale(axes, drawing)
    drawn = [loss for row in drawing.rows for loss in (number(row, ""), after(row, drawing.shortest))]
    loss_scale(axes, "y", [loss for loss in drawn if loss is not None])
    for look, members, _ in drawing.families():
        line(axes, look, [(row.lr, after(row, drawing.shortest), 0) for row in members], dashed=True)
    _families(axes, drawing, number, one_scale=False)
    pick(axes, drawing, equals(drawing))


def projected(axes: Axes, drawing: Drawing) -> None:
    """Draw the exponent projected to the full training, summed over it."""
    number = _number(drawing, "projected")
    axes.set_ylabel("N λ_proj")
    _scales(axes, drawing, (number,))
    _families(axes, drawing, number, one_scale=True)


def learning(axes: Axes, drawing: Drawing) -> None:
    """Draw lambda_eff, and lambda_perp dashed: the two part where instability costs something."""
    number, towards = _number(drawing, "effective"), _number(drawing, "transverse")
    axes.set_ylabel("λ_eff and λ_perp, per step")
    _scales(axes, drawing, (number, towards))
    for look, members, _ in drawing.families():
        line(axes, look, [(row.lr, towards(row, ""), row.steps) for row in members], dashed=True)
    _families(axes, drawing, number, one_scale=False)


def growth(axes: Axes, drawing: Drawing) -> None:
    """Draw the logarithm of a small change's growth over the probe, and where it is chaotic."""
    limit, number = drawing.spec.ln_max_growth, _number(drawing, "lyapunov")
    axes.set_ylabel("T λ_1")
    _scales(axes, drawing, (number,), limit)
    axes.axhline(limit, color=INK.light, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    _families(axes, drawing, number, one_scale=False)


def after(row: Row, steps: int | None) -> float | None:
    """Return the mean held-out loss after so many steps of the probe; None unless every seed was measured there."""
    found = [one.at(steps) for one in row.results if steps is not None]
    values = [drawable(measures.held_out_loss) for measures in found if measures.steps == steps]
    there = [value for value in values if value is not None]
    return fmean(there) if len(there) == len(row.results) else None


def equals(drawing: Drawing) -> list[Row]:
    """Return the rows around the recommended one that are as good, itself among them; none without one."""
    row = drawing.ranking.recommended
    return [] if row is None else list(drawing.ranking.equally_good(row))


def _number(drawing: Drawing, field: str) -> Number:
    measure = MEASURE[field]

    def number(row: Row, end: str) -> float | None:
        value: float | None = getattr(row, field + end, None)
        return None if value is None else drawable(value * drawing.ranking.times(measure, row))

    return number


def _lr_scale(axes: Axes, drawing: Drawing) -> None:
    lr_scale(axes, [*(row.lr for row in drawing.rows), *(found[0] for found in drawing.edge.values())])


def _scales(axes: Axes, drawing: Drawing, numbers: tuple[Number, ...], limit: float = 0.0) -> None:
    _lr_scale(axes, drawing)
    ends = [number(row, end) for number in numbers for row in drawing.rows for end in ("_low", "_high")]
    scale(axes, "y", [number(row, "") for number in numbers for row in drawing.rows], ends, limit)
    axes.axhline(0, color=FAINT.light, linewidth=1, zorder=0)


def _families(axes: Axes, drawing: Drawing, number: Number, *, one_scale: bool) -> None:
    """Draw every family: its edge, the line that joins what is comparable, intervals and marks."""
    for index, (look, members, found) in enumerate(drawing.families()):
        edge(axes, look, found)
        # Numbers of one length are comparable, and those of the full training all are.
        line(axes, look, [(row.lr, number(row, ""), 0 if one_scale else row.steps) for row in members])
        bars = [(row.lr, number(row, "_low"), number(row, "_high")) for row in members]
        there = [(lr, low, high) for lr, low, high in bars if low is not None and high is not None]
        if there:
            axes.vlines(*zip(*there, strict=True), color=look.colour.light, linewidth=1.3, alpha=0.5, zorder=3)
        values = [(row, number(row, "")) for row in members]
        marks(axes, drawing, [(row, row.lr, value) for row, value in values if value is not None])
        at_border(axes, drawing, [row for row, value in values if value is None], index)
