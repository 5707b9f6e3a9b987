"""The seeds' values of one configuration into means and intervals: a row that is not ranked yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.row import Row
from lyapscreen.results.statistics import UNDEFINED, Interval, Values, outstanding, t_interval
from lyapscreen.spec.measures import MEASURES, Measure


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
        found = _interval(measures, one)
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
        origin=None,
        **cells,
    )


def _end(result: Result, measures: Measures) -> Regime:
    """Return how a seed ended, in its probe or in full training: the worse of the two."""
    diverged = result.full is not None and result.full.diverged
    return _worst([measures.regime, Regime.DIVERGED] if diverged else [measures.regime])


def _worst(regimes: Iterable[Regime]) -> Regime:
    return max(regimes, key=lambda regime: regime.badness)


def _interval(measures: Sequence[Measures], measure: Measure) -> Interval:
    values = _values(measures, measure.name)
    found = UNDEFINED if values is None else t_interval(values)
    # A t-interval knows of no bounds: of accuracies 1, 1 and 0.98 it would reach beyond 1.
    return found if found.high is None else replace(found, high=min(found.high, measure.at_most))


def _values(measures: Sequence[Measures], name: str) -> Values | None:
    return _finite([getattr(m, name) for m in measures])


def _finite(values: Sequence[float | None]) -> Values | None:
    """Return the seeds' values, or None unless every one is there and finite."""
    found = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    return found if len(found) and np.isfinite(found).all() else None
