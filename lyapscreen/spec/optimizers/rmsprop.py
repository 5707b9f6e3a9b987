"""RMSprop: the gradient over the root of its running mean square, w' = w - lr g / (sqrt(v') + eps)."""

from __future__ import annotations

from lyapscreen.spec.optimizers.arithmetic import (
    averaged_square,
    descended,
    prepared,
    quotient,
    tangent_of_averaged_square,
    tangent_of_quotient,
    zeros,
)
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Step, Weights

ALPHA, EPS = 0.99, 1e-8
"""Decay of the mean square, and what is added to its root."""


def _init(weights: Weights) -> Memory:
    return {"square": zeros(weights)}


def _update(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    g = prepared(parts, step.settings)
    square = averaged_square(ALPHA, parts.memory["square"], g)
    direction = {name: quotient(g[name], square[name], EPS) for name in parts.weights}
    return descended(parts.weights, direction, step.lr), {"square": square}


def _tangent(here: Parts, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:
    g, dg = prepared(here, step.settings), prepared(along, step.settings)
    square = tangent_of_averaged_square(ALPHA, along.memory["square"], g, dg)
    direction = {
        name: tangent_of_quotient((g[name], dg[name]), (after["square"][name], square[name]), EPS) for name in g
    }
    return descended(along.weights, direction, step.lr), {"square": square}


ENTRIES = (
    Optimizer(
        "rmsprop", 2012, "T. Tieleman and G. Hinton, Coursera lecture 6.5; as torch.optim.RMSprop",
        _init, _update, _tangent, is_adaptive=True, torch="RMSprop", torch_options={"alpha": ALPHA, "eps": EPS},
    ),
)  # fmt: skip
