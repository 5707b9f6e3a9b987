"""The order of configurations, their tie groups and the recommendation."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from lyapscreen.results.headroom import Headroom, headroom
from lyapscreen.results.naming import family_of
from lyapscreen.results.preference import preferred
from lyapscreen.results.records import STALLED_ABOVE, Measures, Regime, Result
from lyapscreen.results.row import Row as Row
from lyapscreen.results.settings import Facts, Origin
from lyapscreen.results.summary import summarised
from lyapscreen.results.ties import AS_GOOD, equally_good, tie_groups
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import RANK_BY, Measure
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
    def as_good(self) -> tuple[Row, ...]:
        """The rows that are as good as the first, itself among them, as far as the seeds can tell; by rank.

        Where there is no comparison (one seed, nothing defined) it is the first alone; none that may not be
        recommended is among them.
        """
        able = [row for row in self.rows if row.regime in self.eligible]
        return tuple(row for row in able if row is able[0] or (row.group == AS_GOOD and able[0].group == AS_GOOD))

    def equally_good(self, row: Row) -> tuple[Row, ...]:
        """Return the rows of a row's family around it that are as good as it, by ascending learning rate: a range."""
        return equally_good(self.rows, row)

    def headroom(self, row: Row) -> Headroom:
        """Return how far above a row's learning rate its activation and settings are stable."""
        return headroom(self.rows, row)

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
        return next((row for row in self.rows if row.recommended), None)

    def leading(self, count: int) -> tuple[Row, ...]:
        """Return a short list for full training: of the rows that may be recommended the best, spread.

        The recommended one comes first, the others in rank order. Neighbours on the grid train alike, and one tells of
        the other: those within `APART` of a better one of their family are taken after all others.
        """
        chosen: list[Row] = []
        neighbours: list[Row] = []
        for row in sorted(self.rows, key=recommended_first):
            if row.regime in self.eligible:
                is_near = any(_are_one_try(row.configuration, other.configuration) for other in chosen)
                (neighbours if is_near else chosen).append(row)
            if len(chosen) == count:
                break
        return tuple(sorted([*chosen, *neighbours][:count], key=recommended_first))


def recommended_first(row: Row) -> tuple[bool, int]:
    """Return what rows are sorted by where the recommended one stands before the others, and those in rank order."""
    return not row.recommended, row.rank


def _are_one_try(one: Configuration, other: Configuration) -> bool:
    return family_of(one) == family_of(other) and abs(math.log10(one.lr / other.lr)) <= APART + 1e-9


def ranked(results: Iterable[Result], spec: Spec, *, at: int | None = None, facts: Facts | None = None) -> Ranking:
    """Order configurations as a spec asks for (`rank`); every row knows what it was screened with."""
    reads_ahead = RANK_BY[spec.rank_by].reads_ahead
    found = rank(results, spec.rank_by, at=at, keep=spec.keep, horizon=spec.full_steps if reads_ahead else 0)
    origin = Origin(spec, facts or Facts())
    return replace(found, rows=tuple(replace(row, origin=origin) for row in found.rows))


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

    def values(row: Row) -> list[float] | None:
        """Return what the seeds are compared by, the lowest the best."""
        found = [r.full.kept(keep) if r.full else measure.value(measured(r)) for r in row.results]
        return None if row.merit(measure) is None else [value for value in found if value is not None]

    groups = tie_groups(rows, lambda row: _order(row, unranked)[:3], values)
    numbered = enumerate(zip(rows, groups, strict=True), start=1)
    found = replace(unranked, rows=tuple(replace(row, rank=number, group=group) for number, (row, group) in numbered))
    if not found.rows or not _may_lead(found.rows[0], found):
        return found
    pick = preferred(found.rows, [row for row in found.as_good if _may_lead(row, found)], measure)
    return replace(found, rows=tuple(replace(row, recommended=row is pick) for row in found.rows))


def _may_lead(row: Row, ranking: Ranking) -> bool:
    """Tell whether a row may be recommended; projected, it has to learn as much as a probe that is not stalled."""
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
