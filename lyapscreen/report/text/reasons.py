"""Why the recommended configuration is preferred: to one that is as good, and to one that looks better."""

from __future__ import annotations

from collections.abc import Iterator

from lyapscreen.report.text import confirmed
from lyapscreen.report.text.measured import words, writing
from lyapscreen.report.text.naming import lr, name
from lyapscreen.report.text.verdicts import clause, verdict
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec.measures import MEASURE, Measure


def preferred(ranking: Ranking, row: Row) -> str:
    """Say why a row is recommended that is not the first, where that is so."""
    leader = ranking.rows[0]
    if row is leader:
        return ""
    found = _shown(ranking, ranking.measure, leader, row)
    numbers = "" if found is None else f" ({words(ranking.measure)} {found[0]})"
    return (
        f"It is preferred to {name(ranking, leader)}{numbers}, which the seeds cannot tell from it: "
        f"{_drawback(ranking, leader)}."
    )


def better(ranking: Ranking, row: Row) -> Iterator[tuple[Row, Measure, tuple[str, str]]]:
    """Yield the rows that are best of all by a number, what it measures, and that of theirs beside the row's as shown.

    Each row once; of the ranking's first another sentence says why it is not the one.
    """
    named = {row.rank, ranking.rows[0].rank}
    for measure in (ranking.measure, MEASURE["held_out_score"], MEASURE["held_out_loss"]):
        best = min(_with(ranking, measure), key=lambda one: (measure.value(one), one.rank), default=None)
        if best is None or best.rank in named or (found := _shown(ranking, measure, best, row)) is None:
            continue
        named.add(best.rank)
        yield best, measure, found


def looks_better(ranking: Ranking, row: Row, score_name: str) -> Iterator[str]:
    """Yield why rows are not recommended though a number of theirs is the best of all."""
    for best, measure, (theirs, ours) in better(ranking, row):
        which = "highest" if measure.highest_is_best else "lowest"
        when = "" if best.steps == row.steps or measure.reads_ahead else f" (after {best.steps} steps and {row.steps})"
        yield (
            f"{name(ranking, best)} has the {which} {words(measure, score_name)}, {theirs} against {ours}{when}, "
            f"but {why_not(ranking, best, row)}."
        )


def why_not(ranking: Ranking, other: Row, row: Row) -> str:
    """Return the end of a sentence: why another row is not recommended instead of the one that is."""
    measure = ranking.measure
    if other.regime not in ranking.eligible:
        unlike = ", so that a repetition may end elsewhere" if other.regime is Regime.CHAOTIC else ""
        return f"{clause(other)}{unlike}"
    if row.full_steps is not None:
        if other.full_steps is None:
            return "was not among those trained fully"
        return f"full training of it ends at {confirmed.loss(other)}, of the pick at {confirmed.loss(row)}"
    if other.group is not None and other.group == row.group:
        return f"by {words(measure)} the seeds cannot tell the two apart" + (
            f", and {_drawback(ranking, other)}" if other.rank < row.rank else ""
        )
    if not measure.reads_ahead and other.steps < row.steps:
        return f"it was stopped after {other.steps} steps, behind those that went on"
    found = _shown(ranking, measure, row, other)
    numbers = "" if found is None else f", {found[1]} against {found[0]}"
    if measure.reads_ahead:
        return f"is projected to learn less{numbers}"
    return f"its {words(measure)} is worse{numbers}"


def _drawback(ranking: Ranking, leader: Row) -> str:
    """Return what speaks against a row that is as good: an end of the range, or instability close above it."""
    lrs = [row.lr for row in ranking.rows]
    if leader.lr in (min(lrs), max(lrs)):
        end = "lowest" if leader.lr == min(lrs) else "highest"
        return f"its learning rate is the {end} one screened"
    room = ranking.headroom(leader)
    if room.unstable is None:
        return f"above it nothing is known to be stable beyond lr {lr(ranking, leader)}"
    return f"it is nearer to lr {lr(ranking, room.unstable)}, which ends {verdict(room.unstable)}"


def _with(ranking: Ranking, measure: Measure) -> Iterator[Row]:
    return (row for row in ranking.rows if measure.value(row) is not None)


def _shown(ranking: Ranking, measure: Measure, better: Row, worse: Row) -> tuple[str, str] | None:
    """Return two values as a person is shown them; None unless the first then is the better one."""
    values = [getattr(one, measure.name) for one in (better, worse)]
    if any(value is None for value in values):
        return None
    first, second = (value * ranking.times(measure, one) for value, one in zip(values, (better, worse), strict=True))
    show = writing(ranking, measure)
    shown = show(first), show(second)
    return shown if measure.sign * float(shown[0]) < measure.sign * float(shown[1]) else None
