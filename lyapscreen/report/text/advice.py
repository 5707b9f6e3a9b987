"""What the ranking means, in plain sentences: the pick, its rivals, its margins and its doubts."""

from __future__ import annotations

from typing import Any

import numpy as np

from lyapscreen.report.text import confirmed, projected, reasons
from lyapscreen.report.text.measured import symbol, writing
from lyapscreen.report.text.naming import listed, lr, name
from lyapscreen.report.text.nothing import nothing_recommended, range_of
from lyapscreen.report.text.numbers import column, compact
from lyapscreen.report.text.verdicts import verdict
from lyapscreen.results.naming import family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.statistics import t_interval
from lyapscreen.spec.spec import Spec

RIVALS_NAMED = 3
"""Rivals of the recommended configuration named before the rest is only counted."""


def sentences(
    ranking: Ranking, halfway: Ranking, spec: Spec, epochs: float | None = None, score_name: str = "score"
) -> list[str]:
    """Return what to take from a ranking, one fact a sentence, the recommendation first.

    Args:
        ranking: of all configurations.
        halfway: the ranking of the same results at half the steps.
        spec: what was screened.
        epochs: passes over the training rows that the full training is, where that is known.
        score_name: what `held_out_score` is: accuracy, or R2.

    """
    row = ranking.recommended
    if row is None:
        return ["Nothing is recommended."]
    found = [
        recommendation(ranking, row),
        reasons.preferred(ranking, row),
        *projected.sentences(ranking, row, spec, epochs),
        *confirmed.sentences(ranking),
        rivals(ranking, row),
        margin(ranking, row),
        stability_of_pick(ranking, row, halfway, spec),
        best_seed(ranking, row),
        reasons.looks_better(ranking, row, score_name),
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
    times, show = ranking.times(measure, row), writing(ranking, measure)
    text = f"Recommended: {name(ranking, row)}, with {symbol(measure)} {show(times * getattr(row, measure.name))}"
    text += " per step" if measure.per_step and not measure.shown_over else ""
    ends = row.interval(measure)
    return f"{text}." if ends is None else f"{text} (95% interval {show(times * ends[0])} to {show(times * ends[1])})."


def rivals(ranking: Ranking, row: Row) -> str:
    """Say which configurations the seeds cannot tell from the recommended one."""
    if len(ranking.rows) == 1:
        return ""
    if row.group is None:
        return "With one seed nobody can tell luck from merit: --seeds 5 gives intervals and ties."
    tied = [other for other in ranking.rows if other.group == row.group and other is not row]
    if not tied:
        return "Nothing is tied with it: it leads by more than the seeds differ."
    named_already = ranking.equally_good(row) if ranking.measure.reads_ahead else ()
    others = [other for other in tied if other not in named_already]
    if not others:
        return ""
    named = [name(ranking, other) for other in others[:RIVALS_NAMED]]
    too = " too" if len(others) < len(tied) else ""
    return f"Tied with it{too}, as far as the seeds can tell: {listed(named, len(others) - len(named))}."


def margin(ranking: Ranking, row: Row) -> str:
    """Say how far above the recommended learning rate the same activation and settings turn unstable."""
    family, room = named_family(family_of(row.configuration)), ranking.headroom(row)
    if room.unstable is not None:
        times = compact(room.unstable.lr / row.lr)
        end = f"{lr(ranking, room.unstable)} ({verdict(room.unstable)}), {times} times as high."
        return f"The nearest unstable learning rate of {family} is {end}"
    if not any(
        family_of(other.configuration) == family_of(row.configuration) and other.lr > row.lr for other in ranking.rows
    ):
        return f"No learning rate above it was screened for {family}."
    return f"No learning rate in range is unstable for {family}."


def stability_of_pick(ranking: Ranking, row: Row, halfway: Ranking, spec: Spec) -> str:
    """Say whether half the steps would have led to the same pick."""
    if row.full_steps is not None:
        return ""  # full training has judged, and it says what the probes' pick was
    half = spec.steps // 2
    when = f"At half the steps ({half})"
    then = halfway.recommended
    if row.steps <= half or (then is not None and then.steps < half):
        return ""  # who was stopped by then has nothing to say of the steps after
    if ranking.halved:
        count = sum(one.steps >= half for one in halfway.rows)
        when += f", where {count} of {len(halfway.rows)} configurations got,"
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
    what = symbol(measure) if row.full_steps is None else "trained loss"
    times = ranking.times(measure, row)
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
        f"Try --lr {range_of(*wider)}."
    )
