"""Ranking and its statistics against closed forms and examples worked by hand."""

from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest

from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.results.statistics import outstanding, t_interval, tied_with_first
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.measures import RANK_BY

T_975_2 = 4.302652729749464
"""Upper 2.5 % point of Student's t with two degrees of freedom."""


def probed(act="relu", lr=0.1, effective=(-0.03, -0.02, -0.01), regime=Regime.CONVERGING, steps=100, **measures):
    """One result a value of `effective`; a single regime is every seed's; `measures` are the same for each."""
    regimes = (regime,) * len(effective) if isinstance(regime, Regime) else regime
    return [
        Result(
            Candidate(Configuration(act, lr), seed),
            (Measures(regimes[seed], steps, effective=value, **measures),),
        )
        for seed, value in enumerate(effective)
    ]


def places(results, **how):
    return [(row.activation, row.lr) for row in rank(results, **how).rows]


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
    row = rank(probed(effective=[-0.5])).rows[0]
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
        *probed("a", effective=[-20.0, -20.0, -20.0]),
        *probed("b", effective=[-20.9, -19.2, -19.6]),  # differs from a by (-0.9, 0.8, 0.4)
        *probed("c", effective=[-10.1, -10.0, -9.9]),
        *probed("d", effective=[-10.2, -9.7, -9.9]),  # differs from c by (-0.1, 0.3, 0)
        *probed("e", effective=[-40.0, 20.0, 5.0]),  # so noisy that it could be as good as a
        *probed("f", effective=[-1.1, -1.0, -0.9]),
    ]
    assert [(row.activation, row.group) for row in rank(results).rows] == [
        ("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 1), ("f", 3),
    ]  # fmt: skip


def test_groups_do_not_reach_across_regimes_or_lengths():
    same = [-0.03, -0.02, -0.01]
    rows = rank(
        [
            *probed("a", effective=same),
            *probed("b", effective=same, steps=50),
            *probed("c", effective=same, regime=Regime.CHAOTIC),
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


def test_the_best_seed_is_named_by_its_number():
    results = probed(effective=[-0.030, -0.031, -0.029, -0.030, -0.9])
    assert rank(results).rows[0].best_seed == 4
    assert rank(results[:4]).rows[0].best_seed is None


# Seeds into a row


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(Regime)))
def test_a_configuration_takes_the_worst_regime_among_its_seeds(better, worse):
    assert rank(probed(regime=(better, worse, better))).rows[0].regime is worse


def test_a_configuration_reaches_as_far_as_its_slowest_seed():
    results = [probed(effective=[-0.1], steps=s)[0] for s in (100, 40, 70)]
    results = [Result(Candidate(Configuration("relu", 0.1), i), r.rungs) for i, r in enumerate(results)]
    row = rank(results).rows[0]
    assert (row.steps, row.seeds) == (40, 3)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_one_undefined_seed_empties_its_cells_alone(missing):
    row = rank(probed(effective=[-0.03, missing, -0.01], held_out_loss=0.5)).rows[0]
    assert (row.effective, row.effective_low, row.effective_high) == (None, None, None)
    assert (row.group, row.best_seed, row.recommended) == (None, None, False)
    assert row.held_out_loss == 0.5


# Order


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_the_undefined_comes_last_of_its_regime_and_before_the_next(missing):
    results = [
        *probed("a", effective=[missing, -9.0]),
        *probed("b", effective=[9.0, 9.0]),
        *probed("c", effective=[-9.0, -9.0], regime=Regime.STALLED),
    ]
    assert [row.activation for row in rank(results).rows] == ["b", "a", "c"]


def test_order_is_regime_then_steps_then_exponent_then_activation_then_lr():
    # Each loses to the one before it by one key, and beats it in all later ones.
    expected = [
        probed("e", 9.0, [-1.0, -1.0]),
        probed("e", 9.1, [-1.0, -1.0]),
        probed("f", 5.0, [-1.0, -1.0]),
        probed("d", 4.0, [-0.5, -0.5]),
        probed("c", 3.0, [-2.0, -2.0], steps=50),
        *(
            probed("b", 2.0 - place / 10, [-3.0 - place] * 2, regime=regime, steps=100 + place)
            for place, regime in enumerate(list(Regime)[1:])
        ),
    ]
    wanted = [(seeds[0].candidate.configuration.activation, seeds[0].candidate.configuration.lr) for seeds in expected]
    shuffled = list(itertools.chain(*expected))
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert places(shuffled) == wanted
    assert [row.rank for row in rank(shuffled).rows] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("rank_by", RANK_BY)
def test_rank_by_orders_by_what_it_names_lowest_first(rank_by):
    fields = {
        "effective": "effective",
        "end": "end",
        "transverse": "transverse",
        "lyapunov": "lyapunov",
        "kantz-wolf": "kantz_wolf",
        "loss": "held_out_loss",
    }
    results = []
    for name, field in fields.items():
        measures = dict.fromkeys(fields.values(), 2.0) | {field: 1.0}
        results += probed(name, effective=[measures.pop("effective")] * 2, **measures)
    ranking = rank(results, rank_by)
    assert ranking.rows[0].activation == rank_by
    assert ranking.rank_by == rank_by
    assert [row.group for row in ranking.rows] == [1, 2, 2, 2, 2, 2]  # ties, too, are by what it names


def test_halfway_orders_by_the_measures_at_half_the_steps():
    def turning(act, halfway, final):
        return [
            Result(
                Candidate(Configuration(act, 0.1), seed),
                (
                    Measures(Regime.CONVERGING, 50, effective=halfway),
                    Measures(Regime.CONVERGING, 100, effective=final),
                ),
            )
            for seed in range(2)
        ]

    results = turning("early", -0.9, -0.1) + turning("late", -0.2, -0.5)
    final, halfway = rank(results), rank(results, at=50)
    assert [(row.activation, row.effective, row.steps) for row in final.rows] == [
        ("late", -0.5, 100), ("early", -0.1, 100),
    ]  # fmt: skip
    assert [(row.activation, row.effective, row.steps) for row in halfway.rows] == [
        ("early", -0.9, 50), ("late", -0.2, 50),
    ]  # fmt: skip
    assert [row.group for row in halfway.rows] == [1, 2]


# Recommendation


@pytest.mark.parametrize("regime", Regime)
def test_only_a_converging_configuration_is_recommended(regime):
    ranking = rank(probed(regime=regime) + probed("zzz", regime=Regime.FAILED))
    assert [row.recommended for row in ranking.rows] == [regime is Regime.CONVERGING, False]
    assert ranking.recommended == (ranking.rows[0] if regime is Regime.CONVERGING else None)


def test_nothing_at_all_recommends_nothing():
    ranking = rank([])
    assert (ranking.rows, ranking.recommended) == ((), None)
