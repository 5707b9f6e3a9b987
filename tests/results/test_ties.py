"""Tie groups: group 1 is the leader's by definition, the numbers behind it ascend."""

from __future__ import annotations

import numpy as np
import pytest

from lyapscreen.results.ranking import rank
from lyapscreen.results.statistics import tied_with_first
from tests.helpers.rankings import C, S, X, probed


def rows_of(*means_and_spreads):
    results = [
        r for i, (mean, spread) in enumerate(means_and_spreads) for r in probed(f"a{i}", 0.1, mean, spread=spread)
    ]
    return rank(results).rows


def test_group_1_is_the_leader_and_all_that_the_seeds_cannot_tell_from_it():
    rows = rows_of((-0.06, 1e-4), (-0.05, 1e-4), (-0.049, 0.02), (-0.04, 1e-4))
    # The third is worse than the second and less certain: it may be as good as the best, which the second is not.
    assert [row.group for row in rows] == [1, 2, 1, 3]
    values = np.array([[r.final.effective for r in row.results] for row in rows])
    assert [bool(tied) for tied in tied_with_first(values)] == [row.group == 1 for row in rows]


def test_the_numbers_behind_group_1_ascend_with_the_rank():
    """One that is told from the best of its group ends it: who comes after begins another."""
    rows = rows_of((-0.09, 1e-5), (-0.06, 1e-4), (-0.05, 1e-4), (-0.049, 0.02), (-0.04, 1e-4))
    assert [row.group for row in rows] == [1, 2, 3, 3, 4]


@pytest.mark.parametrize("seed", range(5))
def test_numbers_behind_the_first_group_ascend_whatever_the_spreads(seed):
    generator = np.random.default_rng(seed)
    results = []
    for i in range(30):
        mean, spread = -generator.random() * 0.1, generator.choice([1e-5, 1e-3, 1e-2])
        results += probed(f"a{i}", 0.1, mean, (C, C, C, S, X)[generator.integers(5)], spread=spread)
    groups = [row.group for row in rank(results).rows]
    behind = [group for group in groups if group != 1]
    assert behind == sorted(behind)
    assert groups[0] == 1


def test_who_is_as_good_as_the_best_may_be_recommended_and_needs_seeds():
    results = [*probed("a", 0.1, -0.05), *probed("b", 0.1, -0.0499, spread=0.002), *probed("c", 0.1, -0.0499, X)]
    assert [row.activation for row in rank(results).as_good] == ["a", "b"]
    one_seed = [r for r in results if r.candidate.seed == 0]
    assert [row.activation for row in rank(one_seed).as_good] == ["a"]
    assert rank([]).as_good == ()
    assert rank(probed("c", 0.1, -0.0499, X)).as_good == ()
