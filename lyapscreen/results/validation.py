"""What a validation found: how every rule's pick did in full training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec

HALVED, RANGE_TEST, RANDOM = "halved", "range_test", "random"
"""Lines beside those of `rules.RULES`: `effective` with halving, the range test, and a pick at random."""


@dataclass(frozen=True)
class Line:
    """How a rule did."""

    rule: str
    pick: Configuration | None = None
    """None where the rule picks nothing, or at random."""
    best: Interval = UNDEFINED
    """Regret by the lowest held-out loss of full training, its 95 % interval over seeds."""
    final: Interval = UNDEFINED
    """Regret by the held-out loss at the end of full training."""
    correlation: Interval = UNDEFINED
    """Spearman's, of the rule's order with that by the lowest held-out loss."""
    loss: float | None = None
    """The pick's held-out loss at the checkpoint that is kept, the mean over seeds; None if it diverged."""
    steps: int = 0
    """Optimizer steps that the rule takes, of all seeds."""
    seconds: float = 0.0
    """What those took here; the one number that is another in every run."""

    def regret(self, keep: str) -> Interval:
        """Return the regret by the checkpoint that is kept."""
        return self.final if keep == "last" else self.best


@dataclass(frozen=True)
class Point:
    """One configuration, for the plot."""

    configuration: Configuration
    effective: float | None
    best: float | None
    final: float | None
    projected: float | None = None


@dataclass(frozen=True)
class Validation:
    """A finished validation."""

    spec: Spec
    lines: tuple[Line, ...]
    """What `rank` does by default is the first."""
    points: tuple[Point, ...]
    every: int
    """Configurations of the spec, of which the points are all or a sample."""
    about: Mapping[str, Any]
    """The run's `identity`."""

    @property
    def lowest(self) -> float | None:
        """The lowest held-out loss that any configuration's full training reached at the checkpoint that is kept."""
        losses = (point.final if self.spec.keep == "last" else point.best for point in self.points)
        return min((loss for loss in losses if loss is not None), default=None)

    def line(self, rule: str) -> Line:
        """Return the line of a rule."""
        return next(line for line in self.lines if line.rule == rule)
