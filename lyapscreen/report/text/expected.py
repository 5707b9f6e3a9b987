"""What a recommendation can be expected to reach, and why what looks better is not recommended."""

from __future__ import annotations

from lyapscreen.report.text import confirmed, reasons
from lyapscreen.report.text.numbers import column
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.measures import MEASURE, Measure

SCORE, LOSS = MEASURE["held_out_score"], MEASURE["held_out_loss"]


def expected(row: Row, score_name: str, baseline: float | None = None) -> str:
    """Say what the recommended configuration reaches on rows that are not trained on, with 95 % intervals.

    Args:
        row: it.
        score_name: what its score is: accuracy, or R2.
        baseline: the score of the best constant guess, where it is known.

    """
    if row.full_loss is not None:
        return f"a held-out loss of {confirmed.loss(row)} in full training"
    score, loss = _with_interval(row, SCORE, score_name), _with_interval(row, LOSS, score_name)
    if score and baseline is not None:
        score += f", of a constant guess {column([0.1])(baseline)}"
    reached = "; ".join(words for words in (score, loss) if words)
    return f"{reached}; after {row.steps} steps" if reached else ""


def _with_interval(row: Row, measure: Measure, score_name: str) -> str:
    value: float | None = getattr(row, measure.name)
    if value is None:
        return ""
    show = column([measure.digits_of if isinstance(measure.digits_of, float) else value])
    ends = row.interval(measure)
    interval = "" if ends is None else f" (95%: {show(ends[0])} to {show(ends[1])})"
    return f"{measure.words.format(score=score_name)} {show(value)}{interval}"


def doubted(ranking: Ranking) -> list[Row]:
    """Return the rows that look better than the recommended one, and may not be recommended for how they ended."""
    pick = ranking.recommended
    if pick is None:
        return []
    return [row for row, *_ in reasons.better(ranking, pick) if row.regime not in ranking.eligible]


def why_not(ranking: Ranking, score_name: str) -> str:
    """Say why the first of the ranking, and those with a better score, are not recommended, where there are such."""
    pick = ranking.recommended
    if pick is None:
        return ""
    parts = [reasons.preferred(ranking, pick), *reasons.looks_better(ranking, pick, score_name)]
    return "; ".join(part.removesuffix(".") for part in parts if part)
