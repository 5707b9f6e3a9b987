"""Lion: a step of one size in every weight, by the sign of an average of gradient and momentum.

w' = w - lr (sign(b1 m + (1 - b1) g) + weight decay * w)      m' = b2 m + (1 - b2) g

The derivative of a sign is 0 wherever it exists, so that the tangent of the weights sees the weight decay alone.
"""

from __future__ import annotations

from lyapscreen.spec.optimizers.arithmetic import averaged, clipped_if_asked, decayed, descended, zeros
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Step, Weights

OF_STEP, OF_MOMENTUM = 0.9, 0.99
"""b1 and b2 of the paper."""


def _init(weights: Weights) -> Memory:
    return {"momentum": zeros(weights)}


def _update(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    g, before = clipped_if_asked(parts.gradient, step.settings), parts.memory["momentum"]
    direction = {name: value.sign() for name, value in averaged(OF_STEP, before, g).items()}
    weights = descended(decayed(parts.weights, step), direction, step.lr)
    return weights, {"momentum": averaged(OF_MOMENTUM, before, g)}


def _tangent(here: Parts, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:  # noqa: ARG001
    momentum = averaged(OF_MOMENTUM, along.memory["momentum"], along.gradient)
    return decayed(along.weights, step), {"momentum": momentum}


ENTRIES = (
    Optimizer(
        "lion", 2023, "X. Chen et al., arXiv 2302.06675", _init, _update, _tangent,
        decouples_decay=True, is_adaptive=True,
        jumps="lion steps by a sign, whose derivative is 0: the exact lambda_1 is ln(1 - lr * weight decay) whatever "
        "the loss, so that no configuration is ever called chaotic. lambda_perp and the losses are measured as ever.",
    ),
)  # fmt: skip
