"""The leading exponents of one configuration: which directions grow, which are flat, which shrink."""

from __future__ import annotations

from dataclasses import dataclass

from lyapscreen.results.statistics import Interval
from lyapscreen.spec.candidates import Configuration

FLAT_WITHIN = 0.2
"""A direction is flat when a perturbation along it grows or shrinks by at most e^0.2, about a fifth, as measured.

Exactly neutral directions (a common shift of all logits) are found by finite runs with a growth of this size."""


@dataclass(frozen=True)
class Leading:
    """The k leading finite-time exponents of one configuration, largest first."""

    configuration: Configuration
    steps: int
    """Steps measured, those after the burn-in."""
    exponents: tuple[Interval, ...]
    """Per step; mean and 95 % t-interval over seeds, undefined where a seed's tangents became non-finite."""
    seeds: int

    def direction(self, index: int) -> str:
        """Say what the exponent at this index does over the probe: grows, flat, shrinks; or undefined."""
        mean = self.exponents[index].mean
        if mean is None:
            return "undefined"
        growth = mean * self.steps
        return "flat" if abs(growth) <= FLAT_WITHIN else "grows" if growth > 0 else "shrinks"

    @property
    def flat(self) -> int:
        """How many of the exponents are flat."""
        return sum(self.direction(index) == "flat" for index in range(len(self.exponents)))
