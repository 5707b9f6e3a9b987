"""What is said of a projected recommendation: its training, its range, how long it holds, and its doubts."""

import pytest

from lyapscreen.report.text import advice, answer, projected
from lyapscreen.results.projection import project
from lyapscreen.results.ranking import ranked
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import C, facts_of, probed


def screened(merits, spread=0.0005, **settings):
    """A ranking of relu by lambda_eff at each rate, for as many steps as the probe has, so that nothing is shifted.

    Seeds differ in turn by more and by less, so that rates of one mean are tied.
    """
    spec = Spec.of(**{"act": "relu", "lr": list(merits), "full_steps": 100, "steps": 100, **settings})
    turns = enumerate(merits.items())
    results = [r for i, (lr, merit) in turns for r in probed("relu", lr, merit, C, spread=spread * (-1) ** i)]
    return ranked(project(results, spec), spec), spec


@pytest.mark.parametrize(
    ("settings", "along"),
    [
        ({}, "at a constant learning rate, the best checkpoint kept"),
        ({"schedule": "linear"}, "at a learning rate that falls linearly to 0, the best checkpoint kept"),
        ({"schedule": "wsd:0.1", "keep": "last"}, "falls to 0 over the last 10%, the last checkpoint kept"),
        ({"schedule": "cosine", "warmup": 50}, "along a cosine after 50 steps of warm-up, the best checkpoint kept"),
    ],
)
def test_the_training_is_named(settings, along):
    said = projected.training(Spec.of(full_steps=3000, **settings), 2)
    assert said.startswith("3,000 steps (2 epochs) ")
    assert said.endswith(along)
    assert "(12,346 epochs)" in projected.training(Spec.of(**settings), 12_345.6)


def test_rates_that_are_as_good_are_a_range_and_named_once():
    ranking, spec = screened({0.01: -0.02, 0.1: -0.05, 1.0: -0.05, 10.0: -0.01})
    text = " ".join(answer.sentences(ranking, facts_of(ranking, ranking, spec)))
    assert "As good: lr 0.1 to 1 of relu, as far as 5 seeds can tell." in text
    assert text.count("as far as 5 seeds can tell") == 1


def test_it_holds_until_the_best_rate_has_moved_away():
    """Down by k^(1/3) for k times the steps: half a decade is k = 10^1.5, a decade beyond what was measured."""
    ranking, spec = screened({0.1: -0.03, 1.0: -0.05, 10.0: -0.01})
    assert projected.holds_until(ranking, ranking.rows[0], spec) == 3200
    ranking, spec = screened({0.1: -0.05, 1.0: -0.05, 10.0: -0.01})
    low = next(row for row in ranking.rows if row.lr == 0.1)
    assert projected.holds_until(ranking, low, spec) == 24_000
    ranking, spec = screened({0.1: -0.05})
    assert projected.holds_until(ranking, ranking.rows[0], spec) is None


def test_beyond_what_was_measured_it_is_a_guess_and_says_what_would_end_that():
    ranking, spec = screened({0.1: -0.05, 1.0: -0.06})
    (warning,) = projected.warnings(ranking, spec.model_copy(update={"full_steps": 48_000}))
    assert "480 times as long as the probe" in warning
    assert "--steps 200 would make it one no more" in warning


def test_why_nothing_is_recommended():
    ranking, spec = screened({0.1: -0.0004, 1.0: -0.0002}, spread=1e-5)
    assert ranking.recommended is None
    (warning,) = advice.warnings(ranking, spec)
    assert (
        "is projected to learn over 100 steps: the best projected learning is -0.040, and -0.05 or less is asked"
        in warning
    )
