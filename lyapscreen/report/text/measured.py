"""A measure in sentences: what it is called there, and its numbers with the digits that the table gives them."""

from __future__ import annotations

from collections.abc import Callable

from lyapscreen.report.text.numbers import column
from lyapscreen.results.ranking import Ranking
from lyapscreen.spec.measures import Measure


def words(measure: Measure, score_name: str = "score") -> str:
    """Return what sentences call a measure, as people are shown it: `projected learning`."""
    return measure.words.format(score=score_name)


def writing(ranking: Ranking, measure: Measure) -> Callable[[float], str]:
    """Return how the numbers of a measure are written: with the digits of its column."""
    if isinstance(measure.digits_of, float):
        return column([measure.digits_of])
    values = ((row, getattr(row, measure.name)) for row in ranking.rows)
    return column(None if value is None else value * ranking.times(measure, row) for row, value in values)
