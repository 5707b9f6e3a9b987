"""Real trainings: each regime, the precision of the exponent, and batched against one at a time."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from lyapscreen.data import Dataset, load
from lyapscreen.exponents import kantz_wolf, tangent
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Regime
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import mlp
from lyapscreen.training.step_map import minibatch_rows


def results(spec, data=None):
    """Probe the spec's first activation as one batch."""
    act = spec.act[0]
    candidates = tuple(Candidate(Configuration(act, lr), seed) for lr in spec.lr for seed in spec.seeds)
    return probed(spec, data or load(spec), Batch(0, act, candidates))


def probed(spec, data, batch):
    """Probe one batch to half the steps and to their end."""
    return probe(spec, data, ProbeTask(batch, (spec.steps // 2, spec.steps))).results


def spec(**settings):
    return Spec.of(**{"seeds": "seed=0", "act": "tanh", "model": "mlp:16", "data": "moons", **settings})


REGIMES = [
    ("converging", spec(lr="0.3")),
    ("stalled", spec(lr="1e-6")),
    ("diverged", spec(data="diabetes", act="linear", model="mlp:64,64", lr="30")),
    ("chaotic", spec(data="digits", act="relu", model="mlp:64,64", lr="1.5")),
    ("dead", spec(act="relu", model="mlp:4,4", lr="10")),
]


@pytest.mark.parametrize(("regime", "case"), REGIMES, ids=[name for name, _ in REGIMES])
def test_each_regime_on_real_training(regime, case):
    (result,) = results(case)
    assert result.final.regime == regime
    assert (result.final.effective is None) == (regime == "diverged")
    if regime == "chaotic":
        assert result.final.lyapunov * result.final.steps >= math.log(20)
    if regime == "diverged":
        assert 0 < result.final.steps < case.steps


def test_a_configuration_takes_the_worst_regime_of_its_seeds_and_loses_its_means():
    case = spec(data="diabetes", act="relu", lr="1", seeds="8", model="mlp:64,64")
    found = results(case)
    regimes = {r.final.regime for r in found}
    assert len(regimes) > 1, "the case has to show seeds that differ"
    (row,) = rank(found).rows
    assert row.regime is max(regimes, key=lambda r: r.badness)
    assert (row.effective is None) == (Regime.DIVERGED in regimes)


def solved_data():
    """Targets that are exactly 0 for a network whose weights are all 0: the gradient is 0 from the start."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 3)).astype(np.float32)
    y = x @ np.array([[1.0], [-2.0], [0.5]], dtype=np.float32)
    return Dataset("solved", "regression", x, y, x, y, 1, ())


def test_a_solved_task_with_zero_gradient_is_converging_and_not_dead():
    def solution(activation):
        layer = torch.nn.Linear(3, 1, bias=False)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[1.0, -2.0, 0.5]]))
        return torch.nn.Sequential(activation(), layer)

    (result,) = results(spec(model=solution, act="linear", lr="0.1", dtype="float32"), solved_data())
    assert result.final.regime == "converging"
    # Both ratios at their floor of 1e-6: ln(1e-6) / T; the tangent still sees curvature, so lambda_1 is negative.
    assert result.final.transverse == pytest.approx(math.log(1e-6) / 100)
    assert result.final.lyapunov < 0


@pytest.mark.parametrize(("act", "tolerance"), [("tanh", 1e-6), ("relu", 1e-4)])
def test_float32_agrees_with_float64(act, tolerance):
    """The digits MLP at lr 0.1 over 100 steps; the tolerances are the issue's, SCIENCE section 3 saw 1e-9."""
    single, double = (
        [r.final.lyapunov for r in results(Spec.of(act=act, lr="0.1", seeds="3", dtype=dtype))]
        for dtype in ("float32", "float64")
    )
    assert single == pytest.approx(double, abs=tolerance)


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov"])
def test_batched_agrees_with_one_at_a_time(optimizer):
    case = Spec.of(
        act="tanh", lr="0.01,0.1,0.5", seeds="2", data="wine", model="mlp:16", dtype="float64", optimizer=optimizer
    )
    data = load(case)
    together = results(case, data)
    for result in together:
        lonely = Batch(0, "tanh", (result.candidate,))
        (alone,) = probed(case, data, lonely)
        assert alone.final.lyapunov == pytest.approx(result.final.lyapunov, abs=1e-12)
        assert alone.final.effective == pytest.approx(result.final.effective, abs=1e-12)
        assert alone.final.train_loss == pytest.approx(result.final.train_loss, rel=1e-10)


def test_the_probe_agrees_with_a_plain_pytorch_loop():
    """Every measure against nn.Module, an update by hand and Hessian-vector products in reverse mode."""
    steps, lr = 30, 0.2
    case = Spec.of(act="tanh", lr=str(lr), seeds="seed=4", data="wine", model="mlp:8", dtype="float64", steps=steps)
    data = load(case)
    (result,) = results(case, data)

    torch.manual_seed(named_seed(4, "weights"))
    module = mlp((8,))(Activation("tanh"), data.n_inputs, data.n_outputs).double()
    weights = list(module.parameters())
    generator = torch.Generator().manual_seed(named_seed(4, "perturbation"))
    v = [torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in weights]
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)
    x_held_out, y_held_out = torch.from_numpy(data.x_held_out), torch.from_numpy(data.y_held_out)

    def norm(tensors):
        return math.sqrt(sum(float(a.square().sum()) for a in tensors))

    def residual():
        with torch.no_grad():
            probabilities = torch.softmax(module(x_held_out), -1)
        return norm([probabilities - torch.nn.functional.one_hot(y_held_out, data.n_outputs)])

    start, e_0 = norm(v), residual()
    for rows in minibatch_rows(len(x), 64, steps, named_seed(4, "order")):
        loss = torch.nn.functional.cross_entropy(module(x[rows]), y[rows])
        gradient = torch.autograd.grad(loss, weights, create_graph=True)
        product = torch.autograd.grad(gradient, weights, grad_outputs=v)
        v = [a - lr * hv for a, hv in zip(v, product, strict=True)]
        with torch.no_grad():
            for w, g in zip(weights, gradient, strict=True):
                w -= lr * g
    with torch.no_grad():
        held_out = float(torch.nn.functional.cross_entropy(module(x_held_out), y_held_out))
        train = float(torch.nn.functional.cross_entropy(module(x), y))
        score = float((module(x_held_out).argmax(-1) == y_held_out).double().mean())
    shares = torch.bincount(y_held_out).double() / len(y_held_out)
    reference = -float((shares * shares.log()).sum())
    lyapunov = math.log(norm(v) / start) / steps
    transverse = (math.log(residual() / e_0) + math.log(held_out / reference)) / (2 * steps)

    got = result.final
    # Forward against reverse mode, stacked against single: float64 rounding, amplified over 30 steps.
    assert got.lyapunov == pytest.approx(lyapunov, abs=1e-12)
    assert got.transverse == pytest.approx(transverse, abs=1e-12)
    assert got.effective == pytest.approx(got.transverse + 0.1 * max(lyapunov, 0), abs=1e-12)
    assert (got.held_out_loss, got.train_loss) == pytest.approx((held_out, train), rel=1e-10)
    assert got.held_out_score == score


def test_candidates_of_a_seed_share_weights_order_and_perturbation():
    found = results(spec(lr="1e-7,2e-7", seeds="2", dtype="float64"))
    losses = {r.candidate: r.final.held_out_loss for r in found}
    by_seed = {seed: [losses[c] for c in losses if c.seed == seed] for seed in (0, 1)}
    # At these learning rates nothing has moved: what is left is the initial weights.
    assert by_seed[0][0] == pytest.approx(by_seed[0][1], rel=1e-4)
    assert abs(by_seed[0][0] - by_seed[1][0]) > 1e-3


def test_a_diverged_candidate_leaves_the_others_as_they_are():
    calm = spec(data="diabetes", act="linear", model="mlp:64,64", lr="0.01", dtype="float64")
    mixed = spec(data="diabetes", act="linear", model="mlp:64,64", lr="0.01,30", dtype="float64")
    (alone,), (kept, lost) = results(calm), results(mixed)
    assert lost.final.regime == lost.at(50).regime == "diverged"
    assert kept.final.effective == pytest.approx(alone.final.effective, abs=1e-12)
    assert kept.final.steps == 100


def test_a_longer_probe_passes_through_the_shorter_one():
    short, long = (results(spec(lr="0.3", steps=steps, dtype="float64"))[0] for steps in (30, 60))
    # The training loss is taken at the last length alone.
    assert long.rungs[0] == replace(short.final, train_loss=None)
    assert short.final.train_loss > 0


def test_growth_of_a_vanished_tangent_is_minus_infinity_and_no_crash():
    start = {"w": torch.ones(1, 2)}
    run = tangent.init(start, {"w": torch.ones(1, 2)})
    run, _ = tangent.step(run, lambda s, v, t: (s, {"w": v["w"] * 0}, None), 0)
    assert float(tangent.growth(run)) == -math.inf


def test_two_trajectories_agree_with_the_tangent_on_a_smooth_activation():
    exact, pair = (
        results(spec(lr="0.1,1", seeds="2", dtype="float64", estimator=estimator))
        for estimator in ("tangent", "two-trajectory")
    )
    # At a distance of 1.5e-8 times |w| = 5 both curvature and rounding err by about 1e-7 of a step's growth.
    assert [r.final.lyapunov for r in pair] == pytest.approx([r.final.lyapunov for r in exact], abs=1e-6)
    # One updates by torch.func, the other by the derivatives written out: rounding.
    assert [r.final.transverse for r in pair] == pytest.approx([r.final.transverse for r in exact], abs=1e-12)


def test_kantz_wolf_of_a_candidate_is_the_estimate_over_its_own_minibatches():
    """Twenty-five plain trainings side by side, each from its own weights, on the candidate's minibatches."""
    case = Spec.of(
        act="tanh", lr="0.5", seeds="seed=2", data="wine", model="mlp:4", dtype="float64", steps=10,
        rank_by="kantz-wolf", neighbours=5, neighbour_std=1e-3,
    )  # fmt: skip
    data = load(case)
    (result,) = results(case, data)
    torch.manual_seed(named_seed(2, "weights"))
    module = mlp((4,))(Activation("tanh"), data.n_inputs, data.n_outputs).double()
    reference = {name: w.detach().clone() for name, w in module.named_parameters()}
    drawn = kantz_wolf.noise({name: w[None] for name, w in reference.items()}, [named_seed(2, "neighbours")], 5)
    starts = [reference] + [{n: w + 1e-3 * drawn[n][0, i] for n, w in reference.items()} for i in range(4)]
    x, y = torch.from_numpy(data.x_train), torch.from_numpy(data.y_train)
    logs = []
    for rows in minibatch_rows(len(x), 64, 10, named_seed(2, "order")):
        for i, weights in enumerate(starts):
            gradient = torch.func.grad(
                lambda w, rows=rows: torch.nn.functional.cross_entropy(
                    torch.func.functional_call(module, w, (x[rows],)), y[rows]
                )
            )(weights)
            starts[i] = {name: w - 0.5 * gradient[name] for name, w in weights.items()}
        distances = [math.sqrt(sum(float((w[n] - starts[0][n]).square().sum()) for n in w)) for w in starts]
        logs.append(math.log(sum(distances) / 5))
    assert result.final.kantz_wolf == pytest.approx(sum(log - logs[0] for log in logs[1:]) / 9, abs=1e-9)
    assert result.rungs[0].kantz_wolf == pytest.approx(sum(log - logs[0] for log in logs[1:5]) / 4, abs=1e-9)
    slope = np.polyfit(np.arange(10), logs, 1)[0]
    assert result.final.kantz_wolf_slope == pytest.approx(slope, abs=1e-9)


def test_a_constant_input_column_keeps_the_tangent_of_adaptive_optimizers_finite():
    data = load(spec(data="digits"))
    assert (data.x_train == 0).all(axis=0).any(), "the case has to have a constant column"
    for optimizer in ("adam", "adamw", "rmsprop"):
        (result,) = results(spec(data="digits", lr="0.01", steps=10, optimizer=optimizer), data)
        assert math.isfinite(result.final.lyapunov)
