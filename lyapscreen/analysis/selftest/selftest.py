"""Runs the table of known answers and compares what is measured with what is known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

import torch

from lyapscreen.analysis.selftest.known_answers import KnownAnswer, Run
from lyapscreen.analysis.selftest.readings import Found, Reading
from lyapscreen.exponents import maps
from lyapscreen.exponents.estimators import ESTIMATORS, SPECTRUM, local_growths

BY_NAME = {**ESTIMATORS, "spectrum": SPECTRUM}
"""Every estimator that the table names."""


@dataclass(frozen=True)
class Verdict:
    """How one known answer compares with what was measured."""

    name: str
    expected: float
    """-inf for a superstable map."""
    allowed: float
    """How near it has to be."""
    got: float | None
    """None where a state did not stay finite."""
    low: float | None
    """Low end of the 95 % interval; None where there is none."""
    high: float | None
    """High end of the 95 % interval."""
    passed: bool
    """Whether it is within its tolerance, and on the right side of 0 where that is asked for."""
    seconds: float
    """How long the run took; 0 where an earlier answer was read off the same run."""


def verdicts(dtype: str, answers: Iterable[KnownAnswer]) -> Iterator[Verdict]:
    """Yield the verdict on each answer as soon as it is known, by its first estimator, in float32 or float64."""
    runs: dict[tuple[Run, str], Found] = {}
    for answer in answers:
        name = answer.estimators[0]
        start = perf_counter()
        if (answer.run, name) not in runs:
            runs[answer.run, name] = measured(answer.run, name, dtype)
        yield judged(answer, runs[answer.run, name], dtype, perf_counter() - start)


def measured(run: Run, name: str, dtype: str) -> Found:
    """Return what an estimator measures in a run."""
    estimator, system = BY_NAME[name], run.system(getattr(torch, dtype))
    tangents = system.tangents(run.k if estimator is SPECTRUM else 1)
    local = local_growths(estimator, system.of, system.states, tangents, run.steps, system.part)
    resolution = estimator.resolution(maps.rounding(system.states))
    return Found(local.view(*local.shape[:2], -1).numpy(), resolution)


def judged(answer: KnownAnswer, found: Found, dtype: str, seconds: float = 0.0) -> Verdict:
    """Return the verdict on an answer as a run gives it."""
    reading = answer.read(found)
    allowed = max(getattr(answer.tolerance, dtype), found.resolution)
    got, low, high = (None if math.isnan(x) else x for x in (reading.value, reading.low, reading.high))
    return Verdict(answer.name, answer.expected, allowed, got, low, high, _passes(answer, reading, allowed), seconds)


def _passes(answer: KnownAnswer, reading: Reading, allowed: float) -> bool:
    if math.isnan(reading.value):
        return False
    if math.isinf(answer.expected):
        return reading.value == answer.expected
    # An interval that is not there (NaN) lies on no side.
    sided = reading.high < 0 if answer.expected < 0 else reading.low > 0
    return abs(reading.value - answer.expected) <= allowed and (sided or not answer.signed)
