"""A batched map with the states it starts from: what a known answer is run on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lyapscreen.exponents.maps import Map
from lyapscreen.exponents.tangent import Part, everything

SEED = 20241005
"""Fixes every starting state, direction and noise of the table."""


@dataclass(frozen=True)
class System:
    """A batched map ready to run."""

    of: Map
    states: Any
    tangents: Callable[[int], Any]
    """`tangents(k)` -> k tangents to start with, [k, states, ...] in every tensor."""
    part: Part = everything
    """What of a tangent is measured."""


def generator() -> torch.Generator:
    """Return a fresh generator: every system draws from its own."""
    return torch.Generator().manual_seed(SEED)


def uniform(source: torch.Generator, count: int, low: float, high: float) -> Tensor:
    """Return uniform numbers, float64."""
    return low + (high - low) * torch.rand(count, generator=source, dtype=torch.float64)
