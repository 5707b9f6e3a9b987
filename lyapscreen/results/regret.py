"""How good a rule is, judged by full training: the regret of its pick, and how well its order agrees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lyapscreen.results.statistics import CONFIDENCE, Interval, Values
from lyapscreen.spec.seeds import named_seed

RESAMPLES = 1000
"""Draws of the seeds that an interval is read from: its ends have a standard error of some 2 % of its width."""

FEWEST_SEEDS = 3
"""Two seeds have but three ways to be drawn: no interval."""

OfSeeds = Callable[[NDArray[np.int64]], Values]
"""Numbers [configurations] made of the seeds at these indices, which may repeat."""

Judge = Callable[[Values, Values], float]
"""`judge(scores, losses)` of [configurations], infinite where undefined; NaN where it has no answer."""


def regret(scores: Values, losses: Values) -> float:
    """Return the fraction of configurations that train strictly better than the one of the lowest score.

    0 is perfect, a random pick has 0.5 on the average.

    >>> regret(np.array([0.1, 0.2, 0.3, np.inf]), np.array([2.0, 1.0, 3.0, np.inf]))
    0.25
    """
    return float(np.mean(losses < losses[int(np.argmin(scores))]))


def chance(losses: Values) -> float:
    """Return the mean regret over all configurations: that of a pick at random.

    >>> chance(np.array([1.0, 2.0, 3.0, 4.0]))
    0.375
    """
    return float(np.mean([np.mean(losses < loss) for loss in losses]))


def correlation(scores: Values, losses: Values) -> float:
    """Return Spearman's rank correlation; what is infinite is tied at the end. NaN where either is all ties.

    >>> correlation(np.array([1.0, 2.0, np.inf]), np.array([0.1, 0.3, 0.2]))
    0.5
    """
    from scipy.stats import rankdata  # a quarter of a second to import, and only needed here

    ranks = [rankdata(values) for values in (scores, losses)]
    if min(float(np.ptp(of)) for of in ranks) == 0:
        return float("nan")
    matrix: Values = np.corrcoef(np.array(ranks))
    return round(float(matrix[0, 1]), 12)


def interval(judge: Judge, rule: OfSeeds, losses: OfSeeds, seeds: int) -> Interval:
    """Return what a judge says of a rule with a 95 % bootstrap interval over seeds (percentiles).

    A draw of the seeds is one for probes and full training alike, which a seed ties together
    (B. Efron, Ann. Statist. 7, 1979, 1-26).

    Args:
        judge: `regret` or `correlation`.
        rule: scores [configurations] for indices of seeds.
        losses: losses of full training [configurations] for indices of seeds.
        seeds: how many there are.

    """
    every = np.arange(seeds, dtype=np.int64)
    mean = judge(rule(every), losses(every))
    if not np.isfinite(mean):
        return Interval(None, None, None)
    if seeds < FEWEST_SEEDS:
        return Interval(mean, None, None)
    generator = np.random.default_rng(named_seed(seeds, "bootstrap"))
    draws = generator.integers(seeds, size=(RESAMPLES, seeds), dtype=np.int64)
    found = np.array([judge(rule(draw), losses(draw)) for draw in draws])
    tail = 100 * (1 - CONFIDENCE) / 2
    low, high = np.nanpercentile(found, [tail, 100 - tail])
    return Interval(mean, float(low), float(high))
