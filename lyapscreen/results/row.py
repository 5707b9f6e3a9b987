"""One configuration in a ranking, and its seeds' values into means and intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lyapscreen.results.naming import named
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.statistics import UNDEFINED, Interval, Values, outstanding, t_interval
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import MEASURES, Measure


@dataclass(frozen=True, repr=False)
class Row:
    """One configuration in the ranking; the fields up to `held_out_score_high` are the CSV's columns.

    Exponents are means over seeds, per optimizer step in natural logarithms; `_low` and `_high` are the ends of their
    95 % t-intervals over seeds. A mean is None unless all seeds have a finite value, an interval's ends besides with
    a single seed.

    >>> import lyapscreen as ls
    >>> row = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).recommended
    >>> row.rank, row.activation, row.lr, row.regime.value, row.seeds, row.steps
    (1, 'relu', 0.2, 'converging', 2, 20)
    >>> row.effective_low < row.effective < row.effective_high
    True
    >>> print(row)
    <Row 1: relu at lr 0.2, converging, held-out loss 0.176, score 1, 2 seeds, 20 steps, recommended>
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
    projected: float | None
    """lambda_proj, where the ranking is by it, per step of the full training."""
    projected_low: float | None
    projected_high: float | None
    full_loss: float | None
    """Held-out loss of full training at the checkpoint kept, the mean over seeds; None unless all seeds ended it."""
    full_loss_low: float | None
    full_loss_high: float | None
    full_steps: int | None
    """Steps of that full training; None where there was none."""
    kantz_wolf_low: float | None
    kantz_wolf_high: float | None
    train_loss_low: float | None
    train_loss_high: float | None
    held_out_loss_low: float | None
    held_out_loss_high: float | None
    held_out_score_low: float | None
    held_out_score_high: float | None
    seed_regimes: tuple[Regime, ...] = field(repr=False)
    """How each seed ended, ascending by seed."""
    results: tuple[Result, ...] = field(repr=False)
    """Per seed, ascending: the pairing of every comparison."""

    def __repr__(self) -> str:
        """Say in one line which row it is and how it did; all its fields would fill a page."""
        return f"<Row {self.rank}: {self.summary}{', recommended' if self.recommended else ''}>"

    @property
    def summary(self) -> str:
        """The row in one line: what it is and how it did."""
        parts = [named(self.configuration, f"{self.lr:.9g}"), str(self.regime)]
        parts += [] if self.held_out_loss is None else [f"held-out loss {self.held_out_loss:.4g}"]
        parts += [] if self.held_out_score is None else [f"score {self.held_out_score:.3g}"]
        parts += [] if self.full_loss is None else [f"loss {self.full_loss:.4g} after {self.full_steps} steps"]
        return ", ".join([*parts, f"{self.seeds} seed{'s' * (self.seeds != 1)}", f"{self.steps} steps"])

    @property
    def configuration(self) -> Configuration:
        """What the row is about: activation, learning rate and the settings swept besides.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.configuration
        Configuration(activation='relu', lr=0.2, settings=(('batch_size', 32),))

        """
        return self.results[0].candidate.configuration

    @property
    def regimes(self) -> Mapping[Regime, int]:
        """How many seeds ended in which regime, the best regime first; `regime` is the last of them.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> {str(regime): count for regime, count in row.regimes.items()}
        {'converging': 2}

        """
        count = Counter(self.seed_regimes)
        return {regime: count[regime] for regime in Regime if count[regime]}

    def interval(self, measure: Measure) -> tuple[float, float] | None:
        """Return the ends of a measure's 95 % interval over the seeds; None where there is none.

        >>> import lyapscreen as ls
        >>> from lyapscreen.spec.measures import MEASURE
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> low, high = row.interval(MEASURE["held_out_loss"])
        >>> low < row.held_out_loss < high
        True

        """
        low, high = (getattr(self, name) for name in measure.columns[1:])
        return None if low is None or high is None else (low, high)

    def value(self, column: str) -> Any:
        """Return what stands in a column: a field, or a swept setting.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.value("batch_size"), row.value("lr")
        (32, 0.2)

        """
        settings = dict(self.configuration.settings)
        return settings[column] if column in settings else getattr(self, column)

    def merit(self, measure: Measure) -> float | None:
        """Return what it is ordered by, lowest first: its loss in full training if there was one, else a measure.

        >>> import lyapscreen as ls
        >>> from lyapscreen.spec.measures import MEASURE
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> row.merit(MEASURE["held_out_score"]) == -row.held_out_score  # the highest score is the best
        True

        """
        if self.full_steps is not None:
            return self.full_loss
        return measure.value(self)


def summarised(results: tuple[Result, ...], measures: Sequence[Measures], measure: Measure, keep: str = "best") -> Row:
    """Return the row of one configuration, not yet ranked.

    Args:
        results: its seeds, ascending.
        measures: what was measured of each.
        measure: what the ranking is by, for the seed that stands out.
        keep: the checkpoint of full training that is kept, `best` or `last`.

    """
    configuration = results[0].candidate.configuration
    fulls = [result.full for result in results if result.full is not None]
    trained = _finite([full.kept(keep) for full in fulls])
    full = UNDEFINED if trained is None else t_interval(trained)
    ends = tuple(map(_end, results, measures))
    merits = trained if fulls else _values(measures, measure.name)
    best = None if merits is None else outstanding(merits if fulls else measure.sign * merits)
    cells: dict[str, float | None] = {}
    for one in MEASURES:
        found = _interval(measures, one.name)
        cells |= dict(zip(one.columns, (found.mean, found.low, found.high), strict=False))
    return Row(
        rank=0,
        group=None,
        activation=configuration.activation,
        lr=configuration.lr,
        regime=_worst(ends),
        seeds=len(results),
        steps=min(m.steps for m in measures),
        best_seed=None if best is None else results[best].candidate.seed,
        recommended=False,
        full_loss=full.mean,
        full_loss_low=full.low,
        full_loss_high=full.high,
        full_steps=fulls[0].steps if fulls else None,
        seed_regimes=ends,
        results=results,
        **cells,
    )


def _end(result: Result, measures: Measures) -> Regime:
    """Return how a seed ended, in its probe or in full training: the worse of the two."""
    diverged = result.full is not None and result.full.diverged
    return _worst([measures.regime, Regime.DIVERGED] if diverged else [measures.regime])


def _worst(regimes: Iterable[Regime]) -> Regime:
    return max(regimes, key=lambda regime: regime.badness)


def _interval(measures: Sequence[Measures], name: str) -> Interval:
    values = _values(measures, name)
    return UNDEFINED if values is None else t_interval(values)


def _values(measures: Sequence[Measures], name: str) -> Values | None:
    return _finite([getattr(m, name) for m in measures])


def _finite(values: Sequence[float | None]) -> Values | None:
    """Return the seeds' values, or None unless every one is there and finite."""
    found = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return found if len(found) and np.isfinite(found).all() else None
