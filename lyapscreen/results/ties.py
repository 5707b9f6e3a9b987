"""Tie groups: which configurations of a ranking the seeds cannot tell apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby

import numpy as np

from lyapscreen.results.naming import family_of
from lyapscreen.results.row import Row
from lyapscreen.results.statistics import tied_with_first

AS_GOOD = 1
"""The group of the leader, and of all that are as good as far as the seeds can tell."""


def tie_groups(
    rows: Sequence[Row], scale: Callable[[Row], Hashable], values: Callable[[Row], Sequence[float] | None]
) -> list[int | None]:
    """Return each row's tie group, best first; only rows of one scale and the same seeds are compared.

    Group 1 is the leader and all whose difference to it, paired by seed, has a 95 % t-interval (Holm-corrected over
    rivals) that contains 0, wherever they stand. Then again from the best that remains; but those groups end where the
    seeds first tell a row apart, so that behind group 1 numbers ascend with the rank.

    Args:
        rows: in rank order.
        scale: what rows have in common that may be compared.
        values: a row's value by seed, the lowest the best; None where one is undefined.

    """
    groups: list[int | None] = [None] * len(rows)
    number = 0
    for _, block in groupby(range(len(rows)), key=lambda i: scale(rows[i])):
        known = {i: found for i in block if rows[i].seeds > 1 and (found := values(rows[i])) is not None}
        seeds = _seeds(rows[next(iter(known))]) if known else []
        waiting = np.array([i for i in known if _seeds(rows[i]) == seeds], dtype=int)
        merits = np.array([known[i] for i in waiting])
        while len(waiting):
            number += 1
            tied = tied_with_first(merits)
            if number > AS_GOOD:
                tied = np.logical_and.accumulate(tied)
            for i in waiting[tied]:
                groups[i] = number
            waiting, merits = waiting[~tied], merits[~tied]
    return groups


def equally_good(rows: Sequence[Row], row: Row) -> tuple[Row, ...]:
    """Return the rows of a row's family around it that are tied with it, by ascending learning rate.

    Args:
        rows: of a ranking.
        row: one of them; it is among those returned.

    """
    family = family_of(row.configuration)
    members = sorted((r for r in rows if family_of(r.configuration) == family), key=lambda r: r.lr)
    first = last = members.index(row)
    while first > 0 and _tied(members[first - 1], row):
        first -= 1
    while last < len(members) - 1 and _tied(members[last + 1], row):
        last += 1
    return tuple(members[first : last + 1])


def _tied(other: Row, row: Row) -> bool:
    return row.group is not None and other.group == row.group and other.regime is row.regime


def _seeds(row: Row) -> list[int]:
    return [result.candidate.seed for result in row.results]
