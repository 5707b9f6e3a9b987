"""The projected exponent: what the probes of a configuration's family say of it over the full training.

    lambda_proj(rate) = (T / N) lambda_eff(rate rho^p; T)

over N steps, per step of those; lambda_eff is smoothed over 0.2 decades of the rate, and `results.shift` has rho and
p. A family is an activation with one value of every setting swept besides; each seed is read for itself. A rate at
which a seed has diverged or died has made no progress, and no probe counts for less than that: 0.

A row is read at the longest length at which all rates about the one that stands for it were measured, so that rows
of any rung are on one scale. One without such a length has no projected exponent.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np

from lyapscreen.results.naming import family_of
from lyapscreen.results.records import UNMEASURED, Measures, Regime, Result
from lyapscreen.results.shift import Horizon, filled, overfitting, smoothed
from lyapscreen.results.statistics import Values
from lyapscreen.spec.candidates import Configuration, settings
from lyapscreen.spec.measures import RANK_BY
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import Settings

REACH = 0.5
"""Decades on both sides of the rate that stands for a row within which every rate of the family has to be measured:
two and a half times the kernel's width."""

POINTS_PER_DECADE = 3
"""Of the rates probed above the range asked for."""

NO_PROGRESS = frozenset({Regime.DIVERGED, Regime.DEAD})
"""Regimes that more steps do not end, and that have made no progress."""

Read = Mapping[float, Mapping[int, float]]
"""By learning rate and seed, the projected exponent that a family says at one length."""


def horizon_of(spec: Spec) -> Horizon:
    """Return the full training of a spec at one point of its axes."""
    return Horizon(
        spec.full_steps, spec.schedule, spec.warmup, spec.keep, spec.momentum_factor,
        adaptive=OPTIMIZERS[spec.optimizer].is_adaptive,
    )  # fmt: skip


def horizons(spec: Spec) -> dict[Settings, Horizon]:
    """Return the full training at every point of a spec's axes."""
    return {further: horizon_of(spec.at_point(further)) for further in settings(spec)}


def project(results: Collection[Result], spec: Spec) -> list[Result]:
    """Return the results of the rates asked for, with `projected` set at every length where the ranking is by it.

    What a probe's last length holds is read off all that was measured, what an earlier one holds off no longer probe.

    Args:
        results: of all rates that were probed, those above the range too.
        spec: of the screening.

    """
    asked = frozenset(spec.lr)
    if not RANK_BY[spec.rank_by].reads_ahead:
        return [result for result in results if result.candidate.configuration.lr in asked]
    lengths = sorted({m.steps for r in results for m in r.rungs if m.regime not in UNMEASURED})
    of_settings = horizons(spec)
    found: list[Result] = []
    ordered = sorted(results, key=lambda r: (str(family_of(r.candidate.configuration)), r.candidate))
    for family, group in groupby(ordered, key=lambda r: family_of(r.candidate.configuration)):
        members = list(group)
        read = {steps: _read(members, of_settings[family[1]], steps) for steps in lengths}
        found += [_projected(result, read) for result in members if result.candidate.configuration.lr in asked]
    return sorted(found, key=lambda result: result.candidate)


def above_the_range(spec: Spec, first_length: int) -> list[Configuration]:
    """Return the configurations above the range asked for that reading ahead needs, as far as rates are finite.

    Args:
        spec: of the screening.
        first_length: steps after which probes are measured for the first time: there the reach is widest.

    >>> [c.lr for c in above_the_range(Spec.of(act="relu", lr="0.1,1", optimizer="adam"), 100)]
    [2.15443469, 4.64158883, 10.0]

    """
    if not RANK_BY[spec.rank_by].reads_ahead:
        return []
    found = []
    for further, horizon in horizons(spec).items():
        shift = horizon.shift(first_length, 1.0)
        count = math.ceil(round((shift + REACH) * POINTS_PER_DECADE, 9)) if shift > 0 else 0
        logs = [math.log10(spec.lr[-1]) + i / POINTS_PER_DECADE for i in range(1, count + 1)]
        rates = [float(f"{10**log:.9g}") for log in logs if log < 300]
        found += [Configuration(activation, lr, further) for activation in spec.act for lr in rates]
    return found


def needed(lr: float, shifts: Sequence[float], rates: Sequence[float]) -> list[float]:
    """Return the rates of a family that have to be measured where a row is read: its own, and those in reach.

    In reach are all within `REACH` of the rate that stands for it, and the nearest two.

    Args:
        lr: of the row.
        shifts: log10 of how many times as high the rate is that stands for it, at each length it is read at.
        rates: of the family, ascending.

    >>> needed(0.1, [0.5], (0.01, 0.1, 0.3, 1.0, 3.0, 10.0))
    [0.1, 0.3, 1.0]

    """
    logs = np.log10(rates)
    within = np.array(rates) == lr
    for shift in shifts:
        apart = np.abs(logs - np.log10(lr) - shift)
        within |= apart <= REACH + 1e-9
        within[np.argsort(apart, kind="stable")[:2]] = True
    return [rate for rate, is_needed in zip(rates, within, strict=True) if is_needed]


def _read(members: Sequence[Result], horizon: Horizon, steps: int) -> Read:
    """Return the projected exponents of a family, as far as its probes of one length say them."""
    grid = sorted({result.candidate.configuration.lr for result in members})
    seeds = sorted({result.candidate.seed for result in members})
    at = _measured(members, grid, seeds, steps)
    if not at:
        return {}
    logs = np.log10(list(at))
    progress = smoothed(logs, steps * np.minimum(_values(at, "effective", len(seeds), 0.0), 0.0))
    overfits = 0.0
    if horizon.keep == "last":
        train, held_out = (
            smoothed(logs, filled(_values(at, name, len(seeds), np.inf).mean(0)))
            for name in ("train_loss", "held_out_loss")
        )
        overfits = overfitting(logs, train, held_out)
    shift, found = horizon.shift(steps, overfits), {}
    for lr in grid:
        if at.keys() >= set(needed(lr, [shift], grid)) and math.log10(lr) + shift <= logs[-1] + 1e-9:
            values = [np.interp(math.log10(lr) + shift, logs, of_seed) / horizon.full_steps for of_seed in progress]
            found[lr] = dict(zip(seeds, map(float, values), strict=True))
    return found


def _measured(
    members: Sequence[Result], grid: Sequence[float], seeds: Sequence[int], steps: int
) -> dict[float, Sequence[Measures]]:
    """Return what is known of each rate at a length, by seed; nothing at all of one that has made no progress."""
    by = {(result.candidate.configuration.lr, result.candidate.seed): result for result in members}
    found: dict[float, Sequence[Measures]] = {}
    for lr in grid:
        row = [by[lr, seed].at(steps) for seed in seeds if (lr, seed) in by]
        if any(m.regime in NO_PROGRESS and m.steps <= steps for m in row):
            found[lr] = ()
        elif len(row) == len(seeds) and all(m.steps == steps and m.regime is not Regime.FAILED for m in row):
            found[lr] = row
    return found


def _values(at: Mapping[float, Sequence[Measures]], name: str, seeds: int, without_progress: float) -> Values:
    """Return one measure [seeds, rates]; where no progress was made, or none is defined, a value that stands for it."""

    def value(measures: Measures) -> float:
        found = getattr(measures, name)
        return found if found is not None and math.isfinite(found) else without_progress

    rows = [[value(measures) for measures in row] if row else [without_progress] * seeds for row in at.values()]
    return np.array(rows).T


def _projected(result: Result, read: Mapping[int, Read]) -> Result:
    lr, last = result.candidate.configuration.lr, len(result.rungs) - 1

    def value(place: int, measures: Measures) -> float | None:
        if measures.regime in UNMEASURED:
            return None
        at = [steps for steps in read if lr in read[steps] and (place == last or steps <= measures.steps)]
        return float(read[max(at)][lr][result.candidate.seed]) if at else None

    return replace(result, rungs=tuple(replace(m, projected=value(i, m)) for i, m in enumerate(result.rungs)))
