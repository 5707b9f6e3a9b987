"""The learning-rate range test."""

import numpy as np
import pytest

from lyapscreen import data
from lyapscreen.probe.lr_range_test import range_test, steepest
from lyapscreen.spec.spec import Spec


def test_the_range_test_finds_where_a_curve_falls_steepest():
    t = np.arange(100)
    assert steepest(1 - 1 / (1 + np.exp(-(t - 60) / 5.0)))[0] == pytest.approx(60, abs=1)
    assert steepest(np.arange(10.0)) is None
    assert steepest(np.array([1.0])) is None


def test_the_range_test_suggests_a_rate_that_learns():
    """Suggested is a learning rate between those that do nothing and those that diverge."""
    spec = Spec.of(data="digits", act="relu", lr="1e-4:100:19", seeds=2)
    found = range_test(spec, data.load(spec), "relu", ())
    assert 1e-2 < found.configuration.lr < 10
    assert found.steepness > 0
    assert found.steps <= 200
