"""Seeds into intervals, tie groups, the order and the recommendation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np

from lyapscreen.results.records import Full, Measures, Regime, Result
from lyapscreen.results.statistics import UNDEFINED, Interval, Values, outstanding, t_interval, tied_with_first
from lyapscreen.spec.candidates import Configuration

MERITS = {
    "effective": "effective",
    "end": "end",
    "transverse": "transverse",
    "lyapunov": "lyapunov",
    "kantz-wolf": "kantz_wolf",
    "loss": "held_out_loss",
}
"""What each `--rank-by` reads from the measures; the lowest is best."""

LEARNS = -0.05
"""Read ahead, T lambda_end has to be this low for a recommendation: what a probe is called stalled by otherwise."""


def eligible(rank_by: str) -> frozenset[Regime]:
    """Return the regimes whose configurations may be recommended; they rank as one.

    Read ahead to the end of full training, a probe that stalls may be the best: the learning rates that win there
    hardly move in a short probe.
    """
    return frozenset({Regime.CONVERGING, Regime.STALLED} if rank_by == "end" else {Regime.CONVERGING})


@dataclass(frozen=True)
class Row:
    """One configuration in the ranking; the fields up to `recommended` are the CSV's columns.

    Exponents are means over seeds, per optimizer step in natural logarithms; `_low` and `_high` are the ends of their
    95 % t-intervals over seeds. A mean is None unless all seeds have a finite value, an interval's ends besides with
    a single seed.

    >>> import lyapscreen as ls
    >>> row = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).recommended
    >>> row.rank, row.activation, row.lr, row.regime.value, row.seeds, row.steps
    (1, 'relu', 0.2, 'converging', 2, 20)
    >>> row.effective_low < row.effective < row.effective_high
    True
    """

    rank: int
    group: int | None
    """Tie group, 1 the leader's; None where no comparison is possible (one seed, no value)."""
    activation: str
    lr: float
    regime: Regime
    """The worst among the seeds."""
    effective: float | None
    effective_low: float | None
    effective_high: float | None
    transverse: float | None
    transverse_low: float | None
    transverse_high: float | None
    lyapunov: float | None
    lyapunov_low: float | None
    lyapunov_high: float | None
    kantz_wolf: float | None
    train_loss: float | None
    held_out_loss: float | None
    held_out_score: float | None
    seeds: int
    steps: int
    """Steps reached by the seed that came least far."""
    best_seed: int | None
    """The seed that stands out from the others, if one does."""
    recommended: bool
    end: float | None
    """lambda_end, where the ranking is by it."""
    end_low: float | None
    end_high: float | None
    full_loss: float | None
    """Lowest held-out loss of full training, the mean over seeds; None unless confirmed by one that all seeds ended."""
    full_loss_low: float | None
    full_loss_high: float | None
    full_steps: int | None
    """Steps of that full training; None where there was none."""
    results: tuple[Result, ...] = field(repr=False)
    """Per seed, ascending: the pairing of every comparison."""

    @property
    def configuration(self) -> Configuration:
        """What the row is about: activation, learning rate and the settings swept besides.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.configuration
        Configuration(activation='relu', lr=0.2, settings=(('batch_size', 32),))

        """
        return self.results[0].candidate.configuration

    def value(self, column: str) -> Any:
        """Return what stands in a column: a field up to `recommended`, or a swept setting.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.value("batch_size"), row.value("lr")
        (32, 0.2)

        """
        settings = dict(self.configuration.settings)
        return settings[column] if column in settings else getattr(self, column)


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
    """What orders them, lowest first: a key of `MERITS`."""

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
        return tuple(row for row in self.rows[:count] if row.regime in eligible(self.rank_by))


def rank(results: Iterable[Result], rank_by: str = "effective", *, at: int | None = None) -> Ranking:
    """Order configurations by regime, then steps reached, then the mean of what `rank_by` names.

    Full training goes furthest: those confirmed by one come first in their regime, in the order of the lowest
    held-out loss on the way. A full training that diverged makes the configuration's regime that.

    Args:
        results: one per candidate, in any order; their configurations break what ties remain.
        rank_by: a key of `MERITS`.
        at: order by what had been measured after so many steps of the probes instead of at the end.

    """
    merit = MERITS[rank_by]

    def measured(result: Result) -> Measures:
        return result.final if at is None else result.at(at)

    known = results if at is None else [replace(result, full=None) for result in results]
    ordered = sorted(known, key=lambda r: r.candidate)
    by_configuration = [tuple(seeds) for _, seeds in groupby(ordered, key=lambda r: r.candidate.configuration)]
    rows = [_row(seeds, [measured(r) for r in seeds], merit) for seeds in by_configuration]
    rows.sort(key=lambda row: _order(row, rank_by))
    groups = _groups(rows, rank_by, measured)
    leads = bool(rows) and _may_lead(rows[0], rank_by)
    return Ranking(
        tuple(
            replace(row, rank=place, group=group, recommended=leads and place == 1)
            for place, (row, group) in enumerate(zip(rows, groups, strict=True), start=1)
        ),
        rank_by,
    )


def _row(results: tuple[Result, ...], measures: Sequence[Measures], merit: str) -> Row:
    configuration = results[0].candidate.configuration
    effective, transverse, lyapunov, end = (
        _interval(measures, name) for name in ("effective", "transverse", "lyapunov", "end")
    )
    fulls = [result.full for result in results if result.full is not None]
    full = _interval(fulls, "best")
    regimes = [m.regime for m in measures] + [Regime.DIVERGED for one in fulls if one.diverged]
    merits = _values(fulls, "best") if fulls else _values(measures, merit)
    best = None if merits is None else outstanding(merits)
    return Row(
        rank=0,
        group=None,
        activation=configuration.activation,
        lr=configuration.lr,
        regime=max(regimes, key=lambda regime: regime.badness),
        effective=effective.mean,
        effective_low=effective.low,
        effective_high=effective.high,
        transverse=transverse.mean,
        transverse_low=transverse.low,
        transverse_high=transverse.high,
        lyapunov=lyapunov.mean,
        lyapunov_low=lyapunov.low,
        lyapunov_high=lyapunov.high,
        kantz_wolf=_mean(measures, "kantz_wolf"),
        train_loss=_mean(measures, "train_loss"),
        held_out_loss=_mean(measures, "held_out_loss"),
        held_out_score=_mean(measures, "held_out_score"),
        seeds=len(results),
        steps=min(m.steps for m in measures),
        best_seed=None if best is None else results[best].candidate.seed,
        recommended=False,
        end=end.mean,
        end_low=end.low,
        end_high=end.high,
        full_loss=full.mean,
        full_loss_low=full.low,
        full_loss_high=full.high,
        full_steps=fulls[0].steps if fulls else None,
        results=results,
    )


def _interval(measures: Sequence[Measures] | Sequence[Full], name: str) -> Interval:
    values = _values(measures, name)
    return UNDEFINED if values is None else t_interval(values)


def _mean(measures: Sequence[Measures], name: str) -> float | None:
    values = _values(measures, name)
    with np.errstate(over="ignore"):
        mean = np.nan if values is None else float(np.mean(values))
    return mean if np.isfinite(mean) else None  # a sum of finite losses may overflow


def _values(measures: Sequence[Measures] | Sequence[Full], name: str) -> Values | None:
    """Return the seeds' values, or None unless every one is there and finite."""
    values = np.array([np.nan if (v := getattr(m, name)) is None else v for m in measures], dtype=np.float64)
    return values if len(values) and np.isfinite(values).all() else None


def _merit(row: Row, merit: str) -> float | None:
    """Return what a row is ordered by: its loss in full training if there was one, else what `merit` names."""
    value: float | None = getattr(row, merit) if row.full_steps is None else row.full_loss
    return value


def _may_lead(row: Row, rank_by: str) -> bool:
    value = _merit(row, MERITS[rank_by])
    if row.regime not in eligible(rank_by) or value is None:
        return False
    return rank_by != "end" or row.full_steps is not None or value * row.steps <= LEARNS


def _order(row: Row, rank_by: str) -> tuple[int, bool, int, bool, float, Configuration]:
    value = _merit(row, MERITS[rank_by])
    badness = 0 if row.regime in eligible(rank_by) else row.regime.badness
    # Undefined sorts after every number of its regime; a NaN never reaches a comparison.
    return (badness, row.full_steps is None, -row.steps, value is None, value or 0.0, row.configuration)


def _seeds(row: Row) -> list[int]:
    return [result.candidate.seed for result in row.results]


def _groups(rows: Sequence[Row], rank_by: str, measured: Callable[[Result], Measures]) -> list[int | None]:
    """Return each row's tie group, best first; only rows of one regime, length and set of seeds are compared."""
    groups: list[int | None] = [None] * len(rows)
    number, merit = 0, MERITS[rank_by]
    for _, block in groupby(range(len(rows)), key=lambda i: _order(rows[i], rank_by)[:3]):
        waiting = [i for i in block if rows[i].seeds > 1 and _merit(rows[i], merit) is not None]
        while waiting:
            number += 1
            waiting = [i for i in waiting if _seeds(rows[i]) == _seeds(rows[waiting[0]])]
            values = np.array(
                [[r.full.best if r.full else getattr(measured(r), merit) for r in rows[i].results] for i in waiting]
            )
            tied = tied_with_first(values)
            for i, together in zip(waiting, tied, strict=True):
                groups[i] = number if together else None
            waiting = [i for i, together in zip(waiting, tied, strict=True) if not together]
    return groups
