"""Schedules against torch's, and in a real training."""

import pytest
import torch

from lyapscreen.errors import SettingError
from lyapscreen.spec.schedules import SCHEDULES, factor, flow_time
from lyapscreen.spec.spec import Spec


def test_cosine_is_torchs():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=40)
    ours = factor("cosine", 40)
    for t in range(40):
        # torch multiplies ratios step by step: rounding grows with t.
        assert ours(t) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_warm_up_is_linear_and_reaches_the_learning_rate():
    ours = factor("constant", 100, 5)
    assert [ours(t) for t in range(7)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.0])


def test_linear_is_torchs():
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=40)
    ours = factor("linear", 40)
    for t in range(40):
        assert ours(t) == pytest.approx(scheduler.get_last_lr()[0], abs=1e-12)
        optimizer.step()
        scheduler.step()


def test_a_stable_phase_ends_in_a_linear_cooldown():
    ours = factor("wsd:0.25", 12, 4)
    assert [ours(t) for t in (0, 3, 4, 9)] == [0.25, 1.0, 1.0, 1.0]
    assert [ours(t) for t in (10, 11, 12)] == pytest.approx([1.0, 0.5, 0.0])


@pytest.mark.parametrize("name", SCHEDULES)
def test_flow_time_is_the_sum_of_the_factors_and_a_schedule_begins_at_the_rate(name):
    ours = factor(name, 50, 5)
    assert flow_time(name, 50, 5, 30) == pytest.approx(sum(ours(t) for t in range(30)))
    assert ours(5) == 1.0
    assert all(0 <= ours(t) <= 1 for t in range(60))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"schedule": "cosinus"}, "schedule cosinus: there is no such schedule"),
        ({"schedule": "wsd:1.5"}, "schedule wsd:1.5: the cooldown is a share of the steps"),
        ({"schedule": "cosine:x"}, "schedule cosine:x: there is no such schedule"),
        ({"schedule": "constant:5"}, "schedule constant:5: there is no such schedule"),
        ({"full_steps": 50, "steps": 100}, "full_steps 50: full training must be at least as long as the probes"),
        ({"warmup": 1500}, "warmup 1500: it must end before the 1500 steps of full training"),
        ({"warmup": -1}, "warmup -1: it must be at least 0"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        Spec.of(**settings)
