"""Values as Python has them: arrays without dimensions, numbers that are too large, digits of other scripts."""

import numpy as np
import pytest
import torch

from lyapscreen.errors import SettingError
from lyapscreen.spec.spec import Spec

TAKEN = [
    ({"lr": np.array(0.1)}, {"lr": (0.1,)}),
    ({"lr": torch.tensor(0.5)}, {"lr": (0.5,)}),
    ({"lr": np.array([0.1, 0.2])}, {"lr": (0.1, 0.2)}),
    ({"act": np.array("relu")}, {"act": ("relu",)}),
    ({"act": np.array(["relu", "tanh"])}, {"act": ("relu", "tanh")}),
    ({"seeds": np.array(3)}, {"seeds": (0, 1, 2)}),
    ({"steps": np.array(10)}, {"steps": 10}),
    ({"batch_size": np.int64(4)}, {"batch_size": 4}),
]


@pytest.mark.parametrize(("given", "taken"), TAKEN, ids=str)
def test_one_value_is_one_value(given, taken):
    spec = Spec.of(**given)
    assert {name: getattr(spec, name) for name in taken} == taken


HUGE = 10**400
REFUSED = [
    ({"held_out": HUGE}, "it must be less than 1"),
    ({"held_out": "1_0"}, ""),
    ({"lr": HUGE}, "not a positive finite number"),
    ({"steps": HUGE}, "number"),
    ({"seeds": HUGE}, "seeds|number"),
    ({"full_epochs": HUGE}, "number"),
    ({"seeds": range(10**7)}, "there are at most 1000000 seeds"),
    ({"lr": "5e-324:1e308"}, "the two ends of a range are too far apart"),
    *(({name: text}, "number") for name in ("lr", "seeds", "steps", "weight_decay", "batch_size", "full_steps")
      for text in ("1_0", "１0", "٣", "1e_1")),
    ({"model": "mlp:1_0"}, "'1_0' is not a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "rule"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_is_no_such_value_is_one_error(given, rule):
    if given == {"held_out": "1_0"}:
        assert Spec.of(**given).held_out == "1_0", "a file may have any name"
        return
    with pytest.raises(SettingError, match=rule) as refused:
        Spec.of(**given)
    assert refused.value.setting == next(iter(given))
