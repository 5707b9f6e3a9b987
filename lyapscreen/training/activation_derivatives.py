"""Activations as values with first and second derivative, for gradients that are written out by hand.

A choice between two cases is made by `sgn`, `clamp` and products: torch's comparisons and masks go through an array
one number at a time, and take ten to thirty times as long.
"""

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
    h = z.relu()
    return h, h.sgn(), None


def _leaky_relu(z: Tensor) -> Slopes:
    slope = z.sgn().clamp_(min=_LEAK)
    return z * slope, slope, None


def _elu(z: Tensor) -> Slopes:
    h = F.elu(z)
    return h, *_bent(z, h, 1.0, 1.0)


def _selu(z: Tensor) -> Slopes:
    h = F.selu(z)
    return h, *_bent(z, h, _SELU_SCALE, _SELU_ALPHA)


def _bent(z: Tensor, h: Tensor, scale: float, alpha: float) -> tuple[Tensor, Tensor]:
    """Return the derivatives of scale z above 0, scale alpha (e^z - 1) up to 0: h + scale alpha is both of them there.

    Above 0 the second is exactly 0: the same number less itself.
    """
    above = z.sgn().clamp_(min=0)
    second = h.clamp(max=0).add_(scale * alpha).sub_(above, alpha=scale * alpha)
    return second.add(above, alpha=scale), second


def _gelu(z: Tensor) -> Slopes:
    share = z.div(math.sqrt(2)).erf_().add_(1).mul_(0.5)
    square = z.square()
    density = square.mul(-0.5).exp_().div_(math.sqrt(2 * math.pi))
    return z * share, share.addcmul_(z, density), square.neg_().add_(2).mul_(density)


def _silu(z: Tensor) -> Slopes:
    s = z.sigmoid()
    h = z * s
    first = s * (1 - s)
    return h, s.addcmul(z, first), first * (2 + z - 2 * h)


def _mish(z: Tensor) -> Slopes:
    # tanh(ln(1 + e^z)) = n / (n + 2), n = e^z (e^z + 2): without its own tanh and logarithm, which take four times
    # as long. From z = 20 on it is 1 in any dtype, and beyond 44 the square would overflow.
    e = z.clamp(max=20).exp_()
    n = (e + 2).mul_(e)
    tau = n / (n + 2)
    s = z.sigmoid()
    first = (1 - tau.square()).mul_(s)
    return z * tau, tau.addcmul(z, first), first * (2 + z * (1 - s - 2 * tau * s))


def _softplus(z: Tensor) -> Slopes:
    s = z.sigmoid()
    return F.softplus(z), s, s * (1 - s)


def _sigmoid(z: Tensor) -> Slopes:
    h = z.sigmoid()
    first = h * (1 - h)
    return h, first, first * (1 - 2 * h)


def _tanh(z: Tensor) -> Slopes:
    # 2 s(2z) - 1 is tanh to a rounding of 1, in a quarter of its time.
    h = z.mul(2).sigmoid_().mul_(2).sub_(1)
    first = 1 - h.square()
    return h, first, first.mul(h).mul_(-2)


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
