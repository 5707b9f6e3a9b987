"""Adam, with weight decay as a penalty or decoupled from it.

m' = b1 m + (1 - b1) g      v' = b2 v + (1 - b2) g^2
w' = w - lr (m' / (1 - b1^(t+1))) / (sqrt(v' / (1 - b2^(t+1))) + eps)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

from lyapscreen.spec.optimizers.arithmetic import (
    averaged,
    averaged_square,
    clipped_if_asked,
    decayed,
    descended,
    prepared,
    quotient,
    tangent_of_averaged_square,
    tangent_of_quotient,
    zeros,
)
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Step, Weights


@dataclass(frozen=True)
class Moments:
    """How Adam averages the gradient and its square."""

    betas: tuple[float, float] = (0.9, 0.999)
    """Decay of the first and second moment; 1 holds a moment where it starts."""
    eps: float = 1e-8
    bias_correction: bool = True
    """Whether the moments are divided by 1 - beta^(t+1); without, and with the second held, its threshold on a
    quadratic has the closed form h = (2 + 2 b1) / ((1 - b1) lr) (J. Cohen et al., arXiv 2207.14484)."""

    def corrections(self, t: int) -> tuple[float, float]:
        """Return what the mean, and the root of the square, are divided by at step t."""
        if not self.bias_correction:
            return 1.0, 1.0
        first, second = self.betas
        return 1 - first ** (t + 1), math.sqrt(1 - second ** (t + 1))

    def torch(self, name: str) -> str:
        """Return the name of torch's optimizer if it has these moments, which are always corrected there."""
        return name if self.bias_correction else ""

    @property
    def torch_options(self) -> dict[str, object]:
        """What torch's optimizer is called with."""
        return {"betas": self.betas, "eps": self.eps}


def adam(moments: Moments) -> Optimizer:
    """Return Adam with these moments."""
    source = "D. P. Kingma and J. Ba, arXiv 1412.6980; as torch.optim.Adam"
    return Optimizer(
        "adam", 2014, source, _init, partial(_adam, moments), partial(_adam_tangent, moments),
        is_adaptive=True, torch=moments.torch("Adam"), torch_options=moments.torch_options,
    )  # fmt: skip


def adamw(moments: Moments) -> Optimizer:
    """Return AdamW with these moments."""
    return Optimizer(
        "adamw", 2017, "I. Loshchilov and F. Hutter, arXiv 1711.05101; as torch.optim.AdamW",
        _init, partial(_adamw, moments), partial(_adamw_tangent, moments),
        flags={"weight_decay": 0.01}, decouples_decay=True, is_adaptive=True,
        torch=moments.torch("AdamW"), torch_options=moments.torch_options,
    )  # fmt: skip


def _init(weights: Weights) -> Memory:
    return {"mean": zeros(weights), "square": zeros(weights)}


def _adam(moments: Moments, parts: Parts, step: Step) -> tuple[Weights, Memory]:
    return _adaptive(moments, parts._replace(gradient=prepared(parts, step.settings)), step)


def _adamw(moments: Moments, parts: Parts, step: Step) -> tuple[Weights, Memory]:
    gradient = clipped_if_asked(parts.gradient, step.settings)
    return _adaptive(moments, Parts(gradient, parts.memory, decayed(parts.weights, step)), step)


def _adaptive(moments: Moments, parts: Parts, step: Step) -> tuple[Weights, Memory]:
    g, memory, w = parts
    first, second = moments.betas
    mean = averaged(first, memory["mean"], g)
    square = averaged_square(second, memory["square"], g)
    of_mean, of_square = moments.corrections(step.t)
    direction = {name: quotient(mean[name], square[name], moments.eps, of_square) for name in w}
    return descended(w, direction, step.lr / of_mean), {"mean": mean, "square": square}


def _adam_tangent(moments: Moments, here: Parts, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:
    g, dg = prepared(here, step.settings), prepared(along, step.settings)
    return _adaptive_tangent(moments, g, along._replace(gradient=dg), after, step)


def _adamw_tangent(moments: Moments, here: Parts, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:
    shrunk = along._replace(weights=decayed(along.weights, step))
    return _adaptive_tangent(moments, here.gradient, shrunk, after, step)


def _adaptive_tangent(moments: Moments, g: Weights, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:
    first, second = moments.betas
    mean = averaged(first, along.memory["mean"], along.gradient)
    square = tangent_of_averaged_square(second, along.memory["square"], g, along.gradient)
    of_mean, of_square = moments.corrections(step.t)
    direction = {
        name: tangent_of_quotient(
            (after["mean"][name], dm), (after["square"][name], square[name]), moments.eps, of_square
        )
        for name, dm in mean.items()
    }
    return descended(along.weights, direction, step.lr / of_mean), {"mean": mean, "square": square}


ENTRIES = (adam(Moments()), adamw(Moments()))
