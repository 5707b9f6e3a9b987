"""Which rows of a ranking a person is shown first: those that can win."""

from __future__ import annotations

from lyapscreen.report.text.expected import doubted
from lyapscreen.results.ranking import Ranking, Row

MOST = 10
"""Rows shown unless more are asked for."""


def chosen(ranking: Ranking, *, top: int | None = None, every: bool = False) -> tuple[list[Row], list[Row]]:
    """Return the rows to show, in rank order, and those left out.

    Shown are the first ten that may be recommended, the pick wherever it stands, and what looks better than the pick
    and is not recommended. Where nothing may be recommended, the first ten are shown.

    Args:
        ranking: all of them.
        top: so many instead of ten.
        every: all instead.

    """
    if every and top is None:
        return list(ranking.rows), []
    most = MOST if top is None else top
    able = [row for row in ranking.rows if row.regime in ranking.eligible and row.merit(ranking.measure) is not None]
    first = list(ranking.rows) if every or not able else able
    pick = ranking.recommended
    wanted = [*first[:most], *([pick] if pick is not None else []), *([] if every else doubted(ranking))]
    shown = [row for row in ranking.rows if row in wanted]
    return shown, [row for row in ranking.rows if row not in wanted]
