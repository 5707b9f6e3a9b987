"""What became of one condition of a gate, and how a value with its interval is judged by a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from lyapscreen.results.ranking import Row
from lyapscreen.results.records import Regime
from lyapscreen.results.statistics import Interval

ONE_SEED = "one seed gives no interval"


class Outcome(StrEnum):
    """What became of a condition; the worst of all, in this order, is that of the gate."""

    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    FAIL = "fail"


@dataclass(frozen=True)
class Verdict:
    """One condition, judged."""

    condition: str
    """The flag that asked for it, without dashes; `converging` is always asked."""
    outcome: Outcome
    text: str
    """What was compared and, where it did not pass, why."""
    value: float | None = None
    """In the units of the limit; None is undefined."""
    low: float | None = None
    """The value's 95 % interval; for `top` the ranks of its tie group."""
    high: float | None = None
    limit: float | None = None


def at_most(condition: str, row: Row, interval: Interval, limit: float, text: str) -> Verdict:
    """Return the verdict on a mean that has to be at most its limit."""
    if interval.mean is None:
        return undefined(condition, row, limit, f"{text} is undefined")
    return judged(condition, interval, limit, text, lambda value: value <= limit)


def at_least(condition: str, row: Row, interval: Interval, limit: float, text: str) -> Verdict:
    """Return the verdict on a mean that has to be at least its limit."""
    if interval.mean is None:
        return undefined(condition, row, limit, f"{text} is undefined")
    return judged(condition, interval, limit, text, lambda value: value >= limit)


def judged(condition: str, interval: Interval, limit: float, text: str, holds: Callable[[float], bool]) -> Verdict:
    """Return the verdict on a defined mean: both ends of its interval have to agree."""
    value, low, high = interval.mean, interval.low, interval.high
    if low is None or high is None:
        return Verdict(condition, Outcome.INCONCLUSIVE, f"{text}; {ONE_SEED}", value, limit=limit)
    ends = holds(low), holds(high)
    decided = Outcome.PASS if all(ends) else Outcome.INCONCLUSIVE if any(ends) else Outcome.FAIL
    return Verdict(condition, decided, text, value, low, high, limit)


def undefined(condition: str, row: Row, limit: float, why: str) -> Verdict:
    """Return the verdict on what is undefined: it fails where the choice does not converge, else is inconclusive."""
    if row.regime is Regime.CONVERGING:
        return Verdict(condition, Outcome.INCONCLUSIVE, why, limit=limit)
    return Verdict(condition, Outcome.FAIL, f"{why}; the choice ended {row.regime}", limit=limit)
