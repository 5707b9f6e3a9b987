"""The verdict on rules judged by full training."""

import pytest

from lyapscreen.report.commands.validation import verdict
from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.results.validation import HALVED, RANDOM, Line, Point, Validation
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec


def validation(best, *, loss=0.2, count=10, seeds=3):
    pick = Configuration("relu", 0.1)
    line = Line(HALVED, pick, best, best, UNDEFINED, loss, 10, 0.1)
    held_out = Line("held_out_loss", pick, Interval(0.3, None, None), best, UNDEFINED, loss, 10, 0.1)
    random = Line(RANDOM, None, Interval(0.5, None, None), Interval(0.5, None, None), UNDEFINED, None, 0, 0.0)
    points = tuple(Point(Configuration("relu", 0.1 * (i + 1)), -0.1, 0.2 + i, 0.3) for i in range(count))
    return Validation(Spec.of(lr="0.1,1", act="relu", seeds=seeds), (line, held_out, random), points, count, {})


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (Interval(0.04, 0.0, 0.12), "trust it: its pick, relu lr 0.1, reached 0.20"),
        (Interval(0.04, None, None), "it is undecided"),
        (Interval(0.04, 0.0, 0.5), "it is undecided"),
        (Interval(0.2, 0.05, 0.3), "it is undecided"),
        (Interval(0.2, 0.15, 0.3), "do not trust it"),
        (Interval(0.4, None, None), "without an interval there is no verdict"),
        (Interval(0.4, 0.2, 0.6), "do not trust it"),
        (UNDEFINED, "nothing can be said"),
    ],
)
def test_the_verdict_says_trust_it_or_not(best, said):
    assert said in verdict(validation(best))


@pytest.mark.parametrize(("count", "seeds"), [(4, 2), (9, 5), (26, 2), (26, 1)])
def test_few_configurations_or_seeds_are_no_verdict(count, seeds):
    for best in (Interval(0.0, 0.0, 0.0), Interval(0.9, 0.9, 0.9), Interval(0.0, None, None)):
        said = verdict(validation(best, count=count, seeds=seeds))
        assert said.startswith("On this task it is undecided: ")
        words = f"{count} configurations and {seeds} seed{'s' * (seeds > 1)} are too few for a verdict"
        assert said.endswith(f"{words}, which takes 10 and 3.")


def test_the_verdict_of_a_pick_that_diverged():
    assert "diverged" in verdict(validation(Interval(0.9, 0.9, 0.9), loss=None))
