"""The verdict on rules judged by full training."""

import pytest

from lyapscreen.report.commands.validation import verdict
from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.results.validation import HALVED, RANDOM, Line, Point, Validation
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec


def validation(best, *, loss=0.2):
    pick = Configuration("relu", 0.1)
    line = Line(HALVED, pick, best, best, UNDEFINED, loss, 10, 0.1)
    held_out = Line("held_out_loss", pick, Interval(0.3, None, None), best, UNDEFINED, loss, 10, 0.1)
    random = Line(RANDOM, None, Interval(0.5, None, None), Interval(0.5, None, None), UNDEFINED, None, 0, 0.0)
    points = (Point(Configuration("relu", 0.1), -0.1, 0.2, 0.3), Point(Configuration("relu", 1.0), -0.1, 0.1, 0.3))
    return Validation(Spec.of(lr="0.1,1", act="relu"), (line, held_out, random), points, 2, {})


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (Interval(0.04, 0.0, 0.12), "trust it: its pick, relu lr 0.1, reached 0.20"),
        (Interval(0.04, None, None), "trust it"),
        (Interval(0.04, 0.0, 0.5), "it is undecided"),
        (Interval(0.2, 0.05, 0.3), "it is undecided"),
        (Interval(0.2, 0.15, 0.3), "do not trust it"),
        (Interval(0.4, None, None), "do not trust it"),
        (UNDEFINED, "nothing can be said"),
    ],
)
def test_the_verdict_says_trust_it_or_not(best, said):
    assert said in verdict(validation(best))


def test_the_verdict_of_a_pick_that_diverged():
    assert "diverged" in verdict(validation(Interval(0.9, 0.9, 0.9), loss=None))
