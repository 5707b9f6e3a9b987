"""The scales of the panels, on matplotlib axes: no number, however large or absent, breaks them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.scale import ScaleBase, SymmetricalLogScale
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from lyapscreen.report.text.numbers import compact

LARGEST = 1e100
"""Numbers beyond are off every axis: they are marked at its border."""

FAR = 3
"""How many times the number of interest another must be for the axis to turn logarithmic beyond the former."""


def drawable(value: float | None) -> float | None:
    """Return a number that an axis can show, else None, as for a NaN; what is too small is 0."""
    if value is None or not abs(value) <= LARGEST:
        return None
    return value if abs(value) >= 1 / LARGEST else 0.0


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
    """Fit the axis `which` (x or y) to losses: logarithmic where all are positive and far apart; bare without any."""
    if not losses:
        (axes.xaxis if which == "x" else axes.yaxis).set_major_locator(NullLocator())
        return
    if min(losses) < 1 / LARGEST or max(losses) / min(losses) < FAR:
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
