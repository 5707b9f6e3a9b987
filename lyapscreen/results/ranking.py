"""The order of configurations, their tie groups and the recommendation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from lyapscreen.results.records import STALLED_ABOVE, Measures, Regime, Result
from lyapscreen.results.row import Row as Row
from lyapscreen.results.row import summarised
from lyapscreen.results.statistics import tied_with_first
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import DEFAULT_RANK_BY, RANK_BY, Measure


def eligible(measure: Measure) -> frozenset[Regime]:
    """Return the regimes whose configurations may be recommended; they rank as one.

    Read ahead to the end of full training, a probe that stalls may be the best: the learning rates that win there
    hardly move in a short probe.
    """
    return frozenset({Regime.CONVERGING, Regime.STALLED} if measure.reads_ahead else {Regime.CONVERGING})


@dataclass(frozen=True)
class Ranking:
    """All configurations, best first.

    >>> import lyapscreen as ls
    >>> ranking = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20, sweep="batch_size=32").ranking
    >>> [(row.rank, row.lr) for row in ranking.rows], ranking.recommended.lr
    ([(1, 0.2), (2, 0.05)], 0.2)
    >>> ranking.swept, ranking.reached, ranking.halved, ranking.confirmed  # two configurations went all 20 steps
    (('batch_size',), ((20, 2),), False, False)
    """

    rows: tuple[Row, ...]
    """One a configuration."""
    rank_by: str
    """What orders them: a key of `RANK_BY`."""

    @property
    def measure(self) -> Measure:
        """What orders them."""
        return RANK_BY[self.rank_by]

    @property
    def swept(self) -> tuple[str, ...]:
        """Names of the settings swept beside activation and learning rate, in the order of the spec."""
        return tuple(name for name, _ in self.rows[0].configuration.settings) if self.rows else ()

    @property
    def reached(self) -> tuple[tuple[int, int], ...]:
        """(steps, how many configurations went on to them), ascending; who diverged or failed is not counted."""
        ends = [row.steps for row in self.rows if row.regime not in (Regime.DIVERGED, Regime.FAILED)]
        return tuple((steps, sum(end >= steps for end in ends)) for steps in sorted(set(ends)))

    @property
    def confirmed(self) -> bool:
        """Whether the best were trained fully."""
        return any(row.full_steps is not None for row in self.rows)

    @property
    def halved(self) -> bool:
        """Whether some were stopped before others."""
        return len(self.reached) > 1

    @property
    def recommended(self) -> Row | None:
        """The row recommended, or None when no configuration converges."""
        return self.rows[0] if self.rows and self.rows[0].recommended else None

    def leading(self, count: int) -> tuple[Row, ...]:
        """Return those of the first `count` rows whose regime may be recommended: a short list for full training."""
        return tuple(row for row in self.rows[:count] if row.regime in eligible(self.measure))


def rank(results: Iterable[Result], rank_by: str = DEFAULT_RANK_BY, *, at: int | None = None) -> Ranking:
    """Order configurations by regime, then steps reached, then the mean of what `rank_by` names.

    Full training goes furthest: those confirmed by one come first in their regime, in the order of the lowest
    held-out loss on the way. A full training that diverged makes the configuration's regime that.

    Args:
        results: one per candidate, in any order; their configurations break what ties remain.
        rank_by: a key of `RANK_BY`.
        at: order by what had been measured after so many steps of the probes instead of at the end.

    """
    measure = RANK_BY[rank_by]

    def measured(result: Result) -> Measures:
        return result.final if at is None else result.at(at)

    known = results if at is None else [replace(result, full=None) for result in results]
    ordered = sorted(known, key=lambda r: r.candidate)
    by_configuration = [tuple(seeds) for _, seeds in groupby(ordered, key=lambda r: r.candidate.configuration)]
    rows = [summarised(seeds, [measured(r) for r in seeds], measure) for seeds in by_configuration]
    rows.sort(key=lambda row: _order(row, measure))
    groups = _groups(rows, measure, measured)
    leads = bool(rows) and _may_lead(rows[0], measure)
    return Ranking(
        tuple(
            replace(row, rank=number, group=group, recommended=leads and number == 1)
            for number, (row, group) in enumerate(zip(rows, groups, strict=True), start=1)
        ),
        rank_by,
    )


def _may_lead(row: Row, measure: Measure) -> bool:
    """Tell whether the first row is recommended; read ahead, it has to learn as fast as a probe that is not stalled."""
    merit = row.merit(measure)
    if row.regime not in eligible(measure) or merit is None:
        return False
    return not measure.reads_ahead or row.full_steps is not None or merit * row.steps <= STALLED_ABOVE


def _order(row: Row, measure: Measure) -> tuple[int, bool, int, bool, float, Configuration]:
    merit = row.merit(measure)
    badness = 0 if row.regime in eligible(measure) else row.regime.badness
    # Undefined sorts after every number of its regime; a NaN never reaches a comparison.
    return (badness, row.full_steps is None, -row.steps, merit is None, merit or 0.0, row.configuration)


def _seeds(row: Row) -> list[int]:
    return [result.candidate.seed for result in row.results]


def _groups(rows: Sequence[Row], measure: Measure, measured: Callable[[Result], Measures]) -> list[int | None]:
    """Return each row's tie group, best first; only rows of one regime, length and set of seeds are compared."""
    groups: list[int | None] = [None] * len(rows)
    number = 0
    for _, block in groupby(range(len(rows)), key=lambda i: _order(rows[i], measure)[:3]):
        waiting = [i for i in block if rows[i].seeds > 1 and rows[i].merit(measure) is not None]
        while waiting:
            number += 1
            waiting = [i for i in waiting if _seeds(rows[i]) == _seeds(rows[waiting[0]])]
            values = np.array(
                [
                    [r.full.best if r.full else getattr(measured(r), measure.name) for r in rows[i].results]
                    for i in waiting
                ]
            )
            tied = tied_with_first(values)
            for i, together in zip(waiting, tied, strict=True):
                groups[i] = number if together else None
            waiting = [i for i, together in zip(waiting, tied, strict=True) if not together]
    return groups
