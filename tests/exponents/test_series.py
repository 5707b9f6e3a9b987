"""The series of local exponents, burn-in, and intervals."""

import math

import numpy as np
import pytest
import torch

from lyapscreen import largest_exponent
from lyapscreen.exponents.estimators import ESTIMATORS
from tests.helpers.maps import logistic, number


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
