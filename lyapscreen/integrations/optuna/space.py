"""A search space that a screening has narrowed: what the seeds cannot tell from the best, and a little more."""

from __future__ import annotations

from itertools import pairwise

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from lyapscreen.errors import SettingError
from lyapscreen.integrations.optuna.names import Names, checked
from lyapscreen.results.ranking import Row
from lyapscreen.screening.screening import Screening
from lyapscreen.spec.activations import NONE

LONE_STEP = 10 ** (1 / 3)
"""Factor that a range is widened by where a single learning rate was screened: a default grid's step."""


def suggest_space(screening: Screening, *, names: Names | None = None) -> dict[str, BaseDistribution]:
    """Return distributions of what can still win: for `study.ask(space)`, or to read the ends of ranges off.

    They hold the configurations tied with the one recommended. The learning rate lies, on a logarithmic scale, between
    the lowest and the highest of these, and one step of the grid further on either side, for the best may lie between
    two rates that were screened. An activation, or value of a setting swept besides, is a choice if one of them has it.

    >>> import lyapscreen as ls
    >>> screening = ls.screen(data="wine", act="tanh", lr="1e-3:1:4", seeds=2, steps=20)
    >>> suggest_space(screening)["activation"]
    CategoricalDistribution(choices=('tanh',))

    Args:
        screening: a finished one, of several seeds.
        names: what the study calls a parameter, by our word for it; None leaves it out.

    Raises:
        SettingError: nothing is recommended, one seed leaves open what is tied, or `names` has a word that is no
            parameter here.

    """
    best = screening.recommended
    if best is None:
        rule = "nothing is recommended, so that no part of the search space is better than another"
        raise SettingError("screening", repr(screening), rule, "Screen other learning rates or activations")
    if best.group is None:
        rule = "with one seed nobody can tell which configurations can win"
        raise SettingError("screening", repr(screening), rule, "Screen with seeds=5")
    ranking = screening.ranking
    words = ("lr", *(["activation"] if screening.spec.act != (NONE,) else []), *ranking.swept)
    theirs = checked(names or {}, words)
    tied = [row for row in ranking.rows if row.group == best.group and row.regime in ranking.eligible]
    space: dict[str, BaseDistribution] = {}
    for word in words:
        name = theirs.get(word, word)
        if name is not None:
            values = tuple(dict.fromkeys(row.value(word) for row in tied))
            space[name] = _rates(screening, tied) if word == "lr" else CategoricalDistribution(values)
    return space


def _rates(screening: Screening, tied: list[Row]) -> FloatDistribution:
    """Return the range of the rates of some rows, a step of the grid wider on either side."""
    grid = sorted({row.lr for row in screening.ranking.rows})
    low, high = (end(row.lr for row in tied) for end in (min, max))
    steps = [after / before for before, after in pairwise(grid)] or [LONE_STEP]
    below = grid[grid.index(low) - 1] if low > grid[0] else low / steps[0]
    above = grid[grid.index(high) + 1] if high < grid[-1] else high * steps[-1]
    return FloatDistribution(below, above, log=True)
