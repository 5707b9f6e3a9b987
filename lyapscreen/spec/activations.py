"""Every activation: an entry here is all that another one needs.

The spec, the flags, the help, the schema and the training read `ACTIVATIONS`. Derivatives written out by hand
(`training/activation_derivatives.py`) make an MLP quicker; an activation without works by automatic differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ActivationEntry:
    """What is known of an activation before torch is imported."""

    module: str
    """Its class in torch.nn."""
    is_kinked: bool = False
    """Whether its derivative jumps: a trajectory beside another may then part from it at once."""


ACTIVATIONS: Mapping[str, ActivationEntry] = {
    "linear": ActivationEntry("Identity"),
    "relu": ActivationEntry("ReLU", is_kinked=True),
    "leaky_relu": ActivationEntry("LeakyReLU", is_kinked=True),
    "elu": ActivationEntry("ELU"),
    "selu": ActivationEntry("SELU", is_kinked=True),  # torch's meets 0 with slopes 1.76 and 1.05
    "gelu": ActivationEntry("GELU"),
    "silu": ActivationEntry("SiLU"),
    "mish": ActivationEntry("Mish"),
    "softplus": ActivationEntry("Softplus"),
    "sigmoid": ActivationEntry("Sigmoid"),
    "tanh": ActivationEntry("Tanh"),
}
"""By the name `--act` takes, in the order of `--act all`."""
