"""Which of the configurations that are as good as the best is recommended: one inside the range, and clear of chaos."""

from __future__ import annotations

from collections.abc import Sequence

from lyapscreen.results.headroom import headroom
from lyapscreen.results.row import Row
from lyapscreen.spec.measures import Measure

ENOUGH_ROOM = 2.0
"""Times a learning rate up to which nothing is unstable, where there is room enough."""

AT_MOST_WORSE = 0.1
"""Share of the leader's value that a preferred row may fall short of it: with few seeds, ties alone say little."""


def preferred(rows: Sequence[Row], as_good: Sequence[Row], measure: Measure) -> Row:
    """Return the row to recommend: of those that are as good as the leader, one inside the range and clear of chaos.

    The rule is fixed. Of the rows that the seeds cannot tell from the leader, and whose value falls short of the
    leader's by at most `AT_MOST_WORSE` of it, the first in this order:

    1. its learning rate is no end of the range screened;
    2. its family is stable up to `ENOUGH_ROOM` times that rate at least, as far as was screened;
    3. its rank.

    Where full training has judged, the leader is taken: no probe knows more.

    Args:
        rows: all that were screened, in rank order.
        as_good: those tied with the leader that may be recommended, the leader first.
        measure: what the ranking is by.

    """
    leader = as_good[0]
    best = leader.merit(measure)
    if leader.full_steps is not None or best is None:
        return leader
    lrs = [row.lr for row in rows]
    ends = {min(lrs), max(lrs)}
    limit = best + AT_MOST_WORSE * abs(best)
    near = [row for row in as_good if (merit := row.merit(measure)) is not None and merit <= limit]
    return min(near, key=lambda row: (row.lr in ends, headroom(rows, row).times < ENOUGH_ROOM - 1e-9, row.rank))
