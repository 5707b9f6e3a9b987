"""Adagrad: the gradient over the root of the sum of all its squares, w' = w - lr g / (sqrt(s') + eps), s' = s + g^2."""

from __future__ import annotations

from lyapscreen.spec.optimizers.arithmetic import descended, prepared, quotient, tangent_of_quotient, zeros
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Step, Weights

EPS = 1e-10
"""What is added to the root, as in torch."""


def _init(weights: Weights) -> Memory:
    return {"square": zeros(weights)}


def _update(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    g = prepared(parts, step.settings)
    square = {name: s.addcmul(g[name], g[name]) for name, s in parts.memory["square"].items()}
    direction = {name: quotient(g[name], square[name], EPS) for name in parts.weights}
    return descended(parts.weights, direction, step.lr), {"square": square}


def _tangent(here: Parts, along: Parts, after: Memory, step: Step) -> tuple[Weights, Memory]:
    g, dg = prepared(here, step.settings), prepared(along, step.settings)
    square = {name: ds.addcmul(g[name], dg[name], value=2) for name, ds in along.memory["square"].items()}
    direction = {
        name: tangent_of_quotient((g[name], dg[name]), (after["square"][name], square[name]), EPS) for name in g
    }
    return descended(along.weights, direction, step.lr), {"square": square}


ENTRIES = (
    Optimizer(
        "adagrad",
        2011,
        "J. Duchi, E. Hazan and Y. Singer, JMLR 12; as torch.optim.Adagrad",
        _init,
        _update,
        _tangent,
        is_adaptive=True,
        torch="Adagrad",
        torch_options={"eps": EPS},
    ),
)
