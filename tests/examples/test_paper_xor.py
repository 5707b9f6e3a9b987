"""The paper done again (examples/paper_xor), measured anew."""

import math

import pytest
import torch
from torch import nn
from torch.func import functional_call

from lyapscreen.spec.optimizers import OPTIMIZERS, Settings
from lyapscreen.training.derivatives import stacked
from lyapscreen.training.step_map import StepMap

ACTIVATIONS = {"linear": nn.Identity, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}


@pytest.fixture(scope="module")
def figure4(paper):
    """A quarter of the page's 400 starting points a learning rate."""
    return [row for activation in ACTIVATIONS for row in paper.figure4.compare(activation, 100, 0)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_network_is_torchs_and_its_training_the_packages(paper, activation):
    act = ACTIVATIONS[activation]
    network = nn.Sequential(nn.Linear(2, 2), act(), nn.Linear(2, 1), act()).double()
    x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=torch.float64)
    y = torch.tensor([[0], [1], [1], [0]], dtype=torch.float64)

    def loss(weights):
        return nn.functional.mse_loss(functional_call(network, weights, (x,)), y)

    rows = paper.xor.start(activation, 6, 3).weights
    lr = torch.linspace(0.1, 2.0, 6, dtype=torch.float64)
    theirs = StepMap(stacked(loss), OPTIMIZERS["sgd"], Settings(), lr, lambda t: ())
    state = theirs.start({
        "0.weight": rows[:, :4].view(6, 2, 2).transpose(1, 2), "0.bias": rows[:, 4:6],
        "2.weight": rows[:, None, 6:8], "2.bias": rows[:, 8:],
    })  # fmt: skip
    ours = paper.xor.Training(activation, lr)
    for t in range(3):
        state, seen = theirs.step(state, t)
        rows, our_losses = ours.step(rows, t)
        # The same arithmetic in another order; linear networks grow to some 1e3 at the largest rate.
        assert torch.allclose(our_losses, seen.losses, rtol=1e-10, atol=1e-12)
    assert torch.allclose(rows[:, 6:8], state.weights["2.weight"][:, 0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_starting_points_are_the_papers(paper, activation):
    begin = paper.xor.start(activation, 300, 0)
    loss = paper.xor.losses(begin.weights, activation)
    assert begin.weights.shape == (300, 9)
    assert 0 <= float(begin.weights.min()) < float(begin.weights.max()) < 1
    assert 0.2 <= float(loss.min()) < float(loss.max()) <= 0.4
    fewer = paper.xor.start(activation, 100, 0)
    assert torch.equal(fewer.weights, begin.weights[:100])
    assert torch.equal(fewer.noise, begin.noise[:100])
    assert not torch.equal(paper.xor.start(activation, 100, 1).weights, fewer.weights)


def test_relu_starts_as_linear(paper):
    weights = paper.xor.start("relu", 1000, 0).weights
    assert torch.equal(paper.xor.losses(weights, "relu"), paper.xor.losses(weights, "linear"))


MEANS = {"linear": (-0.00189, -0.00187), "sigmoid": (-7.0e-6, -6.3e-6), "relu": (-0.00192, -0.00188)}
"""Lowest and highest of four repetitions."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_mean_exponents_are_the_known_ones(figure5, activation, dtype):
    low, high = MEANS[activation]
    assert low * 1.03 <= figure5[activation, dtype].mean <= high * 0.97
    assert figure5[activation, dtype].in_band == 1000


def test_float64_recovers_sigmoids_correlation_and_float32_hides_it(figure5):
    clear, hidden = figure5["sigmoid", "float64"], figure5["sigmoid", "float32"]
    assert clear.correlation >= 0.3
    assert clear.low > 0
    assert hidden.correlation < 0.2


@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_elsewhere_the_correlation_is_weak_at_best(figure5, activation):
    assert abs(figure5[activation, "float64"].correlation) < 0.2


def test_given_the_initial_loss_it_is_the_other_way_round(figure5):
    """The page's reading: sigmoid's correlation is with where training starts, linear's with what it gains."""
    assert abs(figure5["sigmoid", "float64"].given_initial) < 0.15
    assert figure5["linear", "float64"].given_low > 0.3


def test_correlations_of_known_numbers(paper):
    """exponent = 2 z + u + initial and final = z + 3 initial, for independent standard normal z, u and initial."""
    n = 20_000
    z, u, initial = torch.randn(3, n, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    got = paper.figure5.correlations(initial, z + 3 * initial, 2 * z + u + initial)
    r, low, high, slope, intercept, partial, partial_low, partial_high = got
    want, want_partial = 5 / math.sqrt(10 * 6), 2 / math.sqrt(5)
    # Four standard errors: (1 - r^2) / sqrt(n) of a correlation; the line leaves 6 (1 - r^2) = 3.5 of the variance.
    assert r == pytest.approx(want, abs=4 * (1 - want**2) / math.sqrt(n))
    assert slope == pytest.approx(5 / 10, abs=4 * math.sqrt(3.5 / 10 / n))
    assert intercept == pytest.approx(0, abs=4 * math.sqrt(3.5 / n))
    assert partial == pytest.approx(want_partial, abs=4 * (1 - want_partial**2) / math.sqrt(n))
    assert low < r < high < partial_low < partial < partial_high


def test_fishers_interval_of_a_textbook_case(paper):
    # r = 0.5, n = 28: atanh 0.5 = 0.5493, 1.96 / 5 = 0.392, so tanh 0.1573 and tanh 0.9413.
    assert paper.figure5.fisher_interval(0.5, 28) == pytest.approx((0.1560, 0.7358), abs=1e-4)
    assert all(math.isnan(end) for end in paper.figure5.fisher_interval(0.5, 3))


def test_the_published_points_lie_in_our_band(figure4):
    # With 100 points the band's ends scatter: it holds 138 to 140 of 150 for seeds 1 to 3, 139 with 400 points.
    assert len(figure4) == 150
    assert sum(row.inside for row in figure4) / 150 >= 0.88
    # And a band that held everything would say nothing: sigmoid's is narrower than the published points' spread.
    sigmoid = [row for row in figure4 if row.activation == "sigmoid"]
    spread = max(row.published for row in sigmoid) - min(row.published for row in sigmoid)
    assert sorted(row.high - row.low for row in sigmoid)[25] < spread / 2


def test_published_zeros_are_dead_networks_and_so_are_our_positive_ones(figure4):
    relu = [row for row in figure4 if row.activation == "relu"]
    assert sum(row.published == 0 for row in relu) == 38
    large = [row for row in relu if row.lr > 1.5]
    assert all(row.silent == 1 for row in large)
    assert all(0.6 < row.zero < 0.95 and row.high > 0 for row in large)
    assert not any(row.silent for row in figure4 if row.activation != "relu")


def test_linear_networks_diverge_and_sigmoid_ones_stay_finite(figure4):
    assert all(row.stopped == 1 for row in figure4 if row.activation == "linear" and row.lr > 1.5)
    assert not any(row.stopped for row in figure4 if row.activation == "sigmoid")


def test_only_the_activation_with_a_positive_exponent_solves_xor(paper):
    (*_, sigmoid) = paper.epochs.follow("sigmoid", 10.005, 20, 500, 0)
    (*_, linear) = paper.epochs.follow("linear", 0.01, 20, 500, 0)
    assert (sigmoid.epoch, linear.epoch) == (500, 500)
    assert sigmoid.loss < 0.01 < sigmoid.exponent
    # No linear function of the inputs comes closer to XOR than the constant 1/2.
    assert linear.loss >= 0.25
    assert linear.exponent < 0


def test_a_training_that_overflows_counts_as_infinite_and_ends_its_line(paper):
    rows = paper.epochs.follow("linear", 10.005, 20, 10, 0)
    assert [row.epoch for row in rows] == list(range(1, 11))
    assert rows[-1].loss == rows[-1].distance == math.inf
    assert math.isnan(rows[0].exponent)
    assert math.isnan(paper.epochs.within(math.inf, 1.0))
    assert math.isnan(paper.epochs.within(math.nan, 1.0))
    assert paper.epochs.within(0.5, 1.0) == 0.5
