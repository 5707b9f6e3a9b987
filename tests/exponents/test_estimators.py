"""Every estimator against every known answer, and the public functions over any torch map."""

import math
from functools import cache

import numpy as np
import pytest
import torch

import lyapscreen
from lyapscreen import execution, largest_exponent, largest_exponents, spectrum
from lyapscreen.analysis.selftest import trainings
from lyapscreen.analysis.selftest.known_answers import ANSWERS, GAUSSIAN, LORENZ, POLYNOMIALS
from lyapscreen.analysis.selftest.selftest import BY_NAME, judged, measured
from lyapscreen.exponents import maps, trees, two_trajectory
from lyapscreen.exponents.estimators import ESTIMATORS
from lyapscreen.exponents.maps import BatchedMap
from lyapscreen.exponents.series import summarised

# Runs that several answers are read off are done once.
found = cache(measured)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with execution.one_thread():
        yield


# Lorenz in float32 is left to the self-test: 2,000 steps of 4,000 states.
TABLE = [
    pytest.param(answer, estimator, dtype, id=f"{answer.name}-{estimator}-{dtype}")
    for dtype in ("float64", "float32")
    for answer in ANSWERS
    for estimator in answer.estimators
    if not (answer.run is LORENZ and dtype == "float32")
]


@pytest.mark.parametrize(("answer", "estimator", "dtype"), TABLE)
def test_known_answer(answer, estimator, dtype):
    verdict = judged(answer, found(answer.run, estimator, dtype), dtype)
    assert verdict.passed, verdict


def test_the_table_is_of_different_answers_by_estimators_there_are():
    assert len({answer.name for answer in ANSWERS}) == len(ANSWERS)
    assert {estimator for answer in ANSWERS for estimator in answer.estimators} == set(BY_NAME)


PROCESSES = [
    pytest.param(GAUSSIAN, slice(None), (math.log(2) - np.euler_gamma) / 2, 0.93, 0.97, id="gaussian"),
    # A naive interval is three times too narrow here: erf(1.96 / 3 / sqrt(2)) = 0.487.
    pytest.param(POLYNOMIALS, trainings.members("markov sgd"), 0.5 * math.log(0.5), 0.45, 0.52, id="markov"),
]


@pytest.mark.parametrize(("run", "members", "truth", "naive_low", "naive_high"), PROCESSES)
def test_intervals_of_two_thousand_short_runs_cover_the_truth(run, members, truth, naive_low, naive_high):
    local = found(run, "tangent", "float64").local[members, :, 0]
    assert local.shape == (2000, 600)
    summary = summarised(local)
    assert 0.93 <= np.mean(np.abs(summary.value - truth) <= summary.half) <= 0.97
    naive = 1.96 * local.std(axis=1) / math.sqrt(600)
    assert naive_low <= np.mean(np.abs(summary.value - truth) <= naive) <= naive_high


def test_one_sound_run_in_a_hundred_is_called_unsettled():
    local = found(GAUSSIAN, "tangent", "float64").local[:, :, 0]
    # Four binomial standard errors: 4 sqrt(0.01 * 0.99 / 2000) = 0.009.
    assert np.mean(~summarised(local).settled) == pytest.approx(0.01, abs=0.009)


# Any map


def logistic(r):
    return lambda x, t: r * x * (1 - x)


def number(value, dtype=torch.float64):
    return torch.tensor(value, dtype=dtype)


def henon(s, t):
    return torch.stack([1 - 1.4 * s[0] * s[0] + s[1], 0.3 * s[0]])


def smooth(s, t):
    """A driven map with a nested state of several shapes and dtypes."""
    inner = torch.tanh(1.5 * s["w"].sum(dim=0) + s["rest"][0])
    outer = torch.tanh(s["w"] * 1.3 + inner + 0.1 * math.sin(t))
    return {"w": outer, "rest": (torch.sin(s["rest"][0] + outer.mean()).to(s["rest"][0]), s["rest"][1] + 1)}


def smooth_states(count):
    generator = torch.Generator().manual_seed(5)
    w = torch.randn(count, 2, 3, generator=generator, dtype=torch.float64)
    return {"w": w, "rest": (torch.zeros(count, 3, dtype=torch.float64), torch.arange(count))}


@pytest.mark.parametrize(
    ("step", "states"),
    [
        pytest.param(henon, torch.tensor([[0.1, 0.1], [0.0, 0.05], [-0.1, 0.1]], dtype=torch.float64), id="henon"),
        pytest.param(smooth, smooth_states(3), id="smooth"),
    ],
)
def test_two_trajectories_agree_with_the_tangent_on_smooth_maps(step, states):
    exact, pair = (largest_exponents(step, states, 300, burn_in=50, estimator=name) for name in ESTIMATORS)
    for a, b in zip(exact, pair, strict=True):
        # A distance of 1e-8 bends the local growth by about as much; 1e-6 is the bound of the issue.
        assert b.value == pytest.approx(a.value, abs=1e-6)
        assert b.regime == a.regime


def test_the_spectrum_starts_with_the_tangents_exponent_and_sums_to_the_contraction():
    start = torch.tensor([0.1, 0.1], dtype=torch.float64)
    alone = largest_exponent(henon, start, 400, burn_in=100)
    both = spectrum(henon, start, 400, k=2, burn_in=100)
    # The first column of a QR decomposition is the tangent: only rounding differs, and chaos does not amplify it.
    assert both[0].value == pytest.approx(alone.value, abs=1e-10)
    assert np.allclose(both[0].local, alone.local, rtol=0, atol=1e-8)
    assert both[0].value + both[1].value == pytest.approx(math.log(0.3), abs=1e-12)
    assert [e.regime for e in both] == ["chaotic", "converging"]


def test_a_spectrum_comes_largest_first_whatever_the_order_of_its_directions():
    factors = torch.tensor([0.2, 3.0, 1.0, 0.5], dtype=torch.float64)
    found = spectrum(lambda x, t: factors * x, torch.zeros(4, dtype=torch.float64), 100, k=4, burn_in=200)
    assert [float(e) for e in found] == pytest.approx([math.log(f) for f in (3.0, 1.0, 0.5, 0.2)], abs=1e-12)
    assert [e.regime for e in found] == ["chaotic", "neutral", "converging", "converging"]


def test_a_flattened_direction_is_superstable():
    onto_a_line = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64) / 5
    found = spectrum(lambda x, t: onto_a_line @ x, torch.zeros(2, dtype=torch.float64), 50)
    assert found[0].value == pytest.approx(0.0, abs=0.05)  # its only eigenvalue is 1; a transient of one step
    assert (found[1].value, found[1].regime) == (-math.inf, "superstable")


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(("step", "states"), [(henon, torch.zeros(3, 2)), (smooth, smooth_states(3))])
def test_a_batch_finds_what_each_state_finds_alone(estimator, step, states):
    together = largest_exponents(step, states, 40, burn_in=5, estimator=estimator, seed=3)
    for i, one in enumerate(together):
        state = trees.tree_map(lambda leaf, i=i: leaf[i], states)
        alone = largest_exponent(step, state, 40, burn_in=5, estimator=estimator, seed=3)
        # Kernels for one state and for three may sum in another order; Henon amplifies that by e^(0.42 * 45) = 1e8.
        assert one.value == pytest.approx(alone.value, abs=1e-7 if step is smooth else 1e-5)
        assert one.regime == alone.regime


def test_whole_numbers_are_carried_and_look_up_noise_drawn_beforehand():
    factors = torch.tensor([[2.0, 0.5], [4.0, 0.25]], dtype=torch.float64)

    def step(s, t):
        return {"run": s["run"], "calls": s["calls"] + 1, "x": factors[t % 2][s["run"]] * s["x"]}

    states = {"run": torch.tensor([0, 1]), "calls": torch.zeros(2, dtype=torch.int64), "x": torch.zeros(2).double()}
    grows, shrinks = largest_exponents(step, states, 40)
    assert float(grows) == pytest.approx(1.5 * math.log(2), abs=1e-12)
    assert float(shrinks) == pytest.approx(-1.5 * math.log(2), abs=1e-12)
    after, _ = BatchedMap(step).step(states, 0)
    assert after["calls"].tolist() == [1, 1]


def test_the_tangent_of_a_batched_map_is_its_derivative():
    states = smooth_states(4)
    of, vectors = BatchedMap(smooth), maps.directions(states, 0, 1)
    vectors = trees.tree_map(lambda leaf: leaf[0], vectors)
    after, pushed, _ = of.push(states, vectors, 2)
    eps = 1e-6

    def at(sign):
        moved = {
            "w": states["w"] + sign * eps * vectors["w"].view(4, 2, 3),
            "rest": (states["rest"][0] + sign * eps * vectors["rest"][0], states["rest"][1]),
        }
        return of.step(moved, 2)[0]

    # Central differences err by eps^2 and by rounding / eps = 1e-10.
    ahead, behind = at(1), at(-1)
    assert torch.allclose(pushed["w"], (ahead["w"] - behind["w"]).flatten(1) / (2 * eps), rtol=0, atol=1e-8)
    rest = (ahead["rest"][0] - behind["rest"][0]) / (2 * eps)
    assert torch.allclose(pushed["rest"][0], rest, rtol=0, atol=1e-8)
    assert pushed["rest"][1].shape == (4, 0)
    assert torch.equal(after["rest"][1], states["rest"][1] + 1)
    assert torch.equal(after["w"], of.step(states, 2)[0]["w"])


# Regimes


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize(
    ("step", "start", "regime"),
    [
        (logistic(2.5), 0.3, "converging"),
        (logistic(4.0), 0.3, "chaotic"),
        (logistic(2.0), 0.3, "superstable"),
        (logistic(1 + math.sqrt(5)), 0.3, "superstable"),  # a cycle of two through 1/2, which rounding only nears
        (lambda x, t: 0 * x, 0.3, "superstable"),
        (lambda x, t: x, 0.3, "neutral"),
        (lambda x, t: x + 1, 0.0, "neutral"),
        (logistic(4.5), 0.3, "diverged"),
        (lambda x, t: x / 0, 1.0, "diverged"),
        (lambda x, t: torch.sqrt(x - 1), 0.5, "diverged"),
        (lambda x, t: torch.exp(x), 1.0, "diverged"),
    ],
)
def test_every_end_has_a_name(estimator, step, start, regime, dtype):
    found = largest_exponent(step, number(start, dtype), 100, burn_in=100, estimator=estimator)
    assert found.regime == regime
    assert not np.isnan(found.local).any()
    if regime == "diverged":
        assert (found.value, found.low, found.high, found.converged) == (None, None, None, None)
        assert len(found.local) < 100
        with pytest.raises(ValueError, match="diverged"):
            float(found)
    elif regime == "superstable":
        assert (found.value, found.low, found.high, found.converged) == (-math.inf, None, None, None)
        assert np.isneginf(found.local).any()
    else:
        assert found.low <= found.value <= found.high


def test_the_steps_before_a_map_diverges_are_kept():
    found = largest_exponent(logistic(4.5), number(0.3), 100)
    x, expected = 0.3, []
    while math.isfinite(x * x):
        expected.append(math.log(abs(4.5 * (1 - 2 * x))))
        x = 4.5 * x * (1 - x)
    assert found.regime == "diverged"
    assert len(found.local) == pytest.approx(len(expected), abs=1)  # x^2 overflows a step before x does
    assert np.allclose(found.local[:5], expected[:5], rtol=0, atol=1e-12)


def test_the_step_at_which_a_tangent_vanishes_is_shown():
    found = largest_exponent(lambda x, t: 0 * x if t == 7 else 2 * x, number(1.0), 40)
    assert np.allclose(found.local[:7], math.log(2), rtol=0, atol=1e-12)
    assert np.isneginf(found.local[7:]).all()


def test_a_single_state_that_diverges_leaves_the_others_alone():
    def step(s, t):
        return {"r": s["r"], "x": torch.where(s["r"] == 1, 4.5, 2.5) * s["x"] * (1 - s["x"])}

    states = {"r": torch.tensor([0, 1]), "x": torch.full((2,), 0.3, dtype=torch.float64)}
    fine, lost = largest_exponents(step, states, 60, burn_in=60)
    assert (fine.regime, lost.regime) == ("converging", "diverged")
    assert fine.value == pytest.approx(-math.log(2), abs=1e-9)


# Series, burn-in, intervals


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_local_exponents_sum_to_the_value(estimator):
    found = largest_exponent(logistic(3.9), number(0.3), 200, burn_in=10, estimator=estimator)
    assert found.local.shape == (200,)
    assert found.local.sum() == pytest.approx(200 * found.value, abs=1e-9)


def test_local_exponents_are_the_derivatives_logarithms():
    found = largest_exponent(logistic(3.9), number(0.3), 30, burn_in=0)
    x, expected = 0.3, []
    for _ in range(30):
        expected.append(math.log(abs(3.9 * (1 - 2 * x))))
        x = 3.9 * x * (1 - x)
    # 1e-16 grows by e^(0.5 * 30) = 3e6 along the orbit.
    assert np.allclose(found.local, expected, rtol=0, atol=1e-8)


def test_burn_in_drops_the_first_growths_and_counts_on():
    whole = largest_exponent(logistic(2.5), number(0.1), 60)
    late = largest_exponent(logistic(2.5), number(0.1), 20, burn_in=40)
    assert np.array_equal(whole.local[40:], late.local)
    assert abs(late.value + math.log(2)) < 1e-9 < abs(whole.value + math.log(2))


def test_an_interval_needs_twenty_steps():
    short = largest_exponent(logistic(2.5), number(0.3), 19, burn_in=50)
    assert (short.low, short.high, short.converged, short.regime) == (None, None, None, "converging")
    assert largest_exponent(logistic(2.5), number(0.3), 20, burn_in=50).low is not None


def test_a_drift_is_told_from_an_exponent_that_has_settled():
    assert largest_exponent(logistic(2.5), number(0.3), 400, burn_in=100).converged is True
    assert largest_exponent(logistic(3.0), number(0.3), 400, burn_in=100).converged is False


def test_no_interval_is_narrower_than_the_rounding():
    found = largest_exponent(logistic(2.5), number(0.6, torch.float32), 100)
    assert found.high - found.low >= 2 * torch.finfo(torch.float32).eps
    assert found.low <= -math.log(2) <= found.high


# Two trajectories


@pytest.mark.parametrize("factor", [0.5, 0.97, 1.03, 2.0])
def test_a_neighbour_is_set_back_at_both_bounds_and_the_last_partial_growth_counts(factor):
    of = BatchedMap(lambda x, t: 0.7 + factor * (x - 0.7))
    state = torch.full((1, 2), 0.7, dtype=torch.float64)
    run = two_trajectory.init(state, torch.ones(1, 2, dtype=torch.float64), distance=1e-6)
    for t in range(101):
        run, _ = two_trajectory.step(run, of.step, t)
        ratio = float(trees.norms(run.neighbour - run.state) / run.distance)
        # The rounding of a state of size 1 is 1e-16 / 1e-6 of the distance.
        assert two_trajectory.LOWER * (1 - 1e-9) <= ratio <= two_trajectory.UPPER * (1 + 1e-9)
        # A linear map: what is left is rounding, 1e-9 of a distance at most a step.
        assert float(two_trajectory.growth(run)) == pytest.approx((t + 1) * math.log(factor), abs=1e-7 * (t + 1))
    assert (float(run.log_scale) != 0) is (abs(101 * math.log(factor)) > math.log(10))


# Arguments


def test_nothing_of_the_callers_is_changed():
    def in_place(x, t):
        x.mul_(0.5)
        return x

    state = torch.ones(2, 3, requires_grad=True)
    before = torch.random.get_rng_state()
    found = largest_exponent(in_place, state, 25)
    assert found.value == pytest.approx(math.log(0.5), abs=1e-6)
    assert torch.equal(state, torch.ones(2, 3))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_same_seed_gives_the_same_bytes_and_another_another_direction():
    step = lambda x, t: torch.tensor([1.1, 0.8]) * x  # noqa: E731
    first, again, other = (largest_exponent(step, torch.zeros(2), 30, seed=seed) for seed in (1, 1, 2))
    assert first.local.tobytes() == again.local.tobytes()
    assert first.local[0] != other.local[0]


X = torch.tensor(0.3)
BAD = [
    ({"steps": 0}, ValueError, "steps=0: it must be at least 1"),
    ({"steps": 2.0}, TypeError, "steps=2.0: it must be a whole number"),
    ({"steps": True}, TypeError, "steps=True: it must be a whole number"),
    ({"burn_in": -1}, ValueError, "burn_in=-1: it must be at least 0"),
    ({"seed": -1}, ValueError, "seed=-1: it must be at least 0"),
    ({"estimator": "qr"}, ValueError, "estimator='qr': it must be one of tangent, two-trajectory"),
    ({"step": None}, TypeError, "step=None: it must be a function"),
    ({"step": lambda x, t: (x, x)}, ValueError, "step: it returned .*; the structure must stay the same"),
    ({"step": lambda x, t: x[None]}, ValueError, r"step: it returned torch.float32 \[1\] for torch.float32 \[\]"),
    ({"step": lambda x, t: x.double()}, ValueError, "step: it returned torch.float64 .*shape and dtype must stay"),
    ({"step": lambda x, t: 1.0}, TypeError, "step: it returned 1.0; every leaf of a state must be a tensor"),
    ({"state": 0.3}, TypeError, "state: it holds 0.3; every leaf of it must be a tensor"),
    ({"state": {}}, ValueError, "state: it holds nothing; at least one floating tensor"),
    ({"state": torch.tensor(3)}, ValueError, "state: it holds torch.int64; at least one floating tensor"),
]


@pytest.mark.parametrize(("changed", "error", "message"), BAD, ids=[message for _, _, message in BAD])
def test_a_bad_argument_is_named_with_its_value_and_the_rule(changed, error, message):
    arguments = {"step": logistic(2.5), "state": X, "steps": 10} | changed
    with pytest.raises(error, match=message):
        largest_exponent(**arguments)


def test_a_batch_needs_one_first_axis():
    for states in (X, (torch.zeros(2, 1), torch.zeros(3, 1)), torch.zeros(0, 2)):
        with pytest.raises(ValueError, match="states: "):
            largest_exponents(logistic(2.5), states, 10)


@pytest.mark.parametrize("k", [0, 3])
def test_a_spectrum_has_no_more_exponents_than_numbers(k):
    with pytest.raises(ValueError, match=f"k={k}: "):
        spectrum(henon, torch.zeros(2), 10, k=k)


def test_public_objects_say_what_they_are():
    assert isinstance(largest_exponent(logistic(2.5), X, 5), lyapscreen.Exponent)
