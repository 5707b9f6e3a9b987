"""The learning-rate range test: trainings whose learning rate rises, and where their loss falls steepest.

    lr_t = lo (hi/lo)^(t/(T-1)),   s_t = 0.95 s_{t-1} + 0.05 l_t,   suggested: lr_t at the steepest fall of s

One training a family (an activation with the settings swept besides), averaged over seeds. Rival to compare with: the
usual learning-rate finders know no activations, so that here the family whose loss falls steepest is taken.

Source: L. N. Smith, arXiv 1506.01186; smoothing, what is skipped at both ends and the stop at five times the lowest
loss are those of the common finders (Smith's own reading is by eye).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lyapscreen.data import Dataset
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.probe.way import Ways
from lyapscreen.results.statistics import Values
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import Settings
from lyapscreen.training import devices
from lyapscreen.training.autodiff import kernels

SMOOTHING = 0.05
STOP_AT = 5.0
"""A smoothed loss beyond this many times the lowest so far ends the test."""

SKIPPED = (10, 20)
"""A tenth of the steps at the beginning and a twentieth at the end are not read."""


@dataclass(frozen=True)
class Suggestion:
    """What the range test of one family suggests."""

    configuration: Configuration
    """The learning rate of the spec nearest to the suggested one, in logarithms."""
    steepness: float
    """Fall of the smoothed loss per step where it is steepest; the larger, the better."""
    steps: int
    """Optimizer steps taken, of all seeds."""


def range_test(
    spec: Spec, data: Dataset, activation: str, settings: Settings, ways: Ways | None = None
) -> Suggestion | None:
    """Return what the range test of one family suggests; None where its loss falls nowhere.

    Args:
        spec: its learning rates are the range, its steps the length.
        data: what is trained on.
        activation: of the family.
        settings: swept besides.
        ways: to the tangents, as they were found in planning; None looks for the family's own.

    """
    low, high = spec.lr[0], spec.lr[-1]
    candidates = tuple(Candidate(Configuration(activation, low, settings), seed) for seed in spec.seeds)
    constant = spec.model_copy(update={"schedule": "constant", "warmup": 0})
    rise = (high / low) ** (1 / (spec.steps - 1))
    with devices.exact(spec):
        batch = Batch(0, activation, candidates, settings)
        setup = BatchSetup.of(constant.at_point(settings), data, batch, ways.of(batch) if ways else None)
        with kernels(setup.evaluator.model.module):
            smoothed = _smoothed(setup, rise)
    found = steepest(np.array(smoothed))
    if found is None:
        return None
    at, steepness = found
    nearest = min(spec.lr, key=lambda lr: abs(np.log(lr / (low * rise**at))))
    return Suggestion(Configuration(activation, nearest, settings), steepness, len(smoothed) * len(candidates))


def _smoothed(setup: BatchSetup, rise: float) -> list[float]:
    """Train with a learning rate that grows by a factor a step; return the smoothed loss until it explodes."""
    buffers = setup.buffers
    state, smoothed = setup.step_map(setup.indices).start(setup.weights), list[float]()
    for t in range(setup.spec.steps):
        step_map = replace(setup.step_map(setup.indices, buffers), schedule=lambda t: rise**t)
        state, seen = step_map.step(state, t)
        loss, buffers = float(seen.losses.double().mean()), seen.buffers
        if not np.isfinite(loss):
            break
        smoothed.append(SMOOTHING * loss + (1 - SMOOTHING) * smoothed[-1] if smoothed else loss)
        if smoothed[-1] > STOP_AT * min(smoothed):
            break
    return smoothed


def steepest(smoothed: Values) -> tuple[int, float] | None:
    """Return where a curve [steps] falls steepest and by how much a step; None where it falls nowhere.

    >>> steepest(np.array([5.0, 5, 5, 4, 1, 1, 1, 2, 9]))
    (3, 2.0)
    """
    begin, end = len(smoothed) // SKIPPED[0], len(smoothed) - len(smoothed) // SKIPPED[1]
    if end - begin < 2:
        return None
    slope = np.gradient(smoothed[begin:end])
    at = int(np.argmin(slope))
    return (begin + at, float(-slope[at])) if slope[at] < 0 else None
