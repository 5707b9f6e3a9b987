"""Which of the configurations that are as good as the best is recommended, and the room that each has."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Regime
from tests.helpers.rankings import C, S, X, probed


def family(*regimes_and_means, act="relu", spread=0.001, start=0.01):
    """A family over rates a factor of two apart, each with a regime and a mean; neighbours' seeds differ."""
    results = []
    for i, (regime, mean) in enumerate(regimes_and_means):
        results += probed(act, start * 2**i, mean, regime, spread=spread * (1 + i % 2))
    return results


def picked(results):
    ranking = rank(results)
    return ranking.rows[0].lr, ranking.recommended.lr


def test_a_leader_inside_the_range_and_clear_of_chaos_is_recommended():
    assert picked(family((C, -0.01), (C, -0.05), (C, -0.049), (X, 0.0))) == (0.02, 0.02)


def test_a_leader_at_the_cliff_yields_to_one_as_good_with_room():
    assert picked(family((C, -0.01), (C, -0.0499), (C, -0.05), (X, 0.0))) == (0.04, 0.02)


@pytest.mark.parametrize("best", ["first", "last"])
def test_a_leader_at_an_end_of_the_range_yields_to_one_inside(best):
    means = [-0.05, -0.0499, -0.01, -0.01] if best == "first" else [-0.01, -0.0499, -0.0499, -0.05]
    assert picked(family(*((C, mean) for mean in means))) == ((0.01, 0.02) if best == "first" else (0.08, 0.04))


def test_who_falls_short_by_more_than_a_tenth_is_not_preferred_however_few_the_seeds():
    """The seeds tell nothing apart here: ties are no evidence that both are as good."""
    results = family((C, -0.01), (C, -0.0449), (C, -0.05), (X, 0.0), spread=0.02)
    ranking = rank(results)
    assert [row.group for row in ranking.rows[:2]] == [1, 1]
    assert picked(results) == (0.04, 0.04)
    assert picked(family((C, -0.01), (C, -0.0451), (C, -0.05), (X, 0.0), spread=0.02)) == (0.04, 0.02)


def test_where_none_that_is_as_good_has_room_the_rank_decides():
    assert picked(family((S, -0.001), (C, -0.05), (X, 0.0))) == (0.02, 0.02)
    assert picked(family((C, -0.05), (X, 0.0))) == (0.01, 0.01)


def test_the_recommended_one_is_first_of_a_short_list():
    ranking = rank(family((C, -0.01), (C, -0.0499), (C, -0.05), (X, 0.0)))
    assert [row.lr for row in ranking.leading(1)] == [0.02]
    assert [row.lr for row in ranking.leading(2)] == [0.02, 0.04]


def test_the_order_stays_by_the_number():
    rows = rank(family((C, -0.01), (C, -0.0499), (C, -0.05), (X, 0.0))).rows
    assert [row.effective for row in rows[:3]] == sorted(row.effective for row in rows[:3])
    assert [row.recommended for row in rows] == [False, True, False, False]


def test_a_lead_that_the_seeds_see_is_no_tie():
    results = family((C, -0.01), (C, -0.0499), (C, -0.05), (X, 0.0), spread=1e-6)
    assert picked(results) == (0.04, 0.04)


def test_after_full_training_its_winner_is_recommended():
    results = [
        replace(
            r, full=Full(500, 0.2 if r.candidate.configuration.lr == 0.04 else 0.2001 + r.candidate.seed / 100, 9, 0.3)
        )
        if r.candidate.configuration.lr in (0.02, 0.04)
        else r
        for r in family((C, -0.01), (C, -0.0499), (C, -0.05), (X, 0.0))
    ]
    assert picked(results) == (0.04, 0.04)


@pytest.mark.parametrize(
    ("above", "stable_to", "unstable"),
    [
        ([C, X], 0.02, 0.04),
        ([S, Regime.FAILED, X], 0.02, 0.08),
        ([X], 0.01, 0.02),
        ([C, S], 0.04, None),
        ([], 0.01, None),
    ],
)
def test_the_room_of_a_rate(above, stable_to, unstable):
    results = [*family((C, -0.05), *((regime, -0.01) for regime in above)), *family((X, 0.0), act="tanh", start=0.015)]
    ranking = rank(results)
    row = next(row for row in ranking.rows if (row.activation, row.lr) == ("relu", 0.01))
    room = ranking.headroom(row)
    assert room.stable_to == stable_to
    assert math.isclose(room.times, stable_to / 0.01)
    assert (room.unstable and room.unstable.lr) == unstable
    assert room.is_open == (unstable is None)
