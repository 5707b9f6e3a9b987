"""Every estimator against every known answer, and intervals against the truth over many runs."""

import math
from functools import cache

import numpy as np
import pytest

from lyapscreen import execution
from lyapscreen.analysis.selftest import trainings
from lyapscreen.analysis.selftest.known_answers import ANSWERS, GAUSSIAN, LORENZ, POLYNOMIALS
from lyapscreen.analysis.selftest.selftest import BY_NAME, judged, measured
from lyapscreen.exponents.series import summarised

# Runs that several answers are read off are done once.
found = cache(measured)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with execution.one_thread():
        yield


# Lorenz in float32 is left to the self-test: 2,000 steps of 4,000 states.
TABLE = [
    pytest.param(answer, estimator, dtype, id=f"{answer.name}-{estimator}-{dtype}")
    for dtype in ("float64", "float32")
    for answer in ANSWERS
    for estimator in answer.estimators
    if not (answer.run is LORENZ and dtype == "float32")
]


@pytest.mark.parametrize(("answer", "estimator", "dtype"), TABLE)
def test_known_answer(answer, estimator, dtype):
    verdict = judged(answer, found(answer.run, estimator, dtype), dtype)
    assert verdict.passed, verdict


def test_the_table_is_of_different_answers_by_estimators_there_are():
    assert len({answer.name for answer in ANSWERS}) == len(ANSWERS)
    assert {estimator for answer in ANSWERS for estimator in answer.estimators} == set(BY_NAME)


PROCESSES = [
    pytest.param(GAUSSIAN, slice(None), (math.log(2) - np.euler_gamma) / 2, 0.93, 0.97, id="gaussian"),
    # A naive interval is three times too narrow here: erf(1.96 / 3 / sqrt(2)) = 0.487.
    pytest.param(POLYNOMIALS, trainings.members("markov sgd"), 0.5 * math.log(0.5), 0.45, 0.52, id="markov"),
]


@pytest.mark.parametrize(("run", "members", "truth", "naive_low", "naive_high"), PROCESSES)
def test_intervals_of_two_thousand_short_runs_cover_the_truth(run, members, truth, naive_low, naive_high):
    local = found(run, "tangent", "float64").local[members, :, 0]
    assert local.shape == (2000, 600)
    summary = summarised(local)
    assert 0.93 <= np.mean(np.abs(summary.value - truth) <= summary.half) <= 0.97
    naive = 1.96 * local.std(axis=1) / math.sqrt(600)
    assert naive_low <= np.mean(np.abs(summary.value - truth) <= naive) <= naive_high


def test_one_sound_run_in_a_hundred_is_called_unsettled():
    local = found(GAUSSIAN, "tangent", "float64").local[:, :, 0]
    # Four binomial standard errors: 4 sqrt(0.01 * 0.99 / 2000) = 0.009.
    assert np.mean(~summarised(local).settled) == pytest.approx(0.01, abs=0.009)
