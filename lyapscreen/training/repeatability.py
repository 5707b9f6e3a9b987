"""Whether a module's training step is a function of weights, minibatch and carried buffers, and of nothing else."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError
from lyapscreen.spec.optimizers import Weights
from lyapscreen.training import dropout
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.inputs import Inputs, cloned, named
from lyapscreen.training.module_derivatives import OwnModule, copied

CALLS = 8
"""Equal calls that are compared: a coin of the module's own shows in all but one of 128."""

LARGE = 1e3
"""Factor on all weights at which a forward pass that keeps them within bounds shows."""

MOVE = 0.5
"""Added to a buffer to see whether the step reads it."""


class Draws:
    """Watches the generators that a forward pass may draw from unseen."""

    def __init__(self) -> None:
        """Note their states."""
        self._before = self._states()

    def source(self) -> str:
        """Return which generator has been drawn from since, as a message names it; empty for none."""
        names = ("torch's global generator", "Python's random module", "NumPy's global generator")
        now = self._states()
        return next((name for name, a, b in zip(names, self._before, now, strict=True) if a != b), "")

    @staticmethod
    def _states() -> tuple[bytes, object, bytes]:
        state: Any = np.random.get_state()
        return torch.get_rng_state().numpy().tobytes(), random.getstate(), state[1].tobytes() + bytes([state[2] % 256])


def require_repeatable(own: OwnModule, weights: Weights, buffers: Buffers, inputs: Inputs, name: str) -> None:
    """Refuse a module that draws random numbers beside its dropouts, or answers differently to equal calls.

    Raises:
        ModelError: naming the generator, or what differs.

    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        draws = Draws()
        # Dropouts are handled by us, and draw nothing while their calls are being listed.
        with own.lent(weights, copied(buffers), ()), torch.no_grad():
            dropout.calls(lambda: own.module(inputs))
        if source := draws.source():
            found = f"its forward pass draws random numbers from {source}, beside torch's dropout"
            raise ModelError("model", name, found, "Use torch's dropout layers, or none")
    first = _answer(own, weights, buffers, inputs)
    if not torch.isfinite(first).all():
        return
    for _ in range(CALLS - 1):
        if not torch.equal(first, _answer(own, weights, buffers, inputs)):
            found = "equal calls with the same input give different outputs"
            raise ModelError("model", name, found, "Remove the state it keeps outside its weights and buffers")


def require_passive_buffers(own: OwnModule, weights: Weights, buffers: Buffers, inputs: Inputs, name: str) -> None:
    """Refuse a module whose training step reads a floating-point buffer, or frozen weight, that it also writes.

    Running statistics of batch norm are written in training and read in evaluation alone: they are carried beside the
    weights. One that acts back on a later step would be part of the map, and its share of the tangent is out of reach.
    Whole numbers and booleans may: they have no tangent.

    Raises:
        ModelError: naming the buffer.

    """
    states = [buffers]
    for _ in range(2):  # what is set at the first step may be read from the second on
        states.append(_called(own, weights, states[-1], inputs)[1])
    floating = [key for key, buffer in buffers.items() if buffer.is_floating_point()]
    written = [key for key in floating if any(not torch.equal(buffers[key], state[key]) for state in states[1:])]
    for key in written:
        for state in states:
            moved = {k: b + MOVE if k == key else b for k, b in state.items()}
            if not torch.equal(_answer(own, weights, moved, inputs), _answer(own, weights, state, inputs)):
                raise ModelError(
                    "model", name, f"its training step reads the buffer {key} that it also writes",
                    "Leave that layer out (spectral norm and slow copies are of this kind)",
                )  # fmt: skip


def require_untouched(own: OwnModule, weights: Weights, buffers: Buffers, inputs: Inputs, name: str) -> None:
    """Refuse a module whose forward pass changes its input, or its weights, in place.

    Raises:
        ModelError: naming what is changed.

    """
    for layer in own.module.modules():
        if getattr(layer, "max_norm", None) is not None and isinstance(layer, nn.Embedding | nn.EmbeddingBag):
            rule = "an embedding with max_norm changes its weights in the forward pass"
            raise ModelError("model", name, rule, "Leave max_norm out")
    for factor in (1.0, LARGE):  # weights at a bound show only beyond it
        given, before = {key: factor * leaf for key, leaf in weights.items()}, cloned(inputs)
        copies = {key: leaf.clone() for key, leaf in given.items()}
        _answer(own, copies, buffers, inputs)
        for (which, part), kept in zip(named(inputs).items(), named(before).values(), strict=True):
            if not torch.equal(part, kept):
                part.copy_(kept)
                rule = f"its forward pass changes {which} in place, so that no later step sees the same rows"
                raise ModelError("model", name, rule, "Work on a copy, x = x.clone()")
        for key, leaf in given.items():
            if not torch.equal(leaf, copies[key]):
                rule = f"its forward pass changes its weight {key} in place, beside the optimizer"
                raise ModelError("model", name, rule, "Compute with a clamped copy, w.clamp(...), instead")


def _answer(own: OwnModule, weights: Weights, buffers: Buffers, inputs: Inputs) -> Tensor:
    """Return the outputs of one training call, dropouts drawn from one seed."""
    return _called(own, weights, buffers, inputs)[0]


def _called(own: OwnModule, weights: Weights, buffers: Buffers, inputs: Inputs) -> tuple[Tensor, Buffers]:
    """Return the outputs of one training call, dropouts drawn from one seed, and the buffers after it."""
    after = copied(buffers)
    with torch.random.fork_rng(devices=[]), own.lent(weights, after, ()), torch.no_grad():
        torch.default_generator.manual_seed(0)
        outputs: Tensor = own.module(inputs)
        return outputs.detach(), {key: leaf.clone() for key, leaf in own.buffers(after).items()}
