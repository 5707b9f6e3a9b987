"""The order of configurations, their tie groups and the recommendation."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from lyapscreen.results.naming import family_of
from lyapscreen.results.records import STALLED_ABOVE, Measures, Regime, Result
from lyapscreen.results.row import Row as Row
from lyapscreen.results.row import summarised
from lyapscreen.results.statistics import tied_with_first
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import MEASURE, RANK_BY, Measure
from lyapscreen.spec.spec import Spec

APART = 1 / 3
"""Decades of the learning rate within which two configurations of a family count as one try."""


def eligible(measure: Measure, keep: str) -> frozenset[Regime]:
    """Return the regimes whose configurations may be recommended; they rank as one.

    Where the last checkpoint of the full training is kept, a probe that stalls may be the best: the learning rates
    that win there hardly move in a short probe.

    Args:
        measure: what the ranking is by.
        keep: `best` or `last`.

    """
    stalled_too = measure.reads_ahead and keep == "last"
    return frozenset({Regime.CONVERGING, Regime.STALLED} if stalled_too else {Regime.CONVERGING})


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
    keep: str = "best"
    """The checkpoint of the full training that they are ranked for."""
    horizon: int = 0
    """Steps of that training; 0 where the ranking is by something else."""

    @property
    def eligible(self) -> frozenset[Regime]:
        """The regimes whose configurations may be recommended."""
        return eligible(self.measure, self.keep)

    @property
    def measure(self) -> Measure:
        """What orders them."""
        return RANK_BY[self.rank_by]

    def times(self, measure: Measure, row: Row | Measures) -> float:
        """Return what a value of a measure is multiplied by where people read it: steps it is shown summed over."""
        return {"": 1, "probe": row.steps, "training": self.horizon}[measure.shown_over]

    @property
    def with_interval(self) -> Measure:
        """The measure whose interval people are shown."""
        return self.measure if self.measure.reads_ahead else MEASURE["effective"]

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
        """Return a short list for full training, in rank order: of the rows that may be recommended the best, spread.

        Neighbours on the grid train alike, and one tells of the other: those within `APART` of a better one of their
        family come after all others.
        """
        chosen: list[Row] = []
        neighbours: list[Row] = []
        for row in self.rows:
            if row.regime in self.eligible:
                is_near = any(_are_one_try(row.configuration, other.configuration) for other in chosen)
                (neighbours if is_near else chosen).append(row)
            if len(chosen) == count:
                break
        return tuple(sorted([*chosen, *neighbours][:count], key=lambda row: row.rank))


def _are_one_try(one: Configuration, other: Configuration) -> bool:
    return family_of(one) == family_of(other) and abs(math.log10(one.lr / other.lr)) <= APART + 1e-9


def ranked(results: Iterable[Result], spec: Spec, *, at: int | None = None) -> Ranking:
    """Order configurations as a spec asks for (`rank`)."""
    reads_ahead = RANK_BY[spec.rank_by].reads_ahead
    return rank(results, spec.rank_by, at=at, keep=spec.keep, horizon=spec.full_steps if reads_ahead else 0)


def rank(
    results: Iterable[Result], rank_by: str = "effective", *, at: int | None = None, keep: str = "best",
    horizon: int = 0,
) -> Ranking:  # fmt: skip
    """Order configurations by regime, then the mean of what `rank_by` names.

    Those that went further in their probes come first in their regime, unless what they are ranked by is on one scale
    for all. Full training goes furthest: those confirmed by one come before all others, in the order of the held-out
    loss of the checkpoint kept. A full training that diverged makes the configuration's regime that.

    Args:
        results: one per candidate, in any order; their configurations break what ties remain.
        rank_by: a key of `RANK_BY`.
        at: order by what had been measured after so many steps of the probes instead of at the end.
        keep: the checkpoint of the full training that is kept.
        horizon: N, steps of that training, where the exponent is projected to it.

    """
    measure = RANK_BY[rank_by]

    def measured(result: Result) -> Measures:
        return result.final if at is None else result.at(at)

    known = results if at is None else [replace(result, full=None) for result in results]
    ordered = sorted(known, key=lambda r: r.candidate)
    by_configuration = [tuple(seeds) for _, seeds in groupby(ordered, key=lambda r: r.candidate.configuration)]
    rows = [summarised(seeds, [measured(r) for r in seeds], measure, keep) for seeds in by_configuration]
    unranked = Ranking((), rank_by, keep, horizon)
    rows.sort(key=lambda row: _order(row, unranked))
    groups = _groups(rows, unranked, measured)
    leads = bool(rows) and _may_lead(rows[0], unranked)
    return replace(
        unranked,
        rows=tuple(
            replace(row, rank=number, group=group, recommended=leads and number == 1)
            for number, (row, group) in enumerate(zip(rows, groups, strict=True), start=1)
        ),
    )


def _may_lead(row: Row, ranking: Ranking) -> bool:
    """Tell whether the first row is recommended; projected, it has to learn as much as a probe that is not stalled."""
    merit = row.merit(ranking.measure)
    if row.regime not in ranking.eligible or merit is None:
        return False
    return not ranking.measure.reads_ahead or row.full_steps is not None or merit * ranking.horizon <= STALLED_ABOVE


def _order(row: Row, ranking: Ranking) -> tuple[int, bool, int, bool, float, Configuration]:
    merit = row.merit(ranking.measure)
    badness = 0 if row.regime in ranking.eligible else row.regime.badness
    steps = 0 if ranking.measure.reads_ahead else -row.steps
    # Undefined sorts after every number of its regime; a NaN never reaches a comparison.
    return (badness, row.full_steps is None, steps, merit is None, merit or 0.0, row.configuration)


def _seeds(row: Row) -> list[int]:
    return [result.candidate.seed for result in row.results]


def _groups(rows: Sequence[Row], ranking: Ranking, measured: Callable[[Result], Measures]) -> list[int | None]:
    """Return each row's tie group, best first; only rows that one scale and the same seeds measure are compared."""
    groups: list[int | None] = [None] * len(rows)
    measure, number = ranking.measure, 0
    for _, block in groupby(range(len(rows)), key=lambda i: _order(rows[i], ranking)[:3]):
        waiting = [i for i in block if rows[i].seeds > 1 and rows[i].merit(measure) is not None]
        while waiting:
            number += 1
            waiting = [i for i in waiting if _seeds(rows[i]) == _seeds(rows[waiting[0]])]
            values = np.array(
                [
                    [
                        r.full.kept(ranking.keep) if r.full else getattr(measured(r), measure.name)
                        for r in rows[i].results
                    ]
                    for i in waiting
                ]
            )
            tied = tied_with_first(values)
            for i, together in zip(waiting, tied, strict=True):
                groups[i] = number if together else None
            waiting = [i for i, together in zip(waiting, tied, strict=True) if not together]
    return groups
