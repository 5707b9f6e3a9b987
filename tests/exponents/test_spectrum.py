"""Several exponents at once: in order, and in sum the contraction."""

import math

import numpy as np
import pytest
import torch

from lyapscreen import largest_exponent, spectrum
from tests.helpers.maps import henon


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


@pytest.mark.parametrize("k", [0, 3])
def test_a_spectrum_has_no_more_exponents_than_numbers(k):
    with pytest.raises(ValueError, match=f"k={k}: "):
        spectrum(henon, torch.zeros(2), 10, k=k)
