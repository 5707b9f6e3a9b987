"""A case trained in plain PyTorch, as its user would, and its lambda_1 by two trainings a small distance apart."""

import math
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter

import lyapscreen as ls
from lyapscreen.spec.seeds import named_seed
from tests.helpers.zoo.case import INPUTS_OF, Case, arrays, plain_loss

SEED, STEPS = 0, 12

RATES = {"sgd": (0.05, 0.2), "momentum": (0.02, 0.1), "adamw": (0.003, 0.02)}
"""Learning rates, by optimizer: one that hardly moves and one that does."""

OPTIMIZERS = {
    "sgd": lambda weights, lr: torch.optim.SGD(weights, lr),
    "momentum": lambda weights, lr: torch.optim.SGD(weights, lr, momentum=0.9),
    "adamw": lambda weights, lr: torch.optim.AdamW(weights, lr),
}

DISTANCE = {"sgd": 1e-6, "momentum": 1e-6, "adamw": 1e-8}
"""Between the two trainings: Adam's first step bends over distances of its eps, 1e-8."""


class Trained(NamedTuple):
    losses: dict[int, tuple[float, float]]
    """(whole training part, held-out part) by steps done."""
    weights: torch.Tensor
    """All that is trained, in one row."""


def settings(case: Case, optimizer: str) -> dict:
    """What a case is screened with."""
    return {
        "model": finished(case) if case.finished else case.build, "data": arrays(case.data), "act": "tanh",
        "lr": RATES[optimizer], "optimizer": optimizer, "seeds": [SEED], "steps": STEPS, "batch_size": 8,
        "dtype": "float64", "inputs": INPUTS_OF.get(case.data, "auto"), "loss": case.loss, "halving": False,
        "rank_by": "effective", **case.settings,
    }  # fmt: skip


def finished(case: Case) -> nn.Module:
    """Return the module that is handed over, the same at every call."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(7)
        return case.build()


def replay(case: Case, optimizer: str, lr: float):
    return ls.replay(**{**settings(case, optimizer), "lr": lr})


def initialised(case: Case, like: nn.Module, double: bool) -> nn.Module:
    """Return the user's own module: a factory's under the seed, a finished one with the weights drawn for the seed.

    Raises:
        AssertionError: those of a factory, or frozen ones, are not the replay's.

    """
    make = case.plain or case.build
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(7 if case.finished else named_seed(SEED, "weights"))
        module = make() if case.finished else make(nn.Tanh)
        lazy = any(isinstance(p, UninitializedParameter) for p in module.parameters())
        if lazy:
            module(torch.zeros(2, 6))
    if double:
        module.double()
    assert case.initial is None or case.initial(like), "the weights drawn are not of the user's kind"
    own, drawn = list(module.named_parameters()), list(like.parameters())
    assert len(own) == len(drawn), "other parameters"
    for (name, parameter), other in zip(own, drawn, strict=True):
        assert parameter.requires_grad == other.requires_grad, f"{name} is frozen in one of them"
        if parameter.requires_grad and (lazy or (case.finished and case.settings.get("init") != "keep")):
            with torch.no_grad():
                parameter.copy_(other)
        assert torch.equal(parameter, other), f"other initial weights in {name}"
    for (name, buffer), other in zip(module.named_buffers(), like.buffers(), strict=True):
        assert torch.equal(buffer, other), f"another initial buffer {name}"
    return module


def train(case: Case, optimizer: str, lr: float, shift: float = 0.0) -> Trained:
    """Train a case from its initial weights, moved by `shift` times the probe's first tangent."""
    again = replay(case, optimizer, lr)
    module = initialised(case, again.model, case.settings.get("dtype") != "float32")
    weights = [p for p in module.parameters() if p.requires_grad]
    if shift:
        with torch.no_grad():
            for weight, along in zip(weights, direction(weights), strict=True):
                weight.add_(shift * along)
    steps = OPTIMIZERS[optimizer](weights, lr)
    loss = plain_loss(case)
    held_out, whole = again.held_out, again.batches.train

    def measured(inputs, targets):
        module.eval()
        with torch.no_grad():
            found = float(loss(answer(module, inputs), targets))
        module.train()
        return found

    losses = {}
    module.train()
    for t, (inputs, targets) in enumerate(again.batches, start=1):
        steps.zero_grad()
        loss(answer(module, inputs), targets).backward()
        steps.step()
        if not shift:
            losses[t] = measured(*whole), measured(*held_out)
    return Trained(losses, torch.cat([weight.detach().flatten() for weight in weights]))


def answer(module, inputs):
    """Call a module as its user does, with copies of its inputs."""
    if isinstance(inputs, dict):
        return module(**{name: part.clone() for name, part in inputs.items()})
    return module(*(part.clone() for part in (inputs if isinstance(inputs, tuple) else (inputs,))))


def direction(weights):
    generator = torch.Generator().manual_seed(named_seed(SEED, "perturbation"))
    return [torch.randn(w.shape, generator=generator, dtype=torch.float64) for w in weights]


def growth(case: Case, optimizer: str, lr: float) -> float:
    """Return T lambda_1: ln of the factor by which two trainings part, or come together."""
    distance = DISTANCE[optimizer] * case.nearer
    ends = [train(case, optimizer, lr, sign * distance).weights for sign in (1, -1)]
    first = replay(case, optimizer, lr).model
    start = torch.cat([v.flatten() for v in direction([p for p in first.parameters() if p.requires_grad])])
    return math.log(float((ends[0] - ends[1]).norm() / (2 * distance * start.norm())))
