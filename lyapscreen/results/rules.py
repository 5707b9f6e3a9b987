"""The rules a pick may be made by: what each makes of the same probes, as numbers that are lowest for the best.

projected   as `rank` orders: regime, then the exponent
effective   regime, then steps reached, then the exponent
others      the mean over seeds of what is measured, undefined (diverged) last
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from lyapscreen.results.ranking import eligible
from lyapscreen.results.records import UNMEASURED, Result
from lyapscreen.results.statistics import Values
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import RULES


@dataclass(frozen=True)
class Probes:
    """The probes of a screening at one length, as arrays [configurations, seeds]."""

    configurations: tuple[Configuration, ...]
    """Ascending."""
    seeds: tuple[int, ...]
    badness: NDArray[np.int64]
    """Of the regime."""
    steps: NDArray[np.int64]
    """Steps done."""
    measured: dict[str, Values]
    """By the name of the measure; NaN where undefined."""
    keep: str = "best"
    """The checkpoint that is projected to."""

    @classmethod
    def of(cls, results: Sequence[Result], at: int | None = None, keep: str = "best") -> Probes:
        """Return what had been measured after so many steps, by default at the end; all seeds of each are there."""
        ordered = sorted(results, key=lambda result: result.candidate)
        rows = [list(row) for _, row in groupby(ordered, key=lambda result: result.candidate.configuration)]
        found = [[result.final if at is None else result.at(at) for result in row] for row in rows]

        def values(name: str) -> Values:
            return np.array([[np.nan if (v := getattr(m, name)) is None else v for m in row] for row in found])

        return cls(
            configurations=tuple(row[0].candidate.configuration for row in rows),
            seeds=tuple(result.candidate.seed for result in rows[0]),
            badness=np.array([[m.regime.badness for m in row] for row in found]),
            steps=np.array([[m.steps for m in row] for row in found]),
            measured={name: values(name) for name in RULES},
            keep=keep,
        )

    def scores(self, rule: str, seeds: Sequence[int] | NDArray[np.int64] | None = None) -> Values:
        """Return what a rule makes of each configuration [configurations], the lowest best; infinite is no pick.

        Args:
            rule: a key of `RULES`.
            seeds: indices of the seeds it is made of, which may repeat; None is all, once each.

        """
        chosen, measure = range(len(self.seeds)) if seeds is None else seeds, RULES[rule]
        merit = means(measure.sign * self.measured[rule][:, chosen])
        if not measure.rule_by_regime:
            return merit
        badness, steps = self.badness[:, chosen].max(axis=1), self.steps[:, chosen].min(axis=1)
        may_lead = eligible(measure, self.keep)
        badness = np.where(np.isin(badness, [regime.badness for regime in may_lead]), 0, badness)
        steps = np.zeros_like(steps) if measure.reads_ahead else steps
        scores = np.empty(len(merit))
        scores[np.lexsort((merit, -steps, badness))] = np.arange(len(merit))
        scores[badness >= min(regime.badness for regime in UNMEASURED)] = np.inf
        return scores


def means(values: Values) -> Values:
    """Return the means over seeds of values [configurations, seeds]; infinite unless all are finite."""
    finite = np.isfinite(values).all(axis=1)
    found = np.full(len(values), np.inf)
    found[finite] = values[finite].mean(axis=1)
    return found
