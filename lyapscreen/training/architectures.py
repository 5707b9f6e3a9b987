"""The built-in networks, as factories."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import nn

from lyapscreen.errors import ModelError
from lyapscreen.training.activations import Activation

Factory = Callable[..., nn.Module]


def mlp(hidden: Sequence[int]) -> Factory:
    """Return a factory of fully connected networks with these hidden widths and torch's default initial weights."""

    def factory(activation: Activation, n_inputs: int, n_outputs: int) -> nn.Module:
        layers: list[nn.Module] = []
        width = n_inputs
        for next_width in hidden:
            layers += [nn.Linear(width, next_width), activation()]
            width = next_width
        return nn.Sequential(*layers, nn.Linear(width, n_outputs))

    return factory


def cnn(input_shape: Sequence[int]) -> Factory:
    """Return a factory of small convolutional networks for images [channels, height, width].

    Two 3 x 3 convolutions of 16 and 32 channels, each followed by the activation and a 2 x 2 maximum,
    then one linear layer. A row of h^2 numbers is taken as an image of h x h pixels.

    Raises:
        ModelError: the inputs are no images, or smaller than 4 x 4.

    """
    folded = _folded(input_shape)
    channels, height, width = folded
    if min(height, width) < 4:
        raise ModelError(
            "model", "cnn", f"it needs images of at least 4 x 4, but these are {height} x {width}", "Use mlp"
        )

    def factory(activation: Activation, n_inputs: int, n_outputs: int) -> nn.Module:  # noqa: ARG001  as every factory
        layers: list[nn.Module] = [] if len(input_shape) == 3 else [nn.Unflatten(1, folded)]
        return nn.Sequential(
            *layers,
            nn.Conv2d(channels, 16, 3, padding=1), activation(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), activation(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(32 * (height // 4) * (width // 4), n_outputs),
        )  # fmt: skip

    return factory


def _folded(input_shape: Sequence[int]) -> tuple[int, int, int]:
    if len(input_shape) == 3:
        return (input_shape[0], input_shape[1], input_shape[2])
    side = math.isqrt(input_shape[0])
    if len(input_shape) == 1 and side**2 == input_shape[0]:
        return (1, side, side)
    shape = " x ".join(map(str, input_shape))
    raise ModelError("model", "cnn", f"it needs images, but the inputs have the shape {shape}", "Use mlp:64,64")
