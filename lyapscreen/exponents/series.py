"""A series of local growths into an exponent, a 95 % interval that knows about autocorrelation, and a verdict.

Batch means: the mean over 20 batches of consecutive steps varies as the value does, however
neighbouring steps depend on each other, if only batches are longer than that dependence. Where they
are not, the lugsail correction sees it (batches of half the length vary too little) and widens:

    value -+ t_{0.975, 19} sqrt(max(B_n, 2 B_n - B_{n/2}) / T),    B_n = n * variance of the means of n steps

Sources: J. M. Flegal and G. L. Jones, Ann. Statist. 38 (2010) 1034-1070; D. Vats and J. M. Flegal,
Biometrika 109 (2022) 735-750 (the correction). Over runs of 500 steps the interval covers the truth
in 95 % for independent growths and in 94 % where they stay alike for ten steps; without the
correction in 92.6 %, and a naive interval in 48 % (the tests hold it to that).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit  # scipy.stats takes six times as long to import

BATCHES = 20
CONFIDENCE = 0.95
DRIFT = 0.01
"""How often a run with nothing wrong is called unsettled."""
RECURRING = 0.05
"""Share of steps at which a tangent has to vanish for the map to be superstable."""

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Summary:
    """What a batch of series tells."""

    value: Values
    """Mean growth per step [runs]; -inf where a local growth is, NaN where one is not finite otherwise."""
    half: Values
    """Half the width of the interval [runs]; NaN where there is none."""
    settled: Flags
    """Whether the two halves of the series agree [runs]; False where there is no interval."""


def vanishing_marked(local: Values, resolution: float) -> Values:
    """Return `local` [runs, T] with -inf at the steps of a superstable run at which its tangent vanishes.

    A factor below `resolution` cannot be distinguished from 0: the derivative of GD is 1 - lr h, and leaves
    rounding where it should be 0. A chaotic orbit may meet such a factor once; a superstable one
    meets it in every period, so that a twentieth of the steps is asked for.
    """
    below = local <= np.log(resolution)
    superstable = below.mean(axis=1, keepdims=True) >= RECURRING
    return np.where(below & superstable, -np.inf, local)


def summarised(local: Values, resolution: float = 0.0) -> Summary:
    """Return value, interval and verdict of each series of `local` [runs, T] growths per step.

    No interval is narrower than `resolution`, the error of the growths themselves, and none is
    given for fewer steps than batches. A series with a growth that is not finite has no interval.

    >>> walk = summarised(np.tile([[1.0, 3.0]], (1, 50)))
    >>> walk.value, walk.half
    (array([2.]), array([0.]))
    """
    finite = np.asarray(np.isfinite(local).all(axis=1, keepdims=True))
    known = np.where(finite, local, 0.0)
    mean = known.mean(axis=1, keepdims=True)
    value = np.where(finite, mean, _lost(local))[:, 0]
    if local.shape[1] < BATCHES:
        return Summary(value, np.full(len(local), np.nan), np.zeros(len(local), dtype=bool))
    half = np.maximum(stdtrit(BATCHES - 1, 0.5 + CONFIDENCE / 2) * _error(known - mean), resolution)
    return Summary(value, np.where(finite[:, 0], half, np.nan), finite[:, 0] & _settled(known - mean, resolution))


def _lost(local: Values) -> Values:
    """Return what a series that is not finite comes to [runs, 1]: -inf if all else in it is finite, else NaN."""
    vanished = (np.isfinite(local) | np.isneginf(local)).all(axis=1, keepdims=True)
    return np.where(vanished, -np.inf, np.nan)


def _error(local: Values) -> Values:
    """Return the standard error of the mean of each series [runs]."""
    steps = local.shape[1]
    length = _length(steps)
    whole = length * _batch_means(local, BATCHES, length).var(axis=1, ddof=1)
    if length == 1:
        return np.asarray(np.sqrt(whole / steps))
    halves = length // 2 * _batch_means(local, 2 * BATCHES, length // 2).var(axis=1, ddof=1)
    return np.asarray(np.sqrt(np.maximum(whole, 2 * whole - halves) / steps))


def _length(steps: int) -> int:
    """Return how long a batch is: a multiple of 4 if it can be, so that a two-cycle is no noise in it or its half."""
    length = steps // BATCHES
    return length - length % 4 if length > 4 else length


def _batch_means(local: Values, batches: int, length: int) -> Values:
    """Return the means [runs, batches]; what is left over is taken from the start, a transient."""
    used = local[:, local.shape[1] - batches * length :]
    return np.asarray(used.reshape(len(local), batches, length).mean(axis=2))


def _settled(local: Values, resolution: float) -> Flags:
    """Tell whether first and second half differ by no more than their batches let them: a two-sample t-test.

    In the manner of J. Geweke's diagnostic (Bayesian Statistics 4, 1992, 169-193).
    """
    means = _batch_means(local, BATCHES, _length(local.shape[1]))
    first, second = means[:, : BATCHES // 2], means[:, BATCHES // 2 :]
    pooled = (first.var(axis=1, ddof=1) + second.var(axis=1, ddof=1)) / 2
    allowed = stdtrit(BATCHES - 2, 1 - DRIFT / 2) * np.sqrt(pooled * 4 / BATCHES)
    return np.asarray(np.abs(first.mean(axis=1) - second.mean(axis=1)) <= np.maximum(allowed, resolution))
