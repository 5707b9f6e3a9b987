"""By what a ranking is ordered, and what in it may be compared."""

from __future__ import annotations

from lyapscreen.report.text.measured import words
from lyapscreen.report.text.naming import listed
from lyapscreen.results.ranking import Ranking


def lengths(ranking: Ranking) -> list[int]:
    """Return the lengths at which the ranking compares: values of one length are compared among themselves alone.

    What is projected stands on one scale whatever the probe's length: then there is none.
    """
    return [] if ranking.measure.reads_ahead else [steps for steps, _ in reversed(ranking.reached)]


def order(ranking: Ranking) -> str:
    """Say by what the rows are ordered: regime, then how far they went unless one scale holds for all, then the value.

    >>> import lyapscreen as ls
    >>> found = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20, rank_by="loss")
    >>> order(found.ranking)
    'Order: what learns comes first, then by held-out loss after 20 steps, the lowest first.'
    """
    measure = ranking.measure
    way = "the highest first" if measure.highest_is_best else "the lowest first"
    name, start = words(measure), "Order: what learns comes first, then by "
    if ranking.confirmed:
        start = "Order: what was trained fully comes first, by its loss there; then what learns, by "
    if measure.reads_ahead:
        return f"{start}{name} over {ranking.horizon:,} steps of training, {way}."
    steps = [str(steps) for steps in lengths(ranking)]
    if not steps:
        return f"{start}{name}, {way}."
    if len(steps) == 1:
        return f"{start}{name} after {steps[0]} steps, {way}."
    return (
        f"{start}how far the probe went, then by {name}, {way}: values after {listed(steps, 0)} steps are "
        "compared only among themselves."
    )
