"""A choice against a ranking: pass, fail or inconclusive, with the numbers.

What a mean over seeds has to keep to is judged by its 95 % interval: all of it within the limit passes, all of
it outside fails, and a limit inside it is inconclusive. So is every value of a single seed, which has no
interval. What is undefined never passes: it fails where the choice does not converge, else it is inconclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lyapscreen.results.edge import EdgeRegime, FamilyEdge
from lyapscreen.results.held_out_conditions import max_loss, min_score
from lyapscreen.results.naming import named
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.results.statistics import Interval, difference
from lyapscreen.results.verdict import ONE_SEED, Outcome, Verdict, at_most, judged, undefined

DEFAULT_TOLERANCE = 0.05


@dataclass(frozen=True)
class Limits:
    """The conditions asked for; None is not asked for."""

    max_lyapunov: float | None = None
    """lambda_1 per step is at most this."""
    within: float | None = None
    """lambda_proj, or lambda_eff where that is not measured, falls short of the best's by at most this share of it."""
    top: int | None = None
    """The rank is at most this."""
    headroom: float | None = None
    """The edge of stability is at least so many times as high as the learning rate."""
    max_loss: float | None = None
    """The held-out loss at the end of the probe is at most this."""
    min_score: float | None = None
    """The held-out score there, accuracy or R2, is at least this."""
    tolerance: float | None = None
    """lambda_eff is worse than in the baseline by at most this share of its size there."""


def judge(
    ranking: Ranking, row: Row, limits: Limits, *,
    edge: FamilyEdge | None = None, baseline: Row | None = None, score_name: str = "score",
) -> list[Verdict]:  # fmt: skip
    """Judge a row of a ranking by every condition asked for.

    Args:
        ranking: the row's rivals, and itself.
        row: the choice.
        limits: what it is held to.
        edge: where its family's stability ends, needed for `headroom`.
        baseline: the same configuration in an earlier ranking, needed for `tolerance`.
        score_name: what the held-out score is, accuracy or R2.

    """
    found = [_converging(row)]
    if limits.max_lyapunov is not None:
        found.append(_max_lyapunov(row, limits.max_lyapunov))
    if limits.within is not None:
        found.append(_within(ranking, row, limits.within))
    if limits.top is not None:
        found.append(_top(ranking, row, limits.top))
    if limits.headroom is not None:
        found.append(_headroom(row, edge, limits.headroom))
    if limits.max_loss is not None:
        found.append(max_loss(row, limits.max_loss))
    if limits.min_score is not None:
        found.append(min_score(row, limits.min_score, score_name))
    if limits.tolerance is not None:
        found.append(_no_worse(row, baseline, limits.tolerance))
    return found


def outcome(verdicts: list[Verdict]) -> Outcome:
    """Return the gate's outcome: fail outranks inconclusive, which outranks pass."""
    return max((verdict.outcome for verdict in verdicts), key=list(Outcome).index)


def _converging(row: Row) -> Verdict:
    ends = [result.final.regime for result in row.results]
    if row.regime is Regime.CONVERGING:
        return Verdict("converging", Outcome.PASS, f"in {_of(len(ends), len(ends))}")
    others = {regime: ends.count(regime) for regime in Regime if regime in ends and regime is not Regime.CONVERGING}
    text = ", ".join(f"{regime} in {count}" for regime, count in others.items())
    return Verdict("converging", Outcome.FAIL, f"{text} of {_seeds(len(ends))}")


def _max_lyapunov(row: Row, limit: float) -> Verdict:
    interval = Interval(row.lyapunov, row.lyapunov_low, row.lyapunov_high)
    return at_most("max-lyapunov", row, interval, limit, "lambda_1 per step")


def _within(ranking: Ranking, row: Row, limit: float) -> Verdict:
    """Compare with the best by what the ranking is by if that is projected, else by lambda_eff after as many steps.

    Who was stopped early is compared where it stopped; projected, all are on one scale.
    """
    if ranking.measure.reads_ahead:
        return _within_projected(ranking, row, limit)
    steps = max(_lengths(row), default=None)
    rivals = [other for other in ranking.rows if other.regime is Regime.CONVERGING and steps in _lengths(other)]
    if steps is None or not rivals:
        return undefined("within", row, limit, "there is no lambda_eff to compare")
    best = min(rivals, key=lambda other: float(np.mean(list(_effective(other, steps).values()))))
    text = "it is the best" if best is row else f"shortfall in lambda_eff behind {named(best.configuration)}"
    if _stopped_early(ranking, row):
        text += f", both after {steps} steps: halving stopped the choice early"
    return _short_of("within", row, best, steps, limit, text)


def _within_projected(ranking: Ranking, row: Row, limit: float) -> Verdict:
    rivals = [other for other in ranking.rows if other.regime in ranking.eligible and other.projected is not None]
    if row.projected is None or not rivals:
        return undefined("within", row, limit, "there is no lambda_proj to compare")
    best = min(rivals, key=lambda other: other.projected or 0.0)
    text = "it is the best" if best is row else f"shortfall in lambda_proj behind {named(best.configuration)}"
    text += "; halving stopped the choice early" if _stopped_early(ranking, row) else ""
    ours, theirs = ({r.candidate.seed: r.final.projected or 0.0 for r in one.results} for one in (row, best))
    return _share("within", row, ours, theirs, limit, text, "lambda_proj")


def _no_worse(row: Row, baseline: Row | None, limit: float) -> Verdict:
    """Compare lambda_eff with that of the same configuration in an earlier ranking, after as many steps."""
    if not _lengths(row):
        return undefined("baseline", row, limit, "there is no lambda_eff to compare")
    if baseline is None or not _lengths(baseline):
        return undefined("baseline", row, limit, "the baseline has no lambda_eff")
    common = _lengths(row) & _lengths(baseline)
    if not common:
        then, now = max(_lengths(baseline)), max(_lengths(row))
        return undefined("baseline", row, limit, f"not comparable: {then} steps in the baseline, {now} now")
    steps = max(common)
    mean = float(np.mean(list(_effective(baseline, steps).values())))
    text = f"shortfall in lambda_eff behind the baseline's {mean:.3g}"
    return _short_of("baseline", row, baseline, steps, limit, text)


def _short_of(condition: str, row: Row, other: Row, steps: int, limit: float, text: str) -> Verdict:
    """Judge (lambda_eff - other's lambda_eff) / |other's mean|, the difference paired by seed where seeds are equal."""
    return _share(condition, row, _effective(row, steps), _effective(other, steps), limit, text, "lambda_eff")


def _share(
    condition: str, row: Row, ours: Mapping[int, float], theirs: Mapping[int, float], limit: float, text: str, what: str
) -> Verdict:
    """Judge how much worse ours are, by seed, as a share of the mean of theirs."""
    size = abs(float(np.mean(list(theirs.values()))))
    if size == 0:
        return undefined(condition, row, limit, f"a share of a {what} of 0 is undefined")
    gap = difference(ours, theirs)
    share = Interval(*(None if v is None else v / size for v in (gap.mean, gap.low, gap.high)))
    return at_most(condition, row, share, limit, text)


def _top(ranking: Ranking, row: Row, limit: int) -> Verdict:
    """Judge by the ranks that its tie group covers: any of them could be its own."""
    if getattr(row, ranking.measure.name) is None:
        return undefined("top", row, limit, "there is nothing to rank it by")
    if row.group is None:
        return Verdict("top", Outcome.INCONCLUSIVE, f"its rank; {ONE_SEED}", row.rank, limit=limit)
    tied = [other.rank for other in ranking.rows if other.group == row.group]
    low, high = min(tied), max(tied)
    passes = Outcome.PASS if high <= limit else Outcome.FAIL if low > limit else Outcome.INCONCLUSIVE
    text = f"its rank among {len(ranking.rows)}"
    text += f", tied with {len(tied) - 1} more" if len(tied) > 1 else ", tied with none"
    if _stopped_early(ranking, row):
        text += "; halving stopped it early"
    return Verdict("top", passes, text, row.rank, low, high, limit)


def _headroom(row: Row, edge: FamilyEdge | None, limit: float) -> Verdict:
    """Judge edge / lr; where the edge lies outside of the range searched, by what that says about it."""
    if edge is None or edge.regime is EdgeRegime.FAILED:
        why = "no edge was searched for" if edge is None else "the edge is not known: a worker was killed twice"
        return Verdict("headroom", Outcome.INCONCLUSIVE, why, limit=limit)
    ragged = f"; the boundary is ragged in {_of(len(edge.ragged), len(edge.per_seed))}" if edge.ragged else ""
    room = edge.headroom_of(row.lr)
    if room.mean is not None:
        text = f"edge of stability, lr {edge.interval.mean:.3g}, over its lr{ragged}"
        return judged("headroom", room, limit, text, lambda value: value >= limit)
    inside = [seed.edge or seed.stable or 0.0 for seed in edge.per_seed]
    if edge.regime is EdgeRegime.BEYOND:
        least = min(inside) / row.lr
        decided = Outcome.PASS if least >= limit and len(inside) > 1 else Outcome.INCONCLUSIVE
        text = f"the edge lies beyond lr {max(inside):.3g} in {_beyond(edge)}: over {least:.3g} times its lr{ragged}"
        text += "" if len(inside) > 1 else f"; {ONE_SEED}"
        return Verdict("headroom", decided, text, limit=limit)
    most = edge.at_most
    decided = Outcome.FAIL if most is not None and most / row.lr < limit else Outcome.INCONCLUSIVE
    return Verdict("headroom", decided, f"unstable at the lowest learning rate searched{ragged}", limit=limit)


def _stopped_early(ranking: Ranking, row: Row) -> bool:
    return any(row.steps < steps for steps, _ in ranking.reached)


def _lengths(row: Row) -> set[int]:
    """Return the lengths at which every seed's lambda_eff is defined; none unless it is so at the end."""
    if row.effective is None:
        return set()
    each = [{m.steps for m in r.rungs if m.effective is not None and np.isfinite(m.effective)} for r in row.results]
    return set.intersection(*each)


def _effective(row: Row, steps: int) -> dict[int, float]:
    """Return lambda_eff at one of `_lengths`, by seed."""
    at = {r.candidate.seed: next(m.effective for m in r.rungs if m.steps == steps) for r in row.results}
    return {seed: value for seed, value in at.items() if value is not None}


def _beyond(edge: FamilyEdge) -> str:
    return _of(sum(seed.regime is EdgeRegime.BEYOND for seed in edge.per_seed), len(edge.per_seed))


def _of(some: int, of: int) -> str:
    return f"{some} of {_seeds(of)}" if some < of else f"all {_seeds(of)}" if of > 1 else "its one seed"


def _seeds(count: int) -> str:
    return f"{count} seeds" if count > 1 else "one seed"
