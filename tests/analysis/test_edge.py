"""The edge of stability: against closed forms, and as numbers."""

import csv
import io
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lyapscreen import execution
from lyapscreen.analysis.edge import reaching, search
from lyapscreen.report.commands import edge as report
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out
from lyapscreen.spec.spec import Spec

NOTHING = rank([])


def one_weight(activation, n_inputs, n_outputs):
    return torch.nn.Sequential(torch.nn.Linear(n_inputs, n_outputs, bias=False), activation())


def line(**settings):
    """Full-batch training of y = w x by mean squared error: a quadratic with one curvature, h = 2 mean(x^2)."""
    x = np.random.default_rng(0).normal(size=(80, 1))
    noisy = x[:, 0] + np.random.default_rng(1).normal(size=80)
    defaults = {
        "model": one_weight, "data": (x, noisy), "task": "regression", "act": "linear", "batch_size": "full",
        "lr": "0.01:10", "seeds": 2, "steps": 20, "dtype": "float64", "halving": False,
    }  # fmt: skip
    plan = prepare(Spec.of(**{**defaults, **settings}))
    return plan, 2 * float(np.mean(np.asarray(plan.data.x_train, dtype=np.float64) ** 2))


@pytest.mark.parametrize("steps", [20, 60])
def test_gradient_descent_on_a_quadratic_has_its_edge_where_the_growth_is_reached(steps):
    """T ln|1 - lr h| = ln g, so lr = (1 + g^(1/T)) / h: 2/h in the limit, 8 % above it for T = 20."""
    plan, h = line(steps=steps)
    (family,) = search(plan, NOTHING).families
    # The bracket is 2 % wide and its geometric mean is reported: 1 % off at most.
    assert family.interval.mean == pytest.approx((1 + 20 ** (1 / steps)) / h, rel=0.0101)
    for seed in family.per_seed:
        assert seed.stable < (1 + 20 ** (1 / steps)) / h <= seed.unstable <= seed.stable * math.exp(0.0201)
    assert family.ragged == ()


def test_heavy_ball_has_its_edge_at_its_own_limit():
    """The iteration z^2 - (1 + b - lr h) z + b = 0 has a root below -1 from lr = 2 (1 + b) / h on."""
    plan, h = line(optimizer="momentum", momentum=0.5, steps=200, lr="0.5:5:2", seeds=1)
    (family,) = search(plan, NOTHING).families
    # Over 200 steps growth by 20 moves the edge up by less than 1 %; the bracket adds 1 %.
    assert family.interval.mean == pytest.approx(2 * 1.5 / h, rel=0.02)


def test_probes_that_were_made_are_not_made_again(monkeypatch):
    plan, _ = line()
    screening = carry_out(plan)
    without = search(plan, NOTHING)
    probed = []
    real = execution.execute

    def counted(function, tasks, jobs):
        probed.extend(c for task in tasks for c in task.batch.candidates)
        return real(function, tasks, jobs)

    monkeypatch.setattr("lyapscreen.analysis.edge.execution.execute", counted)
    found = search(plan, screening.ranking)
    screened = {r.candidate for row in screening.ranking.rows for r in row.results}
    assert probed
    assert not screened & set(probed)
    assert len(set(probed)) == len(probed)
    assert [f.per_seed for f in found.families] == [f.per_seed for f in without.families]
    assert found.families[0].recommended


def test_who_was_stopped_early_is_probed_to_the_end():
    plan, _ = line(lr="0.01:10", steps=40)
    halved = prepare(plan.spec.model_copy(update={"halving": True, "lr": plan.spec.lr}))
    ranking = carry_out(halved).ranking
    assert ranking.halved
    assert search(halved, ranking).families[0].per_seed == search(plan, NOTHING).families[0].per_seed


def small(**settings):
    defaults = {"data": "wine", "model": "mlp:8", "act": "relu,tanh", "lr": "0.1:100:4", "seeds": 3, "steps": 20}
    return prepare(Spec.of(**{**defaults, "halving": False, **settings}))


def test_families_are_activations_with_each_combination_of_swept_settings():
    plan = small(optimizer="momentum", sweep={"momentum": [0, 0.9]})
    found = search(plan, carry_out(plan).ranking)
    assert [(f.activation, f.settings) for f in found.families] == [
        (act, (("momentum", m),)) for act in ("relu", "tanh") for m in (0, 0.9)
    ]
    for plain, momentum in zip(found.families[::2], found.families[1::2], strict=True):
        assert momentum.interval.mean < plain.interval.mean
    assert report.as_csv(found).splitlines()[0].startswith("activation,momentum,regime,edge,")


def test_any_number_of_workers_gives_the_same_edges():
    plan = small(act="tanh", lr="1:100:2", steps=10)
    plan = replace(plan, budget=2 * plan.bytes_per_candidate)  # several batches
    ranking = carry_out(plan).ranking
    assert search(plan, ranking, jobs=1) == search(plan, ranking, jobs=2)


@pytest.mark.parametrize(
    ("lrs", "regime", "shown"),
    [("1e-4:1e-3:2", EdgeRegime.BEYOND, "> 1e-3"), ("1e3:1e4:2", EdgeRegime.BELOW, "< 1e3")],
)
def test_an_edge_outside_of_the_range_is_named_and_empty(lrs, regime, shown):
    found = search(small(lr=lrs, act="tanh"), NOTHING)
    (family,) = found.families
    assert (family.regime, family.interval.mean, family.headroom.mean) == (regime, None, None)
    row = next(csv.DictReader(io.StringIO(report.as_csv(found))))
    assert (row["regime"], row["edge"], row["headroom"]) == (str(regime), "", "")
    assert shown in [cell for column in report.as_table(found, unicode=True).columns for cell in map(str, column.cells)]
    assert any(": stable up to" in w or ": unstable from" in w for w in report.warnings(found))


def measured(monkeypatch, ends):
    """Let probes end as `ends(seed, lr)` says."""

    def probe(function, tasks, jobs):
        for index, task in enumerate(tasks):
            results = [Ended(c, ends(c.seed, c.configuration.lr)) for c in task.batch.candidates]
            yield index, (Found(results) if all(r.final.regime for r in results) else execution.WorkerDied())

    monkeypatch.setattr("lyapscreen.analysis.edge.execution.execute", probe)


class Found:
    def __init__(self, results):
        self.results = results


class Ended:
    def __init__(self, candidate, regime):
        self.candidate = candidate
        self.final = type("Measures", (), {"regime": regime, "steps": 20})


def test_the_edge_is_the_first_crossing_and_a_ragged_boundary_is_said(monkeypatch):
    def ends(seed, lr):
        if seed == 1 and 3 < lr < 30:
            return Regime.STALLED
        return Regime.CHAOTIC if lr > 0.5 else Regime.CONVERGING

    measured(monkeypatch, ends)
    found = search(small(act="tanh", lr="0.1:100:7"), NOTHING)
    (family,) = found.families
    assert [seed.edge for seed in family.per_seed] == [pytest.approx(0.5, rel=0.011)] * 3
    assert family.interval.mean == pytest.approx(0.5, rel=0.011)
    assert [(seed.seed, seed.stable_above) for seed in family.ragged] == [(1, 10.0)]
    (warning,) = report.warnings(found)
    assert "tanh (1 of 3 seeds, up to lr 10)" in warning


@pytest.mark.parametrize("regime", [Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED])
def test_chaotic_dead_and_diverged_are_unstable(monkeypatch, regime):
    measured(monkeypatch, lambda seed, lr: regime if lr > 2 * (1 + seed) else Regime.STALLED)
    (family,) = search(small(act="tanh"), NOTHING).families
    edges = [seed.edge for seed in family.per_seed]
    assert edges == pytest.approx([2, 4, 6], rel=0.011)
    logs = np.log(edges)
    half = 4.302653 * logs.std(ddof=1) / math.sqrt(3)  # t_{0.975, 2}
    interval = family.interval
    assert interval.mean == pytest.approx(math.exp(logs.mean()))
    assert (interval.low, interval.high) == pytest.approx((math.exp(logs.mean() - half), math.exp(logs.mean() + half)))


def test_seeds_on_both_sides_of_the_ranges_end_bound_the_edge(monkeypatch):
    measured(monkeypatch, lambda seed, lr: Regime.CHAOTIC if lr > 50 * (1 + seed) else Regime.STALLED)
    (family,) = search(small(act="tanh"), NOTHING).families
    assert (family.regime, family.interval.mean) == (EdgeRegime.BEYOND, None)
    assert family.at_least == pytest.approx((50 * 100 * 100) ** (1 / 3), rel=0.011)


def test_a_worker_that_died_is_named(monkeypatch):
    measured(monkeypatch, lambda seed, lr: None)
    found = search(small(act="tanh"), NOTHING)
    assert found.families[0].regime is EdgeRegime.FAILED
    assert any("killed" in warning for warning in report.warnings(found))


@pytest.mark.parametrize(
    ("stable", "regime", "largest", "safe", "why"),
    [
        ((2.0, 2.1, 2.05), EdgeRegime.FOUND, 2.0, 1.0, "half of it"),
        # ln 0.7, ln 1.4, ln 2.8: mean ln 1.4, half 4.303 ln 2 / sqrt(3) = 1.72, low 0.25.
        ((0.7, 1.4, 2.8), EdgeRegime.FOUND, 0.7, 0.25, "the low end of the edge's 95% interval"),
        ((9.0, 9.0, 9.0), EdgeRegime.BEYOND, 9.0, 4.5, "half of it"),
        ((None, 1.0, 1.0), EdgeRegime.BELOW, None, None, None),
    ],
)
def test_the_largest_stable_rate_and_a_safe_one_are_said_by_name_and_none_is_recommended(
    stable, regime, largest, safe, why
):
    per_seed = tuple(
        SeedEdge(seed, regime if lr else EdgeRegime.BELOW, lr, None if regime is EdgeRegime.BEYOND else lr or 0.1)
        for seed, lr in enumerate(stable)
    )
    family = FamilyEdge("relu", (("momentum", 0.9),), 0.6, True, per_seed)
    edges = Edges(10, 20.0, 0.1, 9.0, (family,))
    assert (family.largest_stable, family.safe_lr) == (largest, safe and pytest.approx(safe, rel=0.01))
    said = " ".join(report.sentences(edges))
    assert "Recommended" not in said
    assert ("relu (momentum 0.9): stable up to lr" in said) == (largest is not None)
    if largest is not None:
        assert f", {why}." in said
        assert f"lies {'above' if safe < 0.6 else 'below'} that." in said
    row = next(csv.DictReader(io.StringIO(report.as_csv(edges))))
    assert row["safe_lr"] == ("" if safe is None else f"{family.safe_lr:.9g}")
    assert edges.plain()["families"][0]["safe_lr"] == family.safe_lr


def test_one_seed_has_no_interval():
    family = FamilyEdge("relu", (), 0.5, True, (SeedEdge(0, EdgeRegime.FOUND, 1.0, 1.0201),))
    assert (family.interval.mean, family.interval.low, family.interval.high) == (pytest.approx(1.01), None, None)
    assert family.headroom.mean == pytest.approx(2.02)
    shown = report.as_table(Edges(10, 20.0, 0.1, 9.0, (family,)), unicode=False)
    assert [list(map(str, column.cells)) for column in shown.columns][2] == ["-"]


def test_a_grid_is_continued_in_steps_of_a_third_of_a_decade():
    assert reaching((0.1, 1.0), 1.0) == (0.1, 1.0)
    assert reaching((0.1, 1.0), 10.0) == (0.1, 1.0, 2.15443469, 4.64158883, 10.0)
