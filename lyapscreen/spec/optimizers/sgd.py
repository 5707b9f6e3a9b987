"""Gradient descent, and with momentum: updates that are linear, so that each is its own derivative."""

from __future__ import annotations

from lyapscreen.spec.optimizers.arithmetic import descended, nothing, prepared, zeros
from lyapscreen.spec.optimizers.rule import Memory, Optimizer, Parts, Step, Weights

FLAGS = {"momentum": 0.9, "weight_decay": 0.0}


def _sgd(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    return descended(parts.weights, prepared(parts, step.settings), step.lr), parts.memory


def _rest(weights: Weights) -> Memory:
    return {"velocity": zeros(weights)}


def _momentum(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    velocity = _velocity(prepared(parts, step.settings), parts, step)
    return descended(parts.weights, velocity, step.lr), {"velocity": velocity}


def _nesterov(parts: Parts, step: Step) -> tuple[Weights, Memory]:
    g = prepared(parts, step.settings)
    velocity = _velocity(g, parts, step)
    ahead = {name: g[name].add(velocity[name], alpha=step.settings.momentum) for name in parts.weights}
    return descended(parts.weights, ahead, step.lr), {"velocity": velocity}


def _velocity(gradient: Weights, parts: Parts, step: Step) -> Weights:
    before = parts.memory["velocity"]
    return {name: g.add(before[name], alpha=step.settings.momentum) for name, g in gradient.items()}


ENTRIES = (
    Optimizer(
        "sgd", 1951, "H. Robbins and S. Monro, Ann. Math. Statist. 22; as torch.optim.SGD", nothing, _sgd, torch="SGD"
    ),
    Optimizer(
        "momentum", 1964, "B. T. Polyak, USSR Comput. Math. 4; as torch.optim.SGD", _rest, _momentum,
        flags=FLAGS, torch="SGD",
    ),
    Optimizer(
        "nesterov", 1983, "Yu. Nesterov, Sov. Math. Dokl. 27; as torch.optim.SGD", _rest, _nesterov,
        flags=FLAGS, torch="SGD", torch_options={"nesterov": True},
    ),
)  # fmt: skip
