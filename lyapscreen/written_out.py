"""Gradient and tangent of stacked fully connected networks, written out: the quick path of the probe.

    z_l = h_{l-1} W_l' + b_l     h_l = f(z_l)       (dots: derivatives along the tangent of the weights)
    .z_l = h_{l-1} .W_l' + .h_{l-1} W_l' + .b_l     .h_l = f'(z_l) .z_l
    e_{l-1} = (e_l W_l) f'     .e_{l-1} = (.e_l W_l + e_l .W_l) f' + (e_l W_l) f'' .z
    G_l = e_l' h_{l-1}         .G_l = .e_l' h_{l-1} + e_l' .h_{l-1}

Nine matrix products a layer against the gradient's three: the floor of forward over reverse mode
(B. A. Pearlmutter, Neural Computation 6, 1994, 147-160). Nothing here is an approximation; a test
holds it to torch.func on every activation and loss.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its customary name

from lyapscreen.optimizers import Weights
from lyapscreen.pointwise import POINTWISE, Slopes

Ends = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]]
"""`(outputs, their tangent, targets)` -> (losses [candidates], residual e, its tangent)."""


@dataclass(frozen=True)
class WrittenOut:
    """A fully connected network whose derivatives are written out."""

    layers: tuple[tuple[str, str], ...]
    """Names of each layer's weight [out, in] and bias [out]."""
    activation: tuple[Callable[[Tensor], Slopes], ...]
    """After each layer but the last."""
    ends: Ends

    def gradients(
        self, weights: Weights, tangent: Weights, inputs: Tensor, targets: Tensor, *_: object
    ) -> tuple[Weights, Weights, Tensor]:
        """Return gradient, its derivative along `tangent`, and losses [candidates].

        Args:
            weights: stacked weights, [candidates, ...] each.
            tangent: their tangent, of the same shapes.
            inputs: minibatches [candidates, rows, inputs].
            targets: [candidates, rows] or [candidates, rows, outputs].

        """
        h, dh = inputs, None
        before: list[tuple[Tensor, Tensor | None]] = []
        bends: list[tuple[Tensor, Tensor | None]] = []
        for place, (weight, bias) in enumerate(self.layers):
            before.append((h, dh))
            z = torch.baddbmm(weights[bias][:, None], h, weights[weight].mT)
            dz = torch.baddbmm(tangent[bias][:, None], h, tangent[weight].mT)
            if dh is not None:
                dz.baddbmm_(dh, weights[weight].mT)
            if place < len(self.activation):
                h, slope, curvature = self.activation[place](z)
                dh = slope * dz
                bends.append((slope, None if curvature is None else curvature.mul_(dz)))
        losses, e, de = self.ends(z, dz, targets)

        gradient: Weights = {}
        change: Weights = {}
        for place in reversed(range(len(self.layers))):
            weight, bias = self.layers[place]
            h, dh = before[place]
            gradient[weight], gradient[bias] = torch.bmm(e.mT, h), e.sum(1)
            change[weight], change[bias] = torch.bmm(de.mT, h), de.sum(1)
            if dh is not None:
                change[weight].baddbmm_(e.mT, dh)
                slope, bend = bends[place - 1]
                back = torch.bmm(e, weights[weight])
                de = torch.bmm(de, weights[weight]).baddbmm_(e, tangent[weight]).mul_(slope)
                if bend is not None:
                    de.addcmul_(back, bend)
                e = back.mul_(slope)
        # In the order of the weights: trees are matched leaf by leaf.
        return {name: gradient[name] for name in weights}, {name: change[name] for name in weights}, losses


def written_out(module: nn.Module, loss: object) -> WrittenOut | None:
    """Return the written-out derivatives of a module under a loss, or None where there are none.

    They exist for an `nn.Sequential` of `nn.Linear` layers with biases, one known activation after each but
    the last, under cross-entropy or the squared error.
    """
    ends = {F.cross_entropy: _cross_entropy, F.mse_loss: _squared}.get(loss)  # type: ignore[call-overload]
    if type(module) is not nn.Sequential or ends is None:
        return None
    parts = list(module)
    linear, between = parts[::2], parts[1::2]
    affine = all(type(part) is nn.Linear and part.bias is not None for part in linear)
    # An activation with arguments of its own prints them; only the default ones are written out.
    known = all(type(part) in POINTWISE and repr(part) == repr(type(part)()) for part in between)
    # Tied layers share one parameter, which named_parameters lists once.
    own = len(list(module.parameters())) == 2 * len(linear)
    if not (affine and known and own and len(linear) == len(between) + 1):
        return None
    names = tuple((f"{2 * i}.weight", f"{2 * i}.bias") for i in range(len(linear)))
    return WrittenOut(names, tuple(POINTWISE[type(part)] for part in between), ends)


def _cross_entropy(z: Tensor, dz: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Softmax minus one-hot over rows; the tangent is (diag p - p p') dz over rows."""
    rows = z.shape[1]
    logarithms = F.log_softmax(z, -1)
    picked = targets[..., None]
    losses = -logarithms.gather(2, picked).mean((1, 2))
    p = logarithms.exp_()
    weighted = p * dz
    de = weighted.addcmul_(p, weighted.sum(-1, keepdim=True), value=-1).div_(rows)
    one = torch.full(picked.shape, -1.0, dtype=z.dtype)
    return losses, p.scatter_add_(2, picked, one).div_(rows), de


def _squared(z: Tensor, dz: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    scale = 2 / (z.shape[1] * z.shape[2])
    e = z - targets
    return e.square().mean((1, 2)), e * scale, dz * scale
