"""Activations as values with first and second derivative, for gradients that are written out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  its customary name

Slopes = tuple[Tensor, Tensor, Tensor | None]
"""f(z), f'(z), f''(z); None for a second derivative that is 0 wherever it exists."""

_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772
_LEAK = 0.01


def _linear(z: Tensor) -> Slopes:
    return z, torch.ones_like(z), None


def _relu(z: Tensor) -> Slopes:
    return z.relu(), (z > 0).to(z.dtype), None


def _leaky_relu(z: Tensor) -> Slopes:
    slope = torch.full_like(z, _LEAK).masked_fill_(z > 0, 1.0)
    return z * slope, slope, None


def _elu(z: Tensor) -> Slopes:
    h = F.elu(z)
    above = z > 0
    return h, (h + 1).masked_fill_(above, 1.0), (h + 1).masked_fill_(above, 0.0)


def _selu(z: Tensor) -> Slopes:
    h = F.selu(z)
    above = z > 0
    bent = h + _SELU_SCALE * _SELU_ALPHA
    return h, bent.masked_fill(above, _SELU_SCALE), bent.masked_fill(above, 0.0)


def _gelu(z: Tensor) -> Slopes:
    share = 0.5 * (1 + torch.erf(z / math.sqrt(2)))
    density = torch.exp(-0.5 * z.square()) / math.sqrt(2 * math.pi)
    return z * share, share + z * density, density * (2 - z.square())


def _silu(z: Tensor) -> Slopes:
    s = z.sigmoid()
    return z * s, s * (1 + z * (1 - s)), s * (1 - s) * (2 + z * (1 - 2 * s))


def _mish(z: Tensor) -> Slopes:
    s, tau = z.sigmoid(), F.softplus(z).tanh()
    first = (1 - tau.square()) * s
    return z * tau, tau + z * first, first * (2 + z * (1 - s - 2 * tau * s))


def _softplus(z: Tensor) -> Slopes:
    s = z.sigmoid()
    return F.softplus(z), s, s * (1 - s)


def _sigmoid(z: Tensor) -> Slopes:
    h = z.sigmoid()
    first = h * (1 - h)
    return h, first, first * (1 - 2 * h)


def _tanh(z: Tensor) -> Slopes:
    h = z.tanh()
    first = 1 - h.square()
    return h, first, -2 * h * first


POINTWISE: Mapping[type[torch.nn.Module], Callable[[Tensor], Slopes]] = {
    torch.nn.Identity: _linear,
    torch.nn.ReLU: _relu,
    torch.nn.LeakyReLU: _leaky_relu,
    torch.nn.ELU: _elu,
    torch.nn.SELU: _selu,
    torch.nn.GELU: _gelu,
    torch.nn.SiLU: _silu,
    torch.nn.Mish: _mish,
    torch.nn.Softplus: _softplus,
    torch.nn.Sigmoid: _sigmoid,
    torch.nn.Tanh: _tanh,
}
"""By torch's module with its default arguments; a test holds each to autograd."""
