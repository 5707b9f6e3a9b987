"""The marks and scales all panels share, on matplotlib axes: no number, however large or absent, breaks them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.scale import ScaleBase, SymmetricalLogScale
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lyapscreen.report.figures.families import INK, Edge, Look, looks
from lyapscreen.report.text.numbers import compact
from lyapscreen.results.naming import Family, family_of
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec.spec import Spec

MARKS = {
    Regime.STALLED: ".",
    Regime.CHAOTIC: "+",
    Regime.DEAD: "_",
    Regime.DIVERGED: "x",
    Regime.FAILED: "1",
}
"""Drawn instead of a family's marker where it does not converge."""

LARGEST = 1e100
"""Numbers beyond are off every axis: they are marked at its border."""

FAR = 3
"""How many times the number of interest another must be for the axis to turn logarithmic beyond the former."""

SIZE = 4.5
BORDER, BORDER_STEP = 0.965, 0.032
"""Height, as a fraction of the axes, of the marks of what has no number, and how far families are apart there."""


@dataclass(frozen=True)
class Drawing:
    """What every panel needs."""

    ranking: Ranking
    spec: Spec
    looks: Mapping[Family, Look]
    edge: Mapping[Family, Edge]
    steps: int
    """Of the configurations that went furthest; who went less far was stopped on the way."""

    @classmethod
    def of(cls, ranking: Ranking, spec: Spec, edge: Mapping[Family, Edge]) -> Drawing:
        """Decide how the families of a ranking look, for all its panels alike."""
        steps = ranking.reached[-1][0] if ranking.reached else spec.steps
        return cls(ranking, spec, looks(ranking), edge, steps)

    def families(self) -> Iterator[tuple[Look, list[Row], Edge | None]]:
        """Return each family's rows by learning rate, and its edge; the best family last, so that it is on top."""
        lines: dict[Family, list[Row]] = {}
        for row in self.ranking.rows:
            lines.setdefault(family_of(row.configuration), []).append(row)
        for key, rows in reversed(lines.items()):
            yield self.looks[key], sorted(rows, key=lambda row: row.lr), self.edge.get(key)

    def look(self, row: Row) -> Look:
        """Return how the family of a row is drawn."""
        return self.looks[family_of(row.configuration)]

    def stopped(self, row: Row) -> bool:
        """Tell whether a row was left behind at a rung: its exponents are over fewer steps than the leaders'."""
        return row.steps < self.steps and row.regime not in (Regime.DIVERGED, Regime.FAILED)


def drawable(value: float | None) -> float | None:
    """Return a number that an axis can show, else None, as for a NaN; what is too small is 0."""
    if value is None or not abs(value) <= LARGEST:
        return None
    return value if abs(value) >= 1 / LARGEST else 0.0


def mark(axes: Axes, drawing: Drawing, row: Row, x: float, y: float, *, border: bool = False) -> None:
    """Draw a row as its family's marker, or as the mark of its regime; hollow where it was stopped on the way."""
    look, kept = drawing.look(row), not drawing.stopped(row)
    colour = look.colour.light
    transform = axes.get_xaxis_transform() if border else axes.transData
    if row.recommended:
        axes.plot(
            x, y, "o", transform=transform, color=INK.light, markersize=2.6 * SIZE, markerfacecolor="none", zorder=5
        )
    axes.plot(
        x,
        y,
        MARKS.get(row.regime, look.marker),
        transform=transform,
        color=colour,
        markersize=SIZE,
        markeredgewidth=1.1,
        markerfacecolor=colour if kept else "none",
        alpha=1 if kept else 0.7,
        zorder=4,
        clip_on=not border,
    )


def at_border(axes: Axes, drawing: Drawing, row: Row, index: int) -> None:
    """Mark a row without a number at the upper border, over its learning rate; each family at a height of its own."""
    mark(axes, drawing, row, within(row.lr), BORDER - BORDER_STEP * (index % 8), border=True)


def line(axes: Axes, look: Look, points: Iterable[tuple[float, float | None, int]]) -> None:
    """Join neighbouring points (x, y, steps) that are both there and over equally many steps."""
    for (_, there), piece in groupby(points, key=lambda point: (point[2], point[1] is not None)):
        if there:
            xs, ys, _ = zip(*piece, strict=True)
            axes.plot(xs, ys, color=look.colour.light, linewidth=1.1, alpha=0.75, zorder=2)


def edge(axes: Axes, look: Look, found: Edge | None) -> None:
    """Draw where stability ends for a family: a vertical line in its interval."""
    if found is None:
        return
    lr, low, high = found
    axes.axvline(lr, color=look.colour.light, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1)
    if low is not None and high is not None:
        axes.axvspan(low, high, color=look.colour.light, alpha=0.12, linewidth=0, zorder=0)


def within(lr: float) -> float:
    """Return a learning rate, or the end of the axis it lies beyond."""
    return min(max(lr, 1 / LARGEST), LARGEST)


def lr_scale(axes: Axes, lrs: Sequence[float]) -> None:
    """Make x a logarithmic axis over learning rates, labelled as they are typed."""
    low, high = (within(end) for end in (min(lrs, default=1), max(lrs, default=1)))
    beside = (high / low) ** 0.04 if high > low else 3
    axes.set_xscale("log")
    axes.set_xlim(low / beside, high * beside)
    few = sorted(set(lrs))
    near = high / low < 20 and len(few) <= 5
    axes.xaxis.set_major_locator(FixedLocator(few) if near else LogLocator(numticks=6))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
    axes.set_xlabel("learning rate")


def loss_scale(axes: Axes, which: str, losses: Sequence[float]) -> None:
    """Fit the axis `which` (x or y) to losses: logarithmic where all are positive and far apart."""
    if not losses or min(losses) < 1 / LARGEST or max(losses) / min(losses) < FAR:
        scale(axes, which, losses)
        return
    beside = (max(losses) / min(losses)) ** 0.06
    _set(axes, which, "log", min(losses) / beside, max(losses) * beside)
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if max(losses) / min(losses) < 1e3 else (1.0,), numticks=6))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))


def scale(
    axes: Axes, which: str, values: Sequence[float | None], ends: Sequence[float | None] = (), limit: float = 0.0
) -> None:
    """Fit the axis `which` (x or y): linear up to the numbers of interest, logarithmic beyond if any is far off.

    Args:
        axes: what the axis belongs to.
        which: x or y.
        values: what is drawn, all of it inside.
        ends: ends of intervals, which may be cut off where they would dwarf the values.
        limit: a line that has to be inside.

    """
    there = [value for value in (*values, 0.0, limit) if value is not None]
    low, high = min(there), max(there)
    span = high - low or 1.0
    # Of interest is how far it goes below 0, where learning is, and up to the limit.
    interest = max(-low, limit)
    axis = axes.xaxis if which == "x" else axes.yaxis
    if interest > 0 and high > FAR * interest:
        bottom, top = min(2 * low, -interest / 8), 4 * high
        _set(axes, which, SymmetricalLogScale(None, linthresh=interest, linscale=2), bottom, top)
        axis.set_label_text(f"{axis.get_label_text()} (logarithmic above {compact(interest)})".strip())
        axis.set_major_locator(FixedLocator(_ticks(interest, high)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: compact(value)))
        return
    outer = [end for end in ends if end is not None]
    low = max(min([low, *outer]), low - span / 4) - span / 20
    high = min(max([high, *outer]), high + span / 4) + span / 8
    _set(axes, which, "linear", low, high)
    axis.set_major_locator(MaxNLocator(5))


def _ticks(interest: float, high: float) -> list[float]:
    """Return a few ticks: what is of interest on either side of 0, powers of ten beyond, and the highest number."""
    unit, top = float(f"{interest:.0e}"), float(f"{high:.0e}")
    first, last = math.ceil(math.log10(3 * unit)), math.floor(math.log10(top / 3))
    return [-unit, 0.0, unit, *(10.0**power for power in range(first, last + 1, max(1, (last - first) // 2))), top]


def _set(axes: Axes, which: str, kind: str | ScaleBase, low: float, high: float) -> None:
    axes.set(**{f"{which}scale": kind})
    axes.set(**{f"{which}lim": (low, high)})
