"""Reading ahead to the end of full training: the flow's scaling, and what the ranking makes of it."""

import math

import numpy as np
import pytest
from lyapscreen.results.extrapolation import read_ahead

import lyapscreen as ls
from lyapscreen.results import json_reader
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.rankings import C, S, probed


def measured(lr, effective, seed=0, activation="relu", regime=C):
    measures = Measures(regime, 100, effective, effective, 0.0)
    return Result(Candidate(Configuration(activation, lr), seed), (measures,))


def ends(results, full_steps):
    return {r.candidate.configuration.lr: r.final.end for r in read_ahead(results, full_steps)}


def test_a_gradient_flow_is_read_exactly():
    """On a quadratic in the flow limit T lambda = -h lr T depends on lr T alone: N steps at lr are T at lr N/T."""
    grid = [10 ** (i / 8) * 1e-4 for i in range(25)]
    found = ends([measured(lr, -2.0 * lr) for lr in grid], 1000)
    for lr in grid[:17]:
        # Linear interpolation in ln lr between neighbours a factor q apart is off by at most (ln q)^2 / 8, relative.
        assert found[lr] == pytest.approx(-2.0 * lr * 10, rel=math.log(10 ** (1 / 8)) ** 2 / 8)


def test_between_two_learning_rates_it_is_interpolated_and_beyond_the_highest_kept():
    found = ends([measured(1.0, -0.1), measured(10.0, -0.3), measured(100.0, -0.2)], 100 * math.sqrt(10) * 1.0)
    assert found == {1.0: pytest.approx(-0.2, abs=1e-3), 10.0: pytest.approx(-0.25, abs=1e-3), 100.0: -0.2}


def test_fewer_steps_than_the_probes_read_nothing_ahead():
    assert ends([measured(1.0, -0.1), measured(10.0, -0.3)], 50) == {1.0: -0.1, 10.0: -0.3}


def test_what_diverged_above_counts_as_no_progress_and_has_no_end_itself():
    has_diverged = Result(Candidate(Configuration("relu", 10.0), 0), (Measures(Regime.DIVERGED, 7),))
    assert ends([measured(1.0, -0.1), has_diverged], 1000) == {1.0: 0.0, 10.0: None}


def test_families_and_seeds_are_apart():
    results = [measured(1.0, -0.1), measured(10.0, -0.2), measured(1.0, -0.3, seed=1), measured(1.0, -0.4, 0, "tanh")]
    found = {r.candidate: r.final.end for r in read_ahead(results, 1000)}
    assert sorted(found.values()) == [-0.4, -0.3, -0.2, -0.2]


def test_a_stalled_probe_may_be_recommended_where_it_learns_by_the_end():
    results = read_ahead([*probed("relu", 0.01, -0.0001, S), *probed("relu", 0.1, -0.05, C)], 1000)
    assert rank(results).recommended.lr == 0.1
    ranking = rank([r for r in results if r.candidate.configuration.lr == 0.01], "end")
    assert ranking.recommended.lr == 0.01
    assert ranking.recommended.regime is S
    nowhere = rank(read_ahead(probed("relu", 0.01, -0.0001, S), 1000), "end")
    assert nowhere.recommended is None, "it does not learn by the end either"


def test_the_real_thing_is_not_halved_and_its_json_reads_again(tmp_path):
    settings = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3:6", "seeds": 2, "steps": 40}
    found = ls.screen(**settings, rank_by="end", full_steps=400, jobs=1)
    assert {row.steps for row in found.ranking.rows} == {40}
    assert found.recommended.end == pytest.approx(np.mean([r.final.end for r in found.recommended.results]))
    assert found.csv().splitlines()[0].endswith("recommended,end,end_low,end_high")
    found.to_json(tmp_path / "r.json")
    assert json_reader.read(str(tmp_path / "r.json")).ranking == found.ranking
