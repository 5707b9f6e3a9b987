"""How far a learning rate moves between a probe and a full training.

    rate' = rate rho^p,    rho = sum of the schedule's factors over N steps / the same over T steps
    p = a + (1 - a) s,     s = min(1, max(0, d) / 0.25) if the last checkpoint is kept, 0 if the best is

What a learning rate does in N steps, a rate rho^p times as high does in T. Where stability limits training, the
exponent is the short one, a; where a training that keeps its last weights overfits, it is 1: only flow time, rate
times steps, counts then. The probe shows which case it is: d is how many decades higher the rate of the lowest
training loss at T is than that of the lowest held-out loss.

The constants were chosen on eleven tables (SGD, momentum 0.9 and Adam; N = 1,500; constant and cosine) and on the
shared half of DeepOBS's curves (N up to 93,700), and frozen on 2026-11-27 before the tables set aside were looked at:

    a = 1/3         SGD without momentum: its rate is bounded by stability
    a = 1/3 + b/6   momentum b (0.48 at 0.9, 0.50 at 0.99)
    a = 0.4         optimizers that scale each weight's step
    0.25 decades    of d that count as overfitting for certain
    0.2 decades     standard deviation of the kernel that smooths a curve over learning rates

Known before: the best rate falls as T^-0.32 for language models (arXiv 2409.19913) and short horizons prefer rates
that are too high or too low (arXiv 1803.02021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lyapscreen.results.statistics import Values
from lyapscreen.spec.schedules import flow_time

PLAIN, BY_MOMENTUM, ADAPTIVE = 1 / 3, 1 / 6, 0.4
OVERFITS_AT = 0.25
SMOOTHING = 0.2

MEASURED_RATIO = 240
"""Full steps over probe steps up to which the rule was measured; beyond, a projection is a guess."""


@dataclass(frozen=True)
class Horizon:
    """The full training that a probe stands for."""

    full_steps: int
    """N."""
    schedule: str = "constant"
    warmup: int = 0
    keep: str = "best"
    """The checkpoint that is kept: `best` (early stopping) or `last`."""
    momentum: float = 0.0
    adaptive: bool = False
    """Whether the optimizer scales each weight's step."""

    @property
    def least_exponent(self) -> float:
        """The exponent a of the shift where nothing overfits."""
        return ADAPTIVE if self.adaptive else PLAIN + BY_MOMENTUM * self.momentum

    def flow_ratio(self, steps: int) -> float:
        """Return rho, the flow time of the full training over that of its first `steps`."""
        full = flow_time(self.schedule, self.full_steps, self.warmup, self.full_steps)
        return full / flow_time(self.schedule, self.full_steps, self.warmup, steps)

    def shift(self, steps: int, overfits: float = 0.0) -> float:
        """Return log10 of how many times as high the rate is that stands for a rate, in a probe of `steps`.

        Args:
            steps: T.
            overfits: s, from 0 to 1; it counts if the last checkpoint is kept.

        >>> round(10 ** Horizon(1600).shift(100), 2), round(10 ** Horizon(1600, keep="last").shift(100, 1.0), 2)
        (2.52, 16.0)

        """
        least = self.least_exponent
        exponent = least + (1 - least) * (overfits if self.keep == "last" else 0.0)
        return exponent * math.log10(self.flow_ratio(steps))


def filled(losses: Values) -> Values:
    """Return losses [rates], rates ascending, with a ceiling: no rate is worse than one that is too small to learn.

    The ceiling is the highest loss at rates up to the best, and what diverged stands there: a cliff would otherwise
    reach, through the kernel, as far as it is high.
    """
    finite = np.isfinite(losses)
    if not finite.any():
        return np.ones_like(losses)
    best = int(np.argmin(np.where(finite, losses, np.inf)))
    below = losses[: best + 1][finite[: best + 1]]
    ceiling = below.max() if len(below) > 1 else np.median(losses[finite])
    return np.where(finite, np.minimum(losses, ceiling), ceiling)


def smoothed(logs: Values, values: Values) -> Values:
    """Return values [..., rates] averaged over neighbouring rates: a Gaussian kernel of 0.2 decades.

    Args:
        logs: log10 of the rates, ascending.
        values: finite; the last axis is the rates.

    """
    kernel = np.exp(-0.5 * ((logs[:, None] - logs[None, :]) / SMOOTHING) ** 2)
    return values @ (kernel / kernel.sum(1, keepdims=True)).T  # type: ignore[no-any-return]


def lowest(logs: Values, curve: Values) -> float:
    """Return log10 of the rate at which a curve [rates] is lowest, by a parabola through the lowest three.

    >>> round(lowest(np.array([0.0, 1.0, 2.0]), np.array([1.0, 0.0, 1.0])), 3)
    1.0
    """
    at = int(np.argmin(curve))
    if not 0 < at < len(curve) - 1:
        return float(logs[at])
    here, around = logs[at], slice(at - 1, at + 2)
    square, slope, _ = np.polyfit(logs[around] - here, curve[around], 2)
    move = -slope / (2 * square) if square > 0 else 0.0
    return float(np.clip(here + move, logs[at - 1], logs[at + 1]))


def overfitting(logs: Values, train: Values, held_out: Values) -> float:
    """Return s: 0 where training and held-out loss prefer one rate, 1 where they lie 0.25 decades apart.

    Args:
        logs: log10 of the rates, ascending.
        train: training losses [rates], smoothed, what diverged at the worst.
        held_out: held-out losses [rates], likewise.

    """
    apart = lowest(logs, train) - lowest(logs, held_out)
    return float(np.clip(apart / OVERFITS_AT, 0.0, 1.0))
