"""Conditions of a gate on what is measured of the held-out rows at the end of the probe: loss, and score."""

from __future__ import annotations

import numpy as np

from lyapscreen.results.ranking import Row
from lyapscreen.results.statistics import UNDEFINED, Interval, t_interval
from lyapscreen.results.verdict import Verdict, at_least, at_most


def max_loss(row: Row, limit: float) -> Verdict:
    """Judge the held-out loss, the mean over seeds and its 95 % t-interval."""
    return at_most("max-loss", row, _interval(row, "held_out_loss"), limit, f"held-out loss {_when(row)}")


def min_score(row: Row, limit: float, score_name: str) -> Verdict:
    """Judge the held-out score, accuracy or R2, the mean over seeds and its 95 % t-interval."""
    return at_least("min-score", row, _interval(row, "held_out_score"), limit, f"held-out {score_name} {_when(row)}")


def _interval(row: Row, name: str) -> Interval:
    """Return a measure's interval; undefined, as in the ranking, unless every seed has a finite value."""
    if getattr(row, name) is None:
        return UNDEFINED
    return t_interval(np.array([getattr(result.final, name) for result in row.results], dtype=np.float64))


def _when(row: Row) -> str:
    """Say after how many steps it was measured: halving stops some early."""
    return f"after {row.steps} steps of the probe"
