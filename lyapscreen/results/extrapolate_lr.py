"""The learning rate for a full training from losses measured anywhere: a short run, an LR finder, a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lyapscreen.errors import SettingError
from lyapscreen.results.shift import MEASURED_RATIO, Horizon, filled, lowest, overfitting, smoothed
from lyapscreen.results.statistics import Values, t_interval
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.parsing import nearest, within
from lyapscreen.spec.schedules import check

FEWEST_RATES = 3
"""Fewer have no lowest between two others."""

SAME = 0.02
"""Share of a curve's depth by which two rates may differ and count as equally good: a gap nobody would notice."""

CHAOTIC = float(np.log(20.0))
"""T lambda_1 from which on a rate is not read: a perturbation has grown twentyfold."""

MOST_STEPS = 10**12


@dataclass(frozen=True)
class Extrapolation:
    """A learning rate for a full training, and how far it can be trusted."""

    lr: float
    """The learning rate for the full training."""
    low: float
    """The lowest of the rates around it that are as good, as far as the losses tell."""
    high: float
    """The highest of them."""
    exponent: float
    """p of `results.shift`: the rate is the one best at `probe_steps` divided by rho^p."""
    overfits: float
    """s of `results.shift`: 0 where training and held-out loss prefer one rate, 1 where they do not at all."""
    at_end: bool
    """Whether the losses are still lowest at an end of the rates: the best may lie outside."""
    probe_steps: int
    full_steps: int
    is_guess: bool
    """Whether the training is longer, against the probe, than any the rule was measured on."""


def extrapolate_lr(
    lrs: Sequence[float] | Values,
    losses: Any,
    *,
    probe_steps: int | str,
    full_steps: int | str,
    optimizer: str = "sgd",
    momentum: float | None = None,
    schedule: str = "constant",
    warmup: int | str = 0,
    keep: str = "best",
    growth: Any = None,
    train_losses: Any = None,
) -> Extrapolation:
    """Return the learning rate for `full_steps` of training, from losses after `probe_steps` at several rates.

    The losses are averaged over seeds and smoothed over 0.2 decades of the rate; the rate at which they are lowest is
    divided by rho^p, rho the ratio of flow times (N/T for a constant rate) and p as `lyapscreen.results.shift` has it.

    Args:
        lrs: learning rates [rates], three or more, in any order.
        losses: held-out losses (or minibatch losses, a mean over some twenty steps) [rates] or [rates, seeds]; what
            is infinite or NaN has diverged.
        probe_steps: T, optimizer steps after which they were measured.
        full_steps: N, optimizer steps of the full training, at least T.
        optimizer: its name, as `--optimizer` takes it.
        momentum: its factor; None is 0.9 where the optimizer has one.
        schedule: over the full training: constant, linear, cosine or wsd:FRACTION; the probe ran its beginning.
        warmup: steps of linear warm-up.
        keep: the checkpoint that is kept: best (early stopping) or last.
        growth: T lambda_1 where it is known, as the losses; a rate that is chaotic, ln 20 and more, is not read.
        train_losses: training losses, as the losses: they show whether the task overfits, which counts if the last
            checkpoint is kept.

    Raises:
        SettingError: the arguments are of the wrong shape or break a rule.

    >>> rates = [0.001, 0.01, 0.1, 1.0, 10.0]
    >>> found = extrapolate_lr(rates, [2.2, 1.6, 0.5, 1.6, float("nan")], probe_steps=100, full_steps=100)
    >>> round(found.lr, 3), found.at_end
    (0.1, False)
    >>> found = extrapolate_lr(rates, [2.2, 1.6, 0.5, 1.6, float("nan")], probe_steps=100, full_steps=6400)
    >>> round(found.lr, 3)  # 64^(1/3) = 4 times as low
    0.025

    """
    rates = _rates(lrs)
    order = np.argsort(rates)
    steps = within("probe_steps", probe_steps, 1, MOST_STEPS, "Write how many steps the losses were measured after")
    full = within("full_steps", full_steps, 1, MOST_STEPS, "Write how many steps will be trained")
    if full < steps:
        raise SettingError("full_steps", full, f"it must be at least probe_steps, {steps}", "Swap the two?")
    held_out = _by_rate("losses", losses, len(rates))[order]
    train = None if train_losses is None else _by_rate("train_losses", train_losses, len(rates))[order]
    if growth is not None:
        chaotic = _by_rate("growth", growth, len(rates))[order].mean(1) >= CHAOTIC
        held_out = np.where(chaotic[:, None], np.nan, held_out)
    if not np.isfinite(held_out).all(1).any():
        raise SettingError("losses", "", "no rate has finite losses", "Measure lower learning rates too")
    rise = within("warmup", warmup, 0, MOST_STEPS, "Write a whole number of steps, or 0")
    horizon = _horizon(full, optimizer, momentum, schedule, rise, keep)
    logs = np.log10(rates[order])
    curves = np.array([smoothed(logs, filled(seed)) for seed in held_out.T])  # [seeds, rates]
    mean = curves.mean(0)
    overfits = 0.0 if train is None else overfitting(logs, smoothed(logs, filled(train.mean(1))), mean)
    best, shift = lowest(logs, mean), horizon.shift(steps, overfits)
    first, last = _as_good(curves, mean)
    low, high = min(logs[first], best), max(logs[last], best)
    ratio = np.log10(horizon.flow_ratio(steps))
    return Extrapolation(
        lr=float(10 ** (best - shift)),
        low=float(10 ** (low - shift)),
        high=float(10 ** (high - shift)),
        exponent=float(shift / ratio) if ratio > 0 else 0.0,
        overfits=overfits,
        at_end=int(np.argmin(mean)) in (0, len(logs) - 1),
        probe_steps=steps,
        full_steps=full,
        is_guess=full > MEASURED_RATIO * steps,
    )


def _as_good(curves: Values, mean: Values) -> tuple[int, int]:
    """Return the first and last index around the lowest that no seed, and no eye, tells from it."""
    at, depth = int(np.argmin(mean)), float(np.ptp(mean))

    def same(other: int) -> bool:
        if mean[other] - mean[at] <= SAME * depth:
            return True
        low = t_interval(curves[:, other] - curves[:, at]).low
        return low is not None and low <= 0

    first, last = at, at
    while first > 0 and same(first - 1):
        first -= 1
    while last < len(mean) - 1 and same(last + 1):
        last += 1
    return first, last


def _horizon(full: int, optimizer: str, momentum: float | None, schedule: str, warmup: int, keep: str) -> Horizon:
    if optimizer not in OPTIMIZERS:
        rule = f"it must be one of {', '.join(OPTIMIZERS)}"
        raise SettingError("optimizer", optimizer, rule, nearest(str(optimizer), OPTIMIZERS) + "Choose one of these")
    entry = OPTIMIZERS[optimizer]
    check(schedule)
    if keep not in ("best", "last"):
        raise SettingError("keep", keep, "it must be one of best, last", "Choose one of these")
    factor = entry.flags.get("momentum", 0.0) if momentum is None else momentum
    if momentum is not None and ("momentum" not in entry.flags or not 0 <= momentum < 1):
        rule = "it must be from 0 to less than 1" if "momentum" in entry.flags else f"{optimizer} has no momentum"
        raise SettingError("momentum", momentum, rule, "Leave it out for the default")
    if warmup >= full:
        raise SettingError("warmup", warmup, f"it must end before the {full} steps of full training", "Write less")
    return Horizon(full, schedule, warmup, keep, float(factor), adaptive=entry.is_adaptive)


def _rates(lrs: Sequence[float] | Values) -> Values:
    fix = "Pass three or more different positive learning rates"
    try:
        rates = np.asarray(lrs, dtype=np.float64)
    except (TypeError, ValueError):
        raise SettingError("lrs", repr(lrs), "they are not all numbers", fix) from None
    if rates.ndim != 1 or len(rates) < FEWEST_RATES:
        raise SettingError("lrs", f"an array of shape {rates.shape}", f"it holds fewer than {FEWEST_RATES} rates", fix)
    if not (np.isfinite(rates) & (rates > 0)).all() or len(np.unique(rates)) < len(rates):
        raise SettingError("lrs", str(lrs), "each must be positive and finite, and be given once", fix)
    return rates


def _by_rate(name: str, given: Any, count: int) -> Values:
    """Return values [rates, seeds]."""
    fix = f"Pass one value, or one row of seeds, for each of the {count} rates"
    try:
        values = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise SettingError(name, repr(given), "they are not all numbers", fix) from None
    if values.ndim not in (1, 2) or len(values) != count or values.size == 0:
        raise SettingError(name, f"an array of shape {values.shape}", "it has another number of rates", fix)
    return values.reshape(count, -1)
