"""Where stability ends: the largest stable learning rate of each seed and each family, and the room below it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from lyapscreen.results.naming import family_of
from lyapscreen.results.statistics import UNDEFINED, Interval, t_interval
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.sweep import Settings, Value

SAFE_SHARE = 0.5
"""Of the largest stable learning rate, what is called safe: seeds and data differ, and schedules rise."""


class EdgeRegime(StrEnum):
    """How a search for the edge ended, best first."""

    FOUND = "found"
    BEYOND = "beyond range"
    """Every learning rate of the range is stable: the edge lies above it."""
    BELOW = "below range"
    """The lowest learning rate of the range is unstable already: the edge lies below it."""
    FAILED = "failed"
    """A worker died."""


@dataclass(frozen=True)
class SeedEdge:
    """The edge of one seed, between the two learning rates that enclose it."""

    seed: int
    regime: EdgeRegime
    stable: float | None
    """The highest learning rate probed up to which all are stable; None below range."""
    unstable: float | None
    """The lowest unstable one; None beyond range."""
    stable_above: float | None = None
    """The highest learning rate that is stable though a lower one is not; None where stability is monotone."""

    @property
    def edge(self) -> float | None:
        """The geometric mean of the two, None unless both were found."""
        return None if self.stable is None or self.unstable is None else math.sqrt(self.stable * self.unstable)


@dataclass(frozen=True)
class FamilyEdge:
    """The edge of an activation with one value of every setting swept besides."""

    activation: str
    settings: Settings
    best_lr: float | None
    """The learning rate of its best converging configuration in the ranking; None where none converges."""
    recommended: bool
    """Whether the configuration that the ranking recommends is one of the family's."""
    per_seed: tuple[SeedEdge, ...]
    """Ascending by seed."""

    @property
    def regime(self) -> EdgeRegime:
        """The worst among the seeds: an edge is known when every seed's is."""
        return max((seed.regime for seed in self.per_seed), key=list(EdgeRegime).index)

    @property
    def interval(self) -> Interval:
        """The edge as a learning rate: geometric mean over seeds, 95 % t-interval in ln lr; undefined unless found."""
        if self.regime is not EdgeRegime.FOUND:
            return UNDEFINED
        return _exponential(t_interval(np.log([seed.edge for seed in self.per_seed if seed.edge is not None])))

    @property
    def at_least(self) -> float | None:
        """What the geometric mean is at least, where some seeds' edges lie beyond the range and the others in it."""
        if self.regime is not EdgeRegime.BEYOND:
            return None
        return _geometric_mean([seed.edge or seed.stable for seed in self.per_seed])

    @property
    def at_most(self) -> float | None:
        """What it is at most, where some seeds' edges lie below the range and the others in it."""
        if self.regime is not EdgeRegime.BELOW or any(seed.unstable is None for seed in self.per_seed):
            return None
        return _geometric_mean([seed.edge or seed.unstable for seed in self.per_seed])

    @property
    def largest_stable(self) -> float | None:
        """The highest learning rate probed up to which every seed is stable; None where one is not, or failed.

        Beyond range it is the end of the range or less: what is known.
        """
        stable = [seed.stable for seed in self.per_seed if seed.stable is not None]
        return min(stable) if len(stable) == len(self.per_seed) else None

    @property
    def safe_lr(self) -> float | None:
        """Half the largest stable learning rate, or the low end of the edge's interval, whichever is lower."""
        if self.largest_stable is None:
            return None
        half, low = SAFE_SHARE * self.largest_stable, self.interval.low
        return half if low is None else min(half, low)

    @property
    def headroom(self) -> Interval:
        """How many times as high as `best_lr` the edge is; undefined unless both are known."""
        return self.headroom_of(self.best_lr)

    @property
    def ragged(self) -> tuple[SeedEdge, ...]:
        """The seeds whose stability is not monotone in the learning rate."""
        return tuple(seed for seed in self.per_seed if seed.stable_above is not None)

    def headroom_of(self, lr: float | None) -> Interval:
        """Return how many times as high as a learning rate the edge is."""
        edge = self.interval
        if lr is None or edge.mean is None:
            return UNDEFINED
        return Interval(edge.mean / lr, edge.low and edge.low / lr, edge.high and edge.high / lr)


@dataclass(frozen=True)
class Edges:
    """The edges of all families of a screening."""

    steps: int
    """T, over which a perturbation's growth is measured."""
    max_growth: float
    """The growth from which on a probe is unstable."""
    lr_low: float
    """The range searched."""
    lr_high: float
    families: tuple[FamilyEdge, ...]

    def of(self, configuration: Configuration) -> FamilyEdge | None:
        """Return the edge of the family that a configuration belongs to."""
        wanted = family_of(configuration)
        return next((family for family in self.families if (family.activation, family.settings) == wanted), None)

    def plain(self) -> dict[str, Any]:
        """Return JSON-ready values, the section `edge` of a ranking's JSON; what is undefined is None."""
        return {
            "steps": self.steps,
            "max_growth": self.max_growth,
            "lr_low": self.lr_low,
            "lr_high": self.lr_high,
            "families": [_plain(family) for family in self.families],
        }


def _plain(family: FamilyEdge) -> dict[str, Any]:
    edge, headroom = family.interval, family.headroom
    settings: dict[str, Value] = dict(family.settings)
    return {
        "activation": family.activation,
        "settings": settings,
        "regime": str(family.regime),
        "edge": edge.mean,
        "edge_low": edge.low,
        "edge_high": edge.high,
        "best_lr": family.best_lr,
        "headroom": headroom.mean,
        "headroom_low": headroom.low,
        "headroom_high": headroom.high,
        "recommended": family.recommended,
        "per_seed": [
            {
                "seed": seed.seed,
                "regime": str(seed.regime),
                "edge": seed.edge,
                "stable": seed.stable,
                "unstable": seed.unstable,
                "stable_above": seed.stable_above,
            }
            for seed in family.per_seed
        ],
        "largest_stable": family.largest_stable,
        "safe_lr": family.safe_lr,
    }


def _exponential(logs: Interval) -> Interval:
    mean, low, high = (None if log is None else math.exp(log) for log in (logs.mean, logs.low, logs.high))
    return Interval(mean, low, high)


def _geometric_mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.exp(float(np.mean(np.log(known)))) if len(known) == len(values) else None
