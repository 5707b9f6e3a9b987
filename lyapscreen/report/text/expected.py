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
        return f"a held-out loss of {confirmed.loss(row)} at the end of the training"
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
    """Return the row that looks best by its held-out score, if it is not recommended and does not learn safely."""
    best = _looks_best(ranking)
    return [best] if best is not None and best.regime not in ranking.eligible else []


def _looks_best(ranking: Ranking) -> Row | None:
    """Return the row of the highest held-out score, if that is higher than the recommended one's."""
    pick = ranking.recommended
    known = [row for row in ranking.rows if row.held_out_score is not None]
    if pick is None or pick.held_out_score is None or pick.full_steps is not None or not known:
        return None
    best = max(known, key=lambda row: (row.held_out_score or 0.0, -row.rank))
    return best if (best.held_out_score or 0.0) > pick.held_out_score else None


def why_not(ranking: Ranking, score_name: str) -> str:
    """Say why the first of the ranking, and those with a better score, are not recommended, where there are such."""
    pick = ranking.recommended
    if pick is None:
        return ""
    parts = [reasons.preferred(ranking, pick), *reasons.looks_better(ranking, pick, score_name)]
    return "; ".join(part.removesuffix(".") for part in parts if part)
