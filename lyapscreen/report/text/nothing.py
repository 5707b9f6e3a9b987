"""Why nothing is recommended, and what to try instead."""

from __future__ import annotations

from collections import Counter

from lyapscreen.report.text import projected
from lyapscreen.report.text.naming import listed
from lyapscreen.report.text.not_shown import OF_MANY
from lyapscreen.report.text.numbers import compact
from lyapscreen.results.headroom import UNSTABLE
from lyapscreen.results.ranking import Ranking
from lyapscreen.results.records import Regime
from lyapscreen.spec.spec import Spec


def nothing_recommended(ranking: Ranking, spec: Spec) -> str:
    """Say why nothing is recommended and what to try instead."""
    if not ranking.rows:
        return "No probe has finished."
    count = Counter(row.regime for row in ranking.rows)
    if count[Regime.CONVERGING] and ranking.measure.reads_ahead:
        return projected.too_little(ranking, spec)
    if count[Regime.CONVERGING]:
        return (
            f"No configuration that learns has a number for {ranking.measure.words} in every seed. Try --rank-by loss."
        )
    ends = [f"{count[regime]} {OF_MANY[regime][count[regime] > 1]}" for regime in Regime if count[regime]]
    return f"No configuration learns: {listed(ends, 0)}. {_instead(ranking, spec)}"


def _instead(ranking: Ranking, spec: Spec) -> str:
    low, high = spec.lr[0], spec.lr[-1]
    stalled = [row.lr for row in ranking.rows if row.regime is Regime.STALLED]
    unstable = [row.lr for row in ranking.rows if row.regime in UNSTABLE]
    if not stalled and not unstable:
        reason = next((r.reason for row in ranking.rows for r in row.results if r.reason), "unknown")
        return f"The first reason: {reason}."
    if all(row.regime is Regime.DEAD for row in ranking.rows):
        return f"Try lower learning rates, --lr {range_of(low / 1000, low)}, or other activations, --act all."
    if not stalled:
        return f"Try lower learning rates: --lr {range_of(low / 1000, low)}."
    more = f"Try more steps: --steps {10 * spec.steps}"
    if not unstable:
        return f"{more}, or higher learning rates: --lr {range_of(high, high * 1000)}."
    first = min(unstable)
    below = [lr for lr in stalled if lr < first]
    return f"{more}, or look closer where it turns: --lr {range_of(max(below), first)}." if below else f"{more}."


def range_of(low: float, high: float) -> str:
    """Return a range of learning rates as `--lr` takes it."""
    return f"{compact(low)}:{compact(high)}"
