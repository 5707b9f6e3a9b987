"""What the ranking means, in plain sentences: the pick, its rivals, its margins and its doubts."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from lyapscreen.report.text import confirmed, projected
from lyapscreen.report.text.naming import listed, lr, name
from lyapscreen.report.text.numbers import column, compact
from lyapscreen.results.naming import family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.results.statistics import t_interval
from lyapscreen.spec.measures import Measure
from lyapscreen.spec.spec import Spec

UNSTABLE = frozenset({Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED})
"""What a learning rate that is too high ends in."""

RIVALS_NAMED = 3
"""Rivals of the recommended configuration named before the rest is only counted."""


def sentences(ranking: Ranking, halfway: Ranking, spec: Spec, epochs: float | None = None) -> list[str]:
    """Return what to take from a ranking, one fact a sentence, the recommendation first.

    Args:
        ranking: of all configurations.
        halfway: the ranking of the same results at half the steps.
        spec: what was screened.
        epochs: passes over the training rows that the full training is, where that is known.

    """
    row = ranking.recommended
    if row is None:
        return ["Nothing is recommended."]
    found = [
        recommendation(ranking, row),
        *projected.sentences(ranking, row, spec, epochs),
        *confirmed.sentences(ranking),
        rivals(ranking, row),
        margin(ranking, row),
        stability_of_pick(ranking, row, halfway, spec),
        best_seed(ranking, row),
        halved(ranking),
    ]
    return [sentence for sentence in found if sentence]


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


def recommendation(ranking: Ranking, row: Row) -> str:
    """Say what to train with, and how well it did by what the ranking is sorted by."""
    if row.full_loss is not None:
        return f"Recommended: {name(ranking, row)}, with a held-out loss of {confirmed.loss(row)} in full training."
    measure = ranking.measure
    times = _times(ranking, row)
    value = times * getattr(row, measure.name)
    low, high = (None if end is None else times * end for end in _interval(row, measure))
    show = column([value])
    text = f"Recommended: {name(ranking, row)}, with {_symbol(measure)} {show(value)}"
    text += " per step" if measure.per_step and times == 1 else ""
    return text + ("." if low is None or high is None else f" (95% interval {show(low)} to {show(high)}).")


def _interval(row: Row, measure: Measure) -> tuple[float | None, float | None]:
    return getattr(row, f"{measure.name}_low", None), getattr(row, f"{measure.name}_high", None)


def _times(ranking: Ranking, row: Row) -> float:
    """Return what the value that the ranking is by is multiplied by in a sentence: N where it is projected."""
    return ranking.times(ranking.measure, row) if ranking.measure.shown_over == "training" else 1


def _symbol(measure: Measure) -> str:
    return f"N {measure.symbol}" if measure.shown_over == "training" else measure.symbol


def rivals(ranking: Ranking, row: Row) -> str:
    """Say which configurations the seeds cannot tell from the recommended one."""
    if len(ranking.rows) == 1:
        return ""
    if row.group is None:
        return "With one seed nobody can tell luck from merit: --seeds 5 gives intervals and ties."
    tied = [other for other in ranking.rows if other.group == row.group and other is not row]
    if not tied:
        return "Nothing is tied with it: it leads by more than the seeds differ."
    named_already = projected.equally_good(ranking, row) if ranking.measure.reads_ahead else []
    others = [other for other in tied if other not in named_already]
    if not others:
        return ""
    named = [name(ranking, other) for other in others[:RIVALS_NAMED]]
    too = " too" if len(others) < len(tied) else ""
    return f"Tied with it{too}, as far as the seeds can tell: {listed(named, len(others) - len(named))}."


def margin(ranking: Ranking, row: Row) -> str:
    """Say how far above the recommended learning rate the same activation and settings turn unstable."""
    family = family_of(row.configuration)
    above = sorted(
        (other for other in ranking.rows if family_of(other.configuration) == family and other.lr > row.lr),
        key=lambda other: other.lr,
    )
    if not above:
        return f"No learning rate above it was screened for {named_family(family)}."
    unstable = next((other for other in above if other.regime in UNSTABLE), None)
    if unstable is None:
        return f"No learning rate in range is unstable for {named_family(family)}."
    return (
        f"The nearest unstable learning rate of {named_family(family)} is {lr(ranking, unstable)} ({unstable.regime}), "
        f"{compact(unstable.lr / row.lr)} times as high."
    )


def stability_of_pick(ranking: Ranking, row: Row, halfway: Ranking, spec: Spec) -> str:
    """Say whether half the steps would have led to the same pick."""
    if row.full_steps is not None:
        return ""  # full training has judged, and it says what the probes' pick was
    when = f"At half the steps ({spec.steps // 2})"
    then = halfway.recommended
    if then is None:
        return f"{when} nothing was recommended yet."
    if then.configuration == row.configuration:
        return f"{when} the pick was the same."
    now = next((r for r in ranking.rows if r.configuration == then.configuration), None)
    tied = now is not None and now.group is not None and now.group == row.group
    if tied:
        return f"{when} the pick was {name(ranking, then)}, which is tied with the pick now."
    return f"{when} the pick was {name(ranking, then)}: try --steps {2 * spec.steps} to see whether it settles."


def best_seed(ranking: Ranking, row: Row) -> str:
    """Say whether one seed of the recommended configuration did better than chance explains."""
    if len(row.results) < 3:
        return ""
    if row.best_seed is None:
        return "No seed stands out."
    measure = ranking.measure
    what = _symbol(measure) if row.full_steps is None else "trained loss"
    times = _times(ranking, row)
    values: dict[int, Any] = {
        r.candidate.seed: times * getattr(r.final, measure.name) if r.full is None else r.full.kept(ranking.keep)
        for r in row.results
    }
    best = values.pop(row.best_seed)
    others = t_interval(np.array(list(values.values())))
    show = column(list(values.values()))
    mean, low, high = (show(value) for value in (others.mean, others.low, others.high) if value is not None)
    return (
        f"Seed {row.best_seed} stands out: {what} {show(best)}; the others' mean is {mean}, "
        f"95% interval {low} to {high}."
    )


def halved(ranking: Ranking) -> str:
    """Say who was stopped early: halving compares exponents at one length, and lets the best go on."""
    if not ranking.halved:
        return ""
    (first, every), *later = ranking.reached
    on = [f"{count} on to {steps}" for steps, count in later]
    return f"Halving: {every} configurations went {first} steps, {listed(on, 0)}; --no-halving takes all to the end."


def nothing_recommended(ranking: Ranking, spec: Spec) -> str:
    """Say why nothing is recommended and what to try instead."""
    if not ranking.rows:
        return "No probe has finished."
    count = Counter(row.regime for row in ranking.rows)
    if count[Regime.CONVERGING] and ranking.measure.reads_ahead:
        return projected.too_little(ranking, spec)
    if count[Regime.CONVERGING]:
        return f"No converging configuration has a {ranking.measure.symbol} for each seed. Try --rank-by loss."
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
