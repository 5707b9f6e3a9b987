"""Fully connected networks too large to be built before anything is planned: looked at by a narrower twin.

The path to their derivatives does not depend on the widths, and what they take follows from the shapes alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import nn

from lyapscreen.spec import parsing
from lyapscreen.spec.spec import Spec
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import mlp

LARGE = 20_000_000
"""Weights from which on a network is looked at by its twin: building one takes longer than a second."""

TIMED = 1_000_000
"""Weights of the twin that is timed: enough that its steps are arithmetic and nothing else."""

NARROW = 64
"""Widest layer of the twin that is looked at."""


def is_large(spec: Spec, n_inputs: int, n_outputs: int) -> bool:
    """Tell whether the spec's model is one of these; with weights from a file it is built all the same."""
    named = isinstance(spec.model, str) and spec.model.startswith("mlp:") and spec.weights is None
    return named and _weights([n_inputs, *parsing.widths(spec.model), n_outputs]) > LARGE


def narrowed(spec: Spec) -> Spec:
    """Return the spec with a network of as many layers, each narrow."""
    return _of_widths(spec, [min(NARROW, width) for width in parsing.widths(spec.model)])


def timed(spec: Spec, n_inputs: int, n_outputs: int) -> tuple[Spec, float]:
    """Return the spec with a network that can be timed, and how many times as many weights the spec's own has.

    Time and memory of a step grow as the weights do, where there are so many.
    """
    widths = parsing.widths(spec.model)
    whole = _weights([n_inputs, *widths, n_outputs])
    shrunk = [max(NARROW, math.ceil(width * math.sqrt(TIMED / whole))) for width in widths]
    shrunk = [min(width, own) for width, own in zip(shrunk, widths, strict=True)]
    return _of_widths(spec, shrunk), whole / _weights([n_inputs, *shrunk, n_outputs])


def shapes(spec: Spec, activation: str, n_inputs: int, n_outputs: int) -> nn.Module:
    """Return the network without its numbers, on torch's meta device."""
    with torch.device("meta"):
        return mlp(parsing.widths(spec.model))(Activation(activation), n_inputs, n_outputs)


def _of_widths(spec: Spec, widths: Sequence[int]) -> Spec:
    return spec.model_copy(update={"model": f"mlp:{','.join(map(str, widths))}"})


def _weights(units: Sequence[int]) -> int:
    """Return how many weights and biases layers of so many units have, inputs and outputs among them."""
    return sum((before + 1) * after for before, after in pairwise(units))
