"""What to know before trusting a ranking, and what to try where nothing is recommended."""

from __future__ import annotations

from lyapscreen.report.text import confirmed, projected
from lyapscreen.report.text.naming import lr
from lyapscreen.report.text.nothing import nothing_recommended, range_of
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.spec import Spec


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
