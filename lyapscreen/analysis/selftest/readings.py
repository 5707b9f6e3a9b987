"""How an answer is read off a run: an exponent of one state, a mean, a median, a sum, a width, an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from lyapscreen.exponents.series import CONFIDENCE, Values, summarised, vanishing_marked

Z = float(ndtri(0.5 + CONFIDENCE / 2))
"""1.96"""


@dataclass(frozen=True)
class Found:
    """What an estimator measured in a run."""

    local: NDArray[np.float64]
    """Growth of each exponent at each step, [states, steps, k]; NaN once a state is no longer finite."""
    resolution: float
    """Error of a growth factor."""


@dataclass(frozen=True)
class Reading:
    """A number read off a run; NaN where it is undefined."""

    value: float
    low: float = math.nan
    """Low end of its 95 % interval; NaN where there is none."""
    high: float = math.nan
    """High end of its 95 % interval."""


def exponent(found: Found, state: int, burn_in: int, j: int = 0) -> Reading:
    """Read the j-th exponent of one state, with its interval."""
    marked = vanishing_marked(found.local[state : state + 1, burn_in:, j], found.resolution)
    summary = summarised(marked, found.resolution)
    value, half = float(summary.value[0]), float(summary.half[0])
    return Reading(value, value - half, value + half)


def mean(found: Found, members: slice, burn_in: int, per: float = 1.0) -> Reading:
    """Read the mean of the largest exponent over states that differ by chance, in `per` steps as the unit of time."""
    return _mean(found.local[members, burn_in:, 0].mean(axis=1) / per)


def total(found: Found, burn_in: int, per: float = 1.0) -> Reading:
    """Read the mean over states of the sum of all exponents, in `per` steps as the unit of time."""
    return _mean(found.local[:, burn_in:].sum(axis=2).mean(axis=1) / per)


def median(found: Found, members: slice, burn_in: int, end: int) -> Reading:
    """Read the median of the largest exponent over the states that are still finite.

    Rounding moves a few orbits out of the interval they live in, or onto an unstable end of it.
    """
    values = found.local[members, burn_in:end, 0].mean(axis=1)
    values = np.sort(values[np.isfinite(values)])
    n, off = len(values), Z * math.sqrt(len(values)) / 2
    low, high = math.floor(n / 2 - off), math.ceil(n / 2 + off) - 1
    return Reading(float(np.median(values)), float(values[low]), float(values[high]))


def width(found: Found, members: slice, variance: float) -> Reading:
    """Read the mean width of single runs' intervals, relative to what theory gives for this variance per step."""
    local = found.local[members, :, 0]
    theory = Z * math.sqrt(variance / local.shape[1])
    return _mean(summarised(local, found.resolution).half / theory)


def coverage(found: Found, members: slice, truth: float) -> Reading:
    """Read the share of single runs whose interval holds the truth."""
    summary = summarised(found.local[members, :, 0], found.resolution)
    return _mean(np.where(np.abs(summary.value - truth) <= summary.half, 1.0, 0.0))


def lowest(found: Found, lr: tuple[float, ...], burn_in: int) -> Reading:
    """Read the learning rate of the state with the lowest exponent."""
    return Reading(lr[int(found.local[:, burn_in:, 0].mean(axis=1).argmin())])


def _mean(values: Values) -> Reading:
    value, n = float(values.mean()), len(values)
    half = Z * float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return Reading(value, value - half, value + half)
