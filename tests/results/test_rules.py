"""Rules that order configurations: as the ranking does, or by a mean over seeds."""

import numpy as np
import pytest

from lyapscreen.results.projection import project
from lyapscreen.results.ranking import ranked
from lyapscreen.results.rules import Probes, means
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DIV, S, X, probed

INF = np.inf


def test_means_are_infinite_unless_every_seed_is_finite():
    values = np.array([[1.0, 3.0], [np.nan, 1.0], [INF, 1.0]])
    assert means(values).tolist() == [2.0, INF, INF]


@pytest.mark.parametrize(("rank_by", "keep"), [("effective", "best"), ("projected", "best"), ("projected", "last")])
def test_our_rules_order_as_the_ranking_does(rank_by, keep):
    results = [
        *probed("relu", 0.01, -0.0001, S), *probed("relu", 0.1, -0.05), *probed("relu", 1.0, -0.06, X),
        *probed("tanh", 0.01, -0.02, steps=50), *probed("tanh", 0.1, -0.03), *probed("tanh", 1.0, 0, DIV),
    ]  # fmt: skip
    spec = Spec.of(act="relu,tanh", lr="0.01,0.1,1", rank_by=rank_by, keep=keep, full_steps=100)
    results = project(results, spec)
    probes = Probes.of(results, keep=keep)
    scores = probes.scores(rank_by)
    ordered = [probes.configurations[place] for place in np.argsort(scores, kind="stable")]
    assert ordered == [row.configuration for row in ranked(results, spec).rows]
    assert scores[probes.configurations.index(Configuration("tanh", 1.0))] == INF


def test_a_plain_rule_is_a_mean_over_seeds_and_leaves_out_what_diverged():
    results = [*probed("relu", 0.1, -0.05), *probed("relu", 1.0, 0, DIV), *probed("relu", 10.0, -0.06, X)]
    scores = Probes.of(results).scores("held_out_loss")
    assert scores == pytest.approx([0.2, INF, 0.19])
    assert Probes.of(results).scores("held_out_loss", [0, 0, 1])[0] == pytest.approx(
        0.2 - 0.001 / 3
    )  # seed 1 is one spread lower
