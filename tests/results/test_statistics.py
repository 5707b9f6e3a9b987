"""Intervals, ties and seeds that stand out, against closed forms and examples worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime
from lyapscreen.results.statistics import outstanding, t_interval, tied_with_first
from tests.helpers.rankings import results_of

T_975_2 = 4.302652729749464
"""Upper 2.5 % point of Student's t with two degrees of freedom."""


# Intervals


def test_the_t_interval_of_one_two_three():
    interval = t_interval(np.array([1.0, 2.0, 3.0]))
    assert interval.mean == 2.0
    assert interval.low == pytest.approx(2 - T_975_2 / math.sqrt(3), rel=1e-12)
    assert interval.high == pytest.approx(2 + T_975_2 / math.sqrt(3), rel=1e-12)


def test_two_seeds_have_an_interval():
    interval = t_interval(np.array([1.0, 3.0]))
    half = math.tan(0.475 * math.pi)  # s / sqrt(2) is 1, and with one degree of freedom t is Cauchy's
    assert (interval.low, interval.high) == pytest.approx((2 - half, 2 + half))


def test_one_seed_has_a_mean_and_neither_interval_nor_group():
    row = rank(results_of(effective=[-0.5])).rows[0]
    assert (row.effective, row.effective_low, row.effective_high, row.group) == (-0.5, None, None, None)
    assert row.recommended
    with pytest.raises(ValueError, match="two seeds"):
        tied_with_first(np.zeros((2, 1)))


# Ties. A rival with differences (m-1, m, m+1) has t = m sqrt(3), and with two degrees of freedom
# p = 1 - t / sqrt(t^2 + 2): 0.0202 for m = 4, 0.0351 for m = 3, 0.0742 for m = 2.


@pytest.mark.parametrize(
    ("means", "tied"),
    [
        ([3], [False]),  # 0.0351 <= 0.05
        ([2], [True]),
        ([3, 3], [True, True]),  # each below 0.05, none below Holm's 0.05 / 2
        ([4, 3], [False, False]),  # 0.0202 <= 0.025, then 0.0351 <= 0.05, where Bonferroni would keep the second
        ([3, 4], [False, False]),  # whatever their order
        ([4, 2], [False, True]),
        ([4, 4, 3], [True, True, True]),  # 0.0202 > 0.05 / 3: Holm stops, though the later ones pass their limits
    ],
)
def test_holm_by_hand(means, tied):
    leader = np.array([5.0, -3.0, 8.0])
    rivals = [leader + m + np.array([-1.0, 0.0, 1.0]) for m in means]
    assert tied_with_first(np.array([leader, *rivals])).tolist() == [True, *tied]


def test_differences_without_spread_are_real_unless_they_are_zero():
    leader = np.array([1.0, 2.0, 3.0])
    assert tied_with_first(np.array([leader, leader + 1e-9, leader])).tolist() == [True, False, True]


def test_seeds_are_paired():
    # The same two samples, once moving together and once against each other.
    leader = np.array([1.0, 2.0, 3.0, 4.0])
    assert tied_with_first(np.array([leader, [1.5, 2.5, 3.5, 4.6]])).tolist() == [True, False]
    assert tied_with_first(np.array([leader, [4.6, 3.5, 2.5, 1.5]])).tolist() == [True, True]


def test_groups_start_again_from_the_best_that_remains():
    results = [
        *results_of("a", effective=[-20.0, -20.0, -20.0]),
        *results_of("b", effective=[-20.9, -19.2, -19.6]),  # differs from a by (-0.9, 0.8, 0.4)
        *results_of("c", effective=[-10.1, -10.0, -9.9]),
        *results_of("d", effective=[-10.2, -9.7, -9.9]),  # differs from c by (-0.1, 0.3, 0)
        *results_of("e", effective=[-40.0, 20.0, 5.0]),  # so noisy that it could be as good as a
        *results_of("f", effective=[-1.1, -1.0, -0.9]),
    ]
    assert [(row.activation, row.group) for row in rank(results).rows] == [
        ("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 1), ("f", 3),
    ]  # fmt: skip


def test_groups_do_not_reach_across_regimes_or_lengths():
    same = [-0.03, -0.02, -0.01]
    rows = rank(
        [
            *results_of("a", effective=same),
            *results_of("b", effective=same, steps=50),
            *results_of("c", effective=same, regime=Regime.CHAOTIC),
        ]
    ).rows
    assert [row.group for row in rows] == [1, 2, 3]


def test_differences_by_chance_are_declared_real_at_the_level_promised():
    rng = np.random.default_rng(20240611)
    runs = 2000
    three_errors = 3 * math.sqrt(0.05 * 0.95 / runs)
    false_alarms = sum(not tied_with_first(rng.normal(size=(8, 5))).all() for _ in range(runs)) / runs
    # Eight rivals share a leader, so their tests are dependent and Holm is a little below its level.
    assert 0.02 < false_alarms <= 0.05 + three_errors
    # With one rival there is nothing to correct: the level is exact, whichever of the two leads.
    pairs = rng.normal(size=(runs, 2, 5))
    leading = (sorted(pair, key=np.mean) for pair in pairs)
    false_alarms = sum(not tied_with_first(np.array(pair)).all() for pair in leading) / runs
    assert abs(false_alarms - 0.05) <= three_errors


# A seed that stands out


@pytest.mark.parametrize(("n", "critical"), [(5, 1.672), (10, 2.176)])  # Grubbs 1969, table I, 5 %
def test_grubbs_against_published_critical_values(n, critical):
    def sample(statistic):
        """One value -a, the rest of mean 0 and sum of squares q: (mean - min)/s is solved for a."""
        rest = [sign for _ in range((n - 1) // 2) for sign in (-1.0, 1.0)]
        rest += [0.0] * (n - 1 - len(rest))
        q = sum(value**2 for value in rest)
        share = (n - 1) / n
        a = statistic * math.sqrt(q / ((n - 1) * share**2 - statistic**2 * share))
        values = np.array([*rest, -a])
        assert (values.mean() - values.min()) / values.std(ddof=1) == pytest.approx(statistic, rel=1e-12)
        return values

    assert outstanding(sample(critical - 0.001)) is None
    assert outstanding(sample(critical + 0.001)) == n - 1
    assert outstanding(-sample(critical + 0.001)) is None  # the highest value is never the best seed


@pytest.mark.parametrize("values", [[-9.0], [0.0, -9.0], [0.1, 0.1, 0.1], [0.0, 0.0, 0.0, 0.0]])
def test_nothing_stands_out_of_few_or_equal_values(values):
    assert outstanding(np.array(values)) is None
