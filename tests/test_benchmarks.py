"""The benchmarks' own arithmetic; what they measure is `make bench`."""

import doctest

import pytest

from tests.benchmarks import rows
from tests.benchmarks.halving import regret


@pytest.mark.parametrize("module", [rows, regret], ids=lambda module: module.__name__)
def test_what_the_docstrings_show(module):
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


def test_an_aim_is_kept_to_from_its_own_side():
    assert rows.spread("less", [1.0, 2.0, 3.0], at_most=2.0).met
    assert not rows.spread("more", [1.0, 2.0, 3.0], at_least=2.5).met
    assert rows.Row("left out", None, at_least=2.5).met is None


def test_halving_is_charged_with_the_difference_task_by_task():
    lines = [
        {
            "best": {"halving": whole + 0.1, "whole": whole},
            "final": {"halving": whole, "whole": whole},
            "share_of_steps": 0.35,
            "share_of_planned": 0.3,
            "same_pick": False,
            "recommended": {"halving": True, "whole": whole > 0.2},
        }
        for whole in (0.1, 0.3, 0.5)
    ]
    said = regret.summary(lines)
    assert said["best"]["difference"] == pytest.approx(0.1)
    assert said["best"]["low"] == pytest.approx(0.1)
    assert said["final"]["difference"] == 0
    assert said["nothing_recommended"] == {"halving": 0, "whole": 1}
