"""The end of full training read off the probe: what a learning rate does in N steps, a higher one does in T.

    lambda_end(lr) = lambda_eff(lr N / T)

In the limit of small steps gradient descent follows its flow, where only learning rate times steps counts: N steps
at lr end where T steps at lr N / T do. Where that lies between two learning rates of a family (an activation with the
settings swept besides), lambda_eff is interpolated in ln lr, seed by seed; beyond the highest, the highest is taken,
and what diverged has made no progress: 0. A configuration that overfits or turns unstable by step N shows it in the
probe of the higher learning rate. What the edge of stability adds in N steps is not seen, momentum and Adam scale
but roughly so, and a schedule is taken to stretch with the steps.

It is a rule for training that runs to its end without early stopping; make bench-ranking says how good a one.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from itertools import groupby

import numpy as np

from lyapscreen.results.records import Measures, Result
from lyapscreen.spec.candidates import Candidate


def read_ahead(results: Collection[Result], full_steps: int) -> list[Result]:
    """Return the results with `end` measured at every length, in the order of their candidates.

    Args:
        results: of a screening that was not halved, so that those of one length are of all learning rates.
        full_steps: N, the steps of full training; fewer than a probe's read nothing ahead.

    """
    found = []
    ordered = sorted(results, key=lambda result: (_family(result.candidate), result.candidate.configuration.lr))
    for _, family in groupby(ordered, key=lambda result: _family(result.candidate)):
        found += _of_family(list(family), full_steps)
    return sorted(found, key=lambda result: result.candidate)


def _family(candidate: Candidate) -> tuple[str, str, int]:
    configuration = candidate.configuration
    return configuration.activation, str(configuration.settings), candidate.seed


def _of_family(results: list[Result], full_steps: int) -> list[Result]:
    """Read ahead for the learning rates, ascending, of one family and seed."""
    logs = np.log([result.candidate.configuration.lr for result in results])

    def ahead(index: int, measures: Measures) -> Measures:
        if measures.effective is None:
            return measures
        steps = measures.steps
        there = [result.at(steps) for result in results]
        rates = [m.effective if m.effective is not None and m.steps == steps else 0.0 for m in there]
        further = math.log(max(1.0, full_steps / steps))
        return replace(measures, end=float(np.interp(logs[index] + further, logs, rates)))

    return [
        replace(result, rungs=tuple(ahead(index, measures) for measures in result.rungs))
        for index, result in enumerate(results)
    ]
