"""Whether a way to the tangent is the derivative of the training step: held to the user's own `.backward()`.

    dg/dw v  against  (g(w + h v) - g(w - h v)) / 2h,    |v| = 1,  h = 1e-8,  float64

g is what `.backward()` leaves in a copy of the module. Right ways differ by 1e-5 and less of the derivative's size,
wrong ones by a tenth and more (a missing term, a rule of torch's that is wrong, a backward that is no gradient); a
larger h would count the kinks of ReLU in between.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lyapscreen.exponents import trees
from lyapscreen.spec.optimizers import Weights
from lyapscreen.training.derivatives import Buffers, Derivatives, Gradients
from lyapscreen.training.module_derivatives import OwnModule, plain_gradient

STEP = 1e-8
"""h, of a direction of norm 1."""

LIMIT = 1e-3
"""Largest relative error of the tangent."""

ROUNDING = 1e-6
"""Error of a central difference, relative to the gradient: what is left of float64's digits after h."""

ALIKE = 1e-6
"""Largest relative difference of the gradient, loss and buffers themselves."""


class Sample(NamedTuple):
    """One candidate and a few rows, in float64."""

    weights: Weights
    inputs: Any
    targets: Tensor
    buffers: Buffers
    masks: tuple[Tensor, ...]


class Truth(NamedTuple):
    """What the user's own backward gives."""

    along: Weights
    """The direction, of norm 1."""
    here: Gradients
    """At the weights themselves."""
    change: Weights
    """The central difference along the direction."""


def truth(own: OwnModule, sample: Sample, seed: int) -> Truth:
    """Return the gradient and its change along a direction drawn with the seed, by the user's own backward."""
    drawn, _ = trees.normalised({name: leaf[None] for name, leaf in trees.drawn_like(sample.weights, seed).items()})
    along = {name: leaf[0] for name, leaf in drawn.items()}
    at = [plain_gradient(own, _moved(sample.weights, along, by), *sample[1:]) for by in (STEP, -STEP, 0.0)]
    ahead, behind, here = at
    change = {name: (g - behind.gradient[name]) / (2 * STEP) for name, g in ahead.gradient.items()}
    return Truth(along, here, change)


def fault(way: Derivatives, sample: Sample, true: Truth) -> str:
    """Return what a way gets wrong, in a few words; empty where it is the derivative of the step."""
    batch = trees.tree_map(lambda leaf: leaf[None], tuple(sample[1:]))
    found = way.gradient_and_jvp(
        {name: leaf[None] for name, leaf in sample.weights.items()},
        {name: leaf[None] for name, leaf in true.along.items()},
        *batch,
    )
    gradient, size = _distance(found.gradient, true.here.gradient), _norm(true.here.gradient)
    if not gradient <= ALIKE * size + ALIKE * ROUNDING:
        return f"its gradient differs from that of backward by {_share(gradient, size)}"
    if not abs(float(found.losses) - float(true.here.losses)) <= ALIKE * (1 + abs(float(true.here.losses))):
        return "its loss is another at a second call"
    for name, leaf in true.here.buffers.items():
        if not torch.allclose(found.buffers[name][0].double(), leaf.double(), rtol=ALIKE, atol=ALIKE, equal_nan=True):
            return f"it loses what the forward pass writes to the buffer {name}"
    wrong, whole = _distance(found.change, true.change), _norm(true.change)
    if not wrong <= LIMIT * whole + ROUNDING * size:
        return f"its derivative differs from that of backward by {_share(wrong, whole)}"
    return ""


def _moved(weights: Weights, along: Weights, by: float) -> Weights:
    return {name: leaf + by * along[name] for name, leaf in weights.items()}


def _distance(stacked: Weights, other: Weights) -> float:
    return _norm({name: stacked[name][0] - leaf for name, leaf in other.items()})


def _norm(weights: Weights) -> float:
    return math.sqrt(sum(float(leaf.double().square().sum()) for leaf in weights.values()))


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.2g} of its size" if whole > 0 else f"{part:.2g}"
