"""The ranking: seeds into a row, order, and what is recommended."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import pytest

from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.measures import RANK_BY
from tests.helpers.rankings import altered, probed, results_of
from tests.helpers.swept import result_with


def order(results, **how):
    return [(row.activation, row.lr) for row in rank(results, **how).rows]


def test_the_best_seed_is_named_by_its_number():
    results = results_of(effective=[-0.030, -0.031, -0.029, -0.030, -0.9])
    assert rank(results).rows[0].best_seed == 4
    assert rank(results[:4]).rows[0].best_seed is None


# Seeds into a row


@pytest.mark.parametrize(("better", "worse"), list(itertools.pairwise(Regime)))
def test_a_configuration_takes_the_worst_regime_among_its_seeds(better, worse):
    assert rank(results_of(regime=(better, worse, better))).rows[0].regime is worse


def test_a_configuration_reaches_as_far_as_its_slowest_seed():
    results = [results_of(effective=[-0.1], steps=s)[0] for s in (100, 40, 70)]
    results = [Result(Candidate(Configuration("relu", 0.1), i), r.rungs) for i, r in enumerate(results)]
    row = rank(results).rows[0]
    assert (row.steps, row.seeds) == (40, 3)


def test_an_interval_of_a_score_ends_at_the_highest_score_there_is():
    results = [altered(one, held_out_score=score) for one, score in zip(results_of(), (1.0, 1.0, 0.94), strict=True)]
    row = rank(results).rows[0]
    half = 4.30265 * 0.02  # t of 2 degrees of freedom by 0.0346 / sqrt 3, the standard error
    assert (row.held_out_score_low, row.held_out_score_high) == (pytest.approx(0.98 - half, abs=1e-6), 1)


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_one_undefined_seed_empties_its_cells_alone(missing):
    row = rank(results_of(effective=[-0.03, missing, -0.01], held_out_loss=0.5)).rows[0]
    assert (row.effective, row.effective_low, row.effective_high) == (None, None, None)
    assert (row.group, row.best_seed, row.recommended) == (None, None, False)
    assert row.held_out_loss == 0.5


# Order


@pytest.mark.parametrize("missing", [None, math.nan, math.inf, -math.inf])
def test_the_undefined_comes_last_of_its_regime_and_before_the_next(missing):
    results = [
        *results_of("a", effective=[missing, -9.0]),
        *results_of("b", effective=[9.0, 9.0]),
        *results_of("c", effective=[-9.0, -9.0], regime=Regime.STALLED),
    ]
    assert [row.activation for row in rank(results).rows] == ["b", "a", "c"]


def test_order_is_regime_then_steps_then_exponent_then_activation_then_lr():
    # Each loses to the one before it by one key, and beats it in all later ones.
    expected = [
        results_of("e", 9.0, [-1.0, -1.0]),
        results_of("e", 9.1, [-1.0, -1.0]),
        results_of("f", 5.0, [-1.0, -1.0]),
        results_of("d", 4.0, [-0.5, -0.5]),
        results_of("c", 3.0, [-2.0, -2.0], steps=50),
        *(
            results_of("b", 2.0 - place / 10, [-3.0 - place] * 2, regime=regime, steps=100 + place)
            for place, regime in enumerate(list(Regime)[1:])
        ),
    ]
    wanted = [(seeds[0].candidate.configuration.activation, seeds[0].candidate.configuration.lr) for seeds in expected]
    shuffled = list(itertools.chain(*expected))
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        assert order(shuffled) == wanted
    assert [row.rank for row in rank(shuffled).rows] == list(range(1, len(expected) + 1))


@pytest.mark.parametrize("rank_by", RANK_BY)
def test_rank_by_orders_by_what_it_names_lowest_first(rank_by):
    fields = {
        "effective": "effective",
        "projected": "projected",
        "transverse": "transverse",
        "lyapunov": "lyapunov",
        "kantz-wolf": "kantz_wolf",
        "loss": "held_out_loss",
    }
    results = []
    for name, field in fields.items():
        measures = dict.fromkeys(fields.values(), 2.0) | {field: 1.0}
        results += results_of(name, effective=[measures.pop("effective")] * 2, **measures)
    ranking = rank(results, rank_by, horizon=100)
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


# Short list


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, [("relu", 1.0)]),
        (3, [("relu", 1.0), ("tanh", 0.5), ("relu", 0.1)]),
        (4, [("relu", 1.0), ("relu", 0.5), ("tanh", 0.5), ("relu", 0.1)]),
        (9, [("relu", 1.0), ("relu", 0.5), ("tanh", 0.5), ("relu", 0.1), ("relu", 0.05)]),
    ],
)
def test_a_short_list_is_spread_over_rates_before_it_has_neighbours(count, expected):
    """Within a third of a decade of a better one of the family; who may not be recommended is never on it."""
    merits = {("relu", 1.0): -0.9, ("relu", 0.5): -0.8, ("tanh", 0.5): -0.7, ("relu", 0.1): -0.6, ("relu", 0.05): -0.5}
    results = [r for (act, lr), merit in merits.items() for r in probed(act, lr, merit)]
    found = rank([*results, *probed("relu", 3.0, -2.0, Regime.CHAOTIC)]).leading(count)
    assert [(row.activation, row.lr) for row in found] == expected


# Recommendation


@pytest.mark.parametrize("regime", Regime)
def test_only_a_converging_configuration_is_recommended(regime):
    ranking = rank(results_of(regime=regime) + results_of("zzz", regime=Regime.FAILED))
    assert [row.recommended for row in ranking.rows] == [regime is Regime.CONVERGING, False]
    assert ranking.recommended == (ranking.rows[0] if regime is Regime.CONVERGING else None)


def test_nothing_at_all_recommends_nothing():
    ranking = rank([])
    assert (ranking.rows, ranking.recommended) == ((), None)


def test_ties_are_broken_by_the_settings():
    results = [
        *result_with("relu", 0.1, -0.05, x="full"),
        *result_with("relu", 0.1, -0.05, x=64),
        *result_with("relu", 0.1, -0.05, x=None),
    ]
    for given in (results, results[::-1]):
        assert [row.value("x") for row in rank(given).rows] == [None, 64, "full"]


def test_a_row_says_how_many_seeds_ended_in_which_regime():
    row = rank(results_of(regime=(Regime.CHAOTIC, Regime.CONVERGING, Regime.CONVERGING))).rows[0]
    assert list(row.regimes.items()) == [(Regime.CONVERGING, 2), (Regime.CHAOTIC, 1)]
    assert row.seed_regimes == (Regime.CHAOTIC, Regime.CONVERGING, Regime.CONVERGING)
    assert row.regime is list(row.regimes)[-1]


def test_the_regimes_halfway_are_those_of_then():
    results = [*probed("relu", 0.1, -0.05, Regime.CHAOTIC, halfway=-0.05)]
    then = [replace(r, rungs=(replace(r.rungs[0], regime=Regime.CONVERGING), r.final)) for r in results]
    assert rank(then).rows[0].regimes == {Regime.CHAOTIC: 5}
    assert rank(then, at=50).rows[0].regimes == {Regime.CONVERGING: 5}


def test_a_full_training_that_diverged_counts_among_the_ends():
    results = probed("relu", 0.1, -0.05)
    results[2] = replace(results[2], full=Full(500, None, None, None))
    assert rank(results).rows[0].regimes == {Regime.CONVERGING: 4, Regime.DIVERGED: 1}
