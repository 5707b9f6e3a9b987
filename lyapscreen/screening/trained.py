"""One candidate after its full training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lyapscreen.results.records import Full
from lyapscreen.spec.candidates import Candidate

Weights = Mapping[str, np.ndarray]
"""Parameters and buffers of one network by name: a state_dict as arrays."""


@dataclass(frozen=True)
class Trained:
    """One candidate after its full training."""

    candidate: Candidate
    full: Full
    curve: tuple[tuple[int, float], ...]
    """(steps done, held-out loss in evaluation mode), until the end or until it diverged."""
    weights: Weights | None = None
    """Parameters and buffers at the checkpoint that is kept, by name; None unless asked for."""
