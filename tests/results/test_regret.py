"""Regret and correlation in closed form, and the bootstrap over seeds."""

import numpy as np
import pytest

from lyapscreen.results.regret import chance, correlation, interval, regret
from lyapscreen.results.statistics import UNDEFINED

INF = np.inf


def test_regret_counts_who_trains_strictly_better():
    losses = np.array([3.0, 1.0, 1.0, 2.0, INF])
    assert [regret(np.arange(5) != pick, losses) for pick in range(5)] == [0.6, 0.0, 0.0, 0.4, 0.8]
    assert chance(losses) == pytest.approx((0.6 + 0 + 0 + 0.4 + 0.8) / 5)


def test_correlation_is_spearmans_with_what_diverged_tied_at_the_end():
    scores, losses = np.array([1.0, 2.0, 3.0, INF, INF]), np.array([1.0, 2.0, 3.0, INF, INF])
    assert correlation(scores, losses) == 1
    assert correlation(-np.array([1.0, 2, 3]), np.array([1.0, 2, 3])) == -1
    assert np.isnan(correlation(np.zeros(3), np.array([1.0, 2, 3])))


def test_the_bootstrap_over_seeds_knows_what_seeds_decide():
    """Two configurations, the better by the full loss of seed 0 alone: each of 3 draws has it with 1 - (2/3)^3."""
    losses = np.array([[0.0, 0, 0], [-1.0, 0, 0]])
    scores = np.array([0.0, 1.0])
    found = interval(regret, lambda _: scores, lambda draw: losses[:, draw].mean(axis=1), 3)
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 0.5)
    sure = interval(regret, lambda _: scores, lambda _: np.array([0.0, -1.0]), 3)
    assert (sure.low, sure.high) == (0.5, 0.5)
    assert interval(regret, lambda _: scores, lambda draw: losses[:, draw].mean(axis=1), 2).low is None
    assert interval(correlation, lambda _: np.zeros(2), lambda _: scores, 3) == UNDEFINED
