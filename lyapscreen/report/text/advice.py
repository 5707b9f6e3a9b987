"""What to know before trusting a ranking, and what to try where nothing is recommended."""

from __future__ import annotations

from collections import Counter

from lyapscreen.report.text import confirmed, projected
from lyapscreen.report.text.naming import listed, lr
from lyapscreen.report.text.numbers import compact
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec.spec import Spec

UNSTABLE = frozenset({Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED})
"""What a learning rate that is too high ends in."""


def warnings(ranking: Ranking, spec: Spec) -> list[str]:
    """Return what the user should know before trusting the ranking, each with something to try."""
    row = ranking.recommended
    if row is None:
        return [nothing_recommended(ranking, spec)]
    found = (
        confirmed.warning(ranking, row),
        _stopped_early(ranking, row),
        _at_the_end(ranking, row, spec),
        *projected.warnings(ranking, spec),
    )
    return [warning for warning in found if warning]


def nothing_recommended(ranking: Ranking, spec: Spec) -> str:
    """Say why nothing is recommended and what to try instead."""
    if not ranking.rows:
        return "No probe has finished."
    count = Counter(row.regime for row in ranking.rows)
    if count[Regime.CONVERGING] and ranking.measure.reads_ahead:
        return projected.too_little(ranking, spec)
    if count[Regime.CONVERGING]:
        return f"No converging configuration has a {ranking.measure.words} for each seed. Try --rank-by loss."
    ends = [f"{count[regime]} {regime}" for regime in Regime if count[regime]]
    return f"No configuration converges: {listed(ends, 0)}. {_instead(ranking, spec)}"


def _stopped_early(ranking: Ranking, row: Row) -> str:
    if row.steps == ranking.reached[-1][0] or ranking.measure.reads_ahead:
        return ""  # projected, all stand on one scale, whichever length they are read at
    return (
        f"The recommended configuration ran for only {row.steps} steps: none of those that ran longer converges. "
        "Try --no-halving."
    )


def _at_the_end(ranking: Ranking, row: Row, spec: Spec) -> str:
    low, high = spec.lr[0], spec.lr[-1]
    if low == high or row.lr not in (low, high):
        return ""
    end, wider = ("lowest", (low / 10, high)) if row.lr == low else ("highest", (low, high * 10))
    return (
        f"The recommended learning rate {lr(ranking, row)} is the {end} one screened: the best may lie outside. "
        f"Try --lr {_range(*wider)}."
    )


def _instead(ranking: Ranking, spec: Spec) -> str:
    low, high = spec.lr[0], spec.lr[-1]
    stalled = [row.lr for row in ranking.rows if row.regime is Regime.STALLED]
    unstable = [row.lr for row in ranking.rows if row.regime in UNSTABLE]
    if not stalled and not unstable:
        reason = next((r.reason for row in ranking.rows for r in row.results if r.reason), "unknown")
        return f"The first reason: {reason}."
    if all(row.regime is Regime.DEAD for row in ranking.rows):
        return f"Try lower learning rates, --lr {_range(low / 1000, low)}, or other activations, --act all."
    if not stalled:
        return f"Try lower learning rates: --lr {_range(low / 1000, low)}."
    more = f"Try more steps: --steps {10 * spec.steps}"
    if not unstable:
        return f"{more}, or higher learning rates: --lr {_range(high, high * 1000)}."
    first = min(unstable)
    below = [lr for lr in stalled if lr < first]
    return f"{more}, or look closer where it turns: --lr {_range(max(below), first)}." if below else f"{more}."


def _range(low: float, high: float) -> str:
    return f"{compact(low)}:{compact(high)}"
