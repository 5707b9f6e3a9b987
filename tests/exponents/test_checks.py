"""Every mistake in an argument is named with its value and the rule."""

import pytest
import torch

from lyapscreen import largest_exponent, largest_exponents
from tests.helpers.maps import logistic

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
    ({"state": 0.3}, TypeError, "state: it holds 0.3; every leaf must be a tensor"),
    ({"state": {}}, ValueError, "state: it holds nothing; at least one floating-point tensor"),
    ({"state": torch.tensor(3)}, ValueError, "state: it holds torch.int64; at least one floating-point tensor"),
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
