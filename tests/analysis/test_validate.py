"""Rules judged by full training: regret and correlation in closed form, the rules' order, and the command."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen import data
from lyapscreen.cli import app
from lyapscreen.probe.lr_range_test import range_test, steepest
from lyapscreen.report.commands.validation import verdict
from lyapscreen.results.extrapolation import read_ahead
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Measures, Regime, Result
from lyapscreen.results.regret import chance, correlation, interval, regret
from lyapscreen.results.rules import Probes, means
from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.results.validation import HALVED, RANDOM, Line, Point, Validation
from lyapscreen.screening.halving import replayed, rungs
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import DIV, C, S, X, probed

SMALL = [
    "--data",
    "wine",
    "--model",
    "mlp:8",
    "--act",
    "tanh,relu",
    "--lr",
    "1e-3:3:6",
    "--seeds",
    "3",
    "--steps",
    "40",
]
RUN = ["validate", "--quiet", "--jobs", "1", *SMALL, "--full-steps", "80"]
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


def test_means_are_infinite_unless_every_seed_is_finite():
    values = np.array([[1.0, 3.0], [np.nan, 1.0], [INF, 1.0]])
    assert means(values).tolist() == [2.0, INF, INF]


@pytest.mark.parametrize("rank_by", ["effective", "end"])
def test_our_rules_order_as_the_ranking_does(rank_by):
    results = [
        *probed("relu", 0.01, -0.0001, S), *probed("relu", 0.1, -0.05), *probed("relu", 1.0, -0.06, X),
        *probed("tanh", 0.01, -0.02, steps=50), *probed("tanh", 0.1, -0.03), *probed("tanh", 1.0, 0, DIV),
    ]  # fmt: skip
    results = read_ahead(results, 1000)
    probes = Probes.of(results)
    scores = probes.scores(rank_by)
    ordered = [probes.configurations[place] for place in np.argsort(scores, kind="stable")]
    assert ordered == [row.configuration for row in rank(results, rank_by).rows]
    assert scores[probes.configurations.index(Configuration("tanh", 1.0))] == INF


def test_a_plain_rule_is_a_mean_over_seeds_and_leaves_out_what_diverged():
    results = [*probed("relu", 0.1, -0.05), *probed("relu", 1.0, 0, DIV), *probed("relu", 10.0, -0.06, X)]
    scores = Probes.of(results).scores("held_out_loss")
    assert scores == pytest.approx([0.2, INF, 0.19])
    assert Probes.of(results).scores("held_out_loss", [0, 0, 1])[0] == pytest.approx(
        0.2 - 0.001 / 3
    )  # seed 1 is one spread lower


def test_halving_replayed_is_halving_done():
    settings = {"data": "wine", "model": "mlp:8", "act": "tanh,relu", "lr": "1e-3:3:6", "seeds": 2, "steps": 40}
    done = ls.screen(**settings, dtype="float64", jobs=1)
    from lyapscreen.probe.probe import ProbeTask, probe
    from lyapscreen.screening.plan import prepare

    plan = prepare(Spec.of(**settings, dtype="float64"))
    lengths = tuple(rung.end for rung in plan.rungs)
    whole = [r for batch in plan.batches for r in probe(plan.spec, plan.data, ProbeTask(batch, lengths)).results]
    again = rank(replayed(whole, rungs(plan.spec, 12)))
    assert [row.configuration for row in again.rows] == [row.configuration for row in done.ranking.rows]
    assert [row.steps for row in again.rows] == [row.steps for row in done.ranking.rows]
    assert [row.effective for row in again.rows] == pytest.approx([row.effective for row in done.ranking.rows])


def test_the_range_test_finds_where_a_curve_falls_steepest():
    t = np.arange(100)
    assert steepest(1 - 1 / (1 + np.exp(-(t - 60) / 5.0)))[0] == pytest.approx(60, abs=1)
    assert steepest(np.arange(10.0)) is None
    assert steepest(np.array([1.0])) is None


def test_the_range_test_suggests_a_rate_that_learns():
    """Suggested is a learning rate between those that do nothing and those that diverge."""
    spec = Spec.of(data="digits", act="relu", lr="1e-4:100:19", seeds=2)
    found = range_test(spec, data.load(spec), "relu", ())
    assert 1e-2 < found.configuration.lr < 10
    assert found.steepness > 0
    assert found.steps <= 200


def validation(best, *, loss=0.2):
    pick = Configuration("relu", 0.1)
    line = Line(HALVED, pick, best, best, UNDEFINED, loss, 10, 0.1)
    held_out = Line("held_out_loss", pick, Interval(0.3, None, None), best, UNDEFINED, loss, 10, 0.1)
    random = Line(RANDOM, None, Interval(0.5, None, None), Interval(0.5, None, None), UNDEFINED, None, 0, 0.0)
    points = (Point(Configuration("relu", 0.1), -0.1, 0.2, 0.3), Point(Configuration("relu", 1.0), -0.1, 0.1, 0.3))
    return Validation(Spec.of(lr="0.1,1", act="relu"), (line, held_out, random), points, 2, {})


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (Interval(0.04, 0.0, 0.12), "trust it: its pick, relu lr 0.1, reached 0.20"),
        (Interval(0.04, None, None), "trust it"),
        (Interval(0.04, 0.0, 0.5), "it is undecided"),
        (Interval(0.2, 0.05, 0.3), "it is undecided"),
        (Interval(0.2, 0.15, 0.3), "do not trust it"),
        (Interval(0.4, None, None), "do not trust it"),
        (UNDEFINED, "nothing can be said"),
    ],
)
def test_the_verdict_says_trust_it_or_not(best, said):
    assert said in verdict(validation(best))


def test_the_verdict_of_a_pick_that_diverged():
    assert "diverged" in verdict(validation(Interval(0.9, 0.9, 0.9), loss=None))


def test_the_command_judges_every_rule_by_full_training(tmp_path):
    path, plot = tmp_path / "v.json", tmp_path / "v.svg"
    done = CliRunner().invoke(app, [*RUN, "--json", str(path), "--plot", str(plot)])
    assert done.exit_code == 0, done.stderr
    assert "On this task" in done.stdout
    assert plot.read_bytes().startswith(b"<?xml")
    document = json.loads(path.read_text())
    rules = {line["rule"]: line for line in document["rules"]}
    assert list(rules) == [
        "halved", "effective", "end", "transverse", "lyapunov", "train_loss", "held_out_loss", "kantz_wolf",
        "range_test", "random",
    ]  # fmt: skip
    # Everything follows from the points: the regret of a pick is counted again here.
    best = {(p["activation"], p["lr"]): INF if p["best"] is None else p["best"] for p in document["points"]}
    for line in rules.values():
        if line["pick"] is not None:
            mine = best[line["pick"]["activation"], line["pick"]["lr"]]
            assert line["regret_best"] == pytest.approx(np.mean([loss < mine for loss in best.values()]))
            assert line["loss"] == pytest.approx(mine)
    assert rules["halved"]["steps"] < rules["effective"]["steps"] == rules["held_out_loss"]["steps"]
    assert rules["kantz_wolf"]["steps"] == 25 * rules["effective"]["steps"]
    assert len(document["points"]) == 12


def test_all_but_the_seconds_is_the_same_for_any_jobs(tmp_path):
    texts = []
    for jobs in ("1", "2"):
        done = CliRunner().invoke(app, [*RUN, "--jobs", jobs, "--memory", "50kB", "--json", "-"])
        document = json.loads(done.stdout)
        for line in document["rules"]:
            line.pop("seconds")
        texts.append(document)
    assert texts[0] == texts[1]


def test_a_sample_takes_as_many_learning_rates_of_each_activation():
    done = CliRunner().invoke(app, [*RUN, "--sample", "6", "--json", "-"])
    points = [(p["activation"], round(p["lr"], 4)) for p in json.loads(done.stdout)["points"]]
    assert points == [(a, lr) for a in ("relu", "tanh") for lr in (0.001, 0.0246, 3.0)]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--sample", "3"], "--sample 3: it must be a whole number from 4 to"),
        (["--full-steps", "20"], "--full-steps 20: full training must be at least as long as the probes"),
        (["--rank-by", "loss"], "--rank-by loss: every rule is judged"),
        (["--lr", "0.1", "--act", "relu"], "one configuration leaves nothing to pick"),
        (["--plot", "x.gif"], "a picture ends in .png or .svg"),
    ],
)
def test_mistakes_are_told(flags, message):
    done = CliRunner().invoke(app, [*RUN, *flags])
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_result_without_full_training_is_no_loss():
    result = Result(Candidate(Configuration("relu", 1.0), 0), (Measures(Regime.CONVERGING, 10, -0.1),))
    assert result.full is None
    assert not Full(10, 0.1, 5, 0.2).diverged
    assert result.final.regime is C
