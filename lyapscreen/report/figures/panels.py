"""What each figure shows: a panel draws one view of a ranking."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lyapscreen.report.figures.drawing import (
    Drawing,
    at_border,
    drawable,
    edge,
    line,
    loss_scale,
    lr_scale,
    mark,
    scale,
)
from lyapscreen.report.figures.families import FAINT, INK
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import windows
from lyapscreen.results.statistics import UNDEFINED, t_interval
from lyapscreen.spec.measures import MEASURE

FOLLOWED = 3
"""Configurations whose local exponents are drawn."""

DASHES = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
"""Of the lines of these: configurations of one family have one colour."""


@dataclass(frozen=True)
class Panel:
    """One figure."""

    name: str
    """Short and stable, for what refers to it."""
    title: str
    caption: str
    """What is seen, and what to look for."""
    draw: Callable[[Axes, Drawing], None]


def panels(drawing: Drawing) -> list[Panel]:
    """Return the panels there is something to draw in."""
    projection = Panel(
        "projected", "N λ_proj", "What λ_eff sums up to over the full training. Lowest is best.", _projected
    )
    found = [
        *([projection] if drawing.ranking.measure.reads_ahead else []),
        Panel("effective", "λ_eff", "How fast it learns in the probe, less what instability costs.", _effective),
        Panel("transverse", "λ_perp", "How fast it learns what generalises.", _transverse),
        Panel(
            "growth",
            "T λ_1",
            "How far nearby trainings part over all T steps. "
            f"From the dashed line on ({drawing.spec.ln_max_growth:.2g}) it is chaotic.",
            _growth,
        ),
        Panel("loss", "Held-out loss", "Each configuration by its λ_eff and the loss it ended at.", _against_loss),
    ]
    if leaders := followed(drawing.ranking):
        ranks = ", ".join(f"#{row.rank}" for row in leaders)
        caption = f"Nearby trainings part where it is above 0, and merge below; configurations {ranks}."
        found.append(Panel("local", "λ_1 over time", caption, _local))
    return found


def followed(ranking: Ranking) -> list[Row]:
    """Return the leading configurations that have local exponents to show."""
    return [row for row in ranking.rows if any(not math.isnan(mean) for mean, *_ in _windows(row))][:FOLLOWED]


def _projected(axes: Axes, drawing: Drawing) -> None:
    _over_lr(axes, drawing, "projected")


def _effective(axes: Axes, drawing: Drawing) -> None:
    _over_lr(axes, drawing, "effective")


def _transverse(axes: Axes, drawing: Drawing) -> None:
    _over_lr(axes, drawing, "transverse")


def _growth(axes: Axes, drawing: Drawing) -> None:
    _over_lr(axes, drawing, "lyapunov", growth=True)


def _over_lr(axes: Axes, drawing: Drawing, field: str, *, growth: bool = False) -> None:
    """Draw an exponent over the learning rate, a line a family; growth with its limit."""
    measure = MEASURE[field]

    def number(row: Row, end: str = "") -> float | None:
        value: float | None = getattr(row, field + end)
        return None if value is None else drawable(value * drawing.ranking.times(measure, row))

    rows = drawing.ranking.rows
    limit = drawing.spec.ln_max_growth if growth else 0.0
    lr_scale(axes, [*(row.lr for row in rows), *(found[0] for found in drawing.edge.values())])
    ends = [number(row, end) for row in rows for end in ("_low", "_high")]
    scale(axes, "y", [number(row) for row in rows], ends, limit)
    axes.axhline(0, color=FAINT.light, linewidth=1, zorder=0)
    if growth:
        axes.axhline(limit, color=INK.light, linewidth=1, linestyle=(0, (4, 2)), zorder=1)
    for index, (look, members, found) in enumerate(drawing.families()):
        edge(axes, look, found)
        # Exponents of one length are comparable, and those of the full training all are.
        line(axes, look, [(row.lr, number(row), 0 if measure.reads_ahead else row.steps) for row in members])
        for row in members:
            value, low, high = number(row), number(row, "_low"), number(row, "_high")
            if low is not None and high is not None:
                axes.plot([row.lr] * 2, [low, high], color=look.colour.light, linewidth=1.3, alpha=0.5, zorder=3)
            if value is None:
                at_border(axes, drawing, row, index)
            else:
                mark(axes, drawing, row, row.lr, value)


def _against_loss(axes: Axes, drawing: Drawing) -> None:
    points = [
        (row, x, y)
        for row in reversed(drawing.ranking.rows)
        if (x := drawable(row.effective)) is not None and (y := drawable(row.held_out_loss)) is not None
    ]
    axes.set_xlabel("λ_eff")
    scale(axes, "x", [x for _, x, _ in points])
    loss_scale(axes, "y", [y for *_, y in points])
    for row, x, y in points:
        mark(axes, drawing, row, x, y)


def _local(axes: Axes, drawing: Drawing) -> None:
    ends = windows(drawing.spec.steps)
    middles = [(start + end) / 2 for start, end in zip([0, *ends], ends, strict=False)]
    lines = [(row, _windows(row)) for row in followed(drawing.ranking)]
    scale(
        axes,
        "y",
        [None if math.isnan(mean) else mean for _, found in lines for mean, *_ in found],
        [end for _, found in lines for _, *both in found for end in both if not math.isnan(end)],
    )
    axes.axhline(0, color=FAINT.light, linewidth=1, zorder=0)
    for (row, found), dashes in reversed(list(zip(lines, DASHES, strict=False))):
        colour = drawing.look(row).colour.light
        at = middles[: len(found)]
        means, lows, highs = np.array(found[: len(at)]).T
        axes.fill_between(at, lows, highs, color=colour, alpha=0.15, linewidth=0)
        axes.plot(at, means, color=colour, linewidth=1.6, linestyle=dashes, label=f"#{row.rank}")
    axes.set_xlim(0, drawing.spec.steps)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_xlabel("step")
    axes.legend(
        reverse=True, frameon=False, ncols=FOLLOWED, loc="lower right", bbox_to_anchor=(1, 0.98), borderaxespad=0
    )


def _windows(row: Row) -> list[tuple[float, float, float]]:
    """Return mean and 95 % interval over seeds of every window that all have passed; NaN is undefined."""
    found = []
    for values in zip(*(result.local for result in row.results), strict=False):
        there = [value for value in values if drawable(value) is not None]
        interval = t_interval(np.array(there)) if len(there) == len(values) else UNDEFINED
        mean, low, high = (math.nan if v is None else v for v in (interval.mean, interval.low, interval.high))
        found.append((mean, low, high))
    return found
