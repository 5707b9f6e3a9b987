"""The activations by name, as a factory asks for them and as they replace those of a finished module."""

from __future__ import annotations

from torch import nn

from lyapscreen.spec.activations import ACTIVATIONS

REPLACEABLE = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU, nn.GELU, nn.SiLU, nn.Mish,
    nn.Softplus, nn.Softsign, nn.Sigmoid, nn.LogSigmoid, nn.Tanh, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
    nn.Hardshrink, nn.Softshrink, nn.Tanhshrink, nn.Threshold,
)  # fmt: skip
"""Layers of torch that act on each number by itself; nn.Identity is not one: it marks places, not choices."""


class Activation:
    """Makes the candidate's activation: a factory calls it wherever its network wants an activation module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0

    def __call__(self) -> nn.Module:
        """Return a fresh activation module."""
        self.calls += 1
        module: nn.Module = getattr(nn, ACTIVATIONS[self.name].module)()
        return module
