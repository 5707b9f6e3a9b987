"""Gradient and tangent of stacked fully connected networks, written out: the quick path of the probe.

    z_l = W_l h_{l-1} + b_l     h_l = f(z_l)       (dots: derivatives along the tangent of the weights)
    .z_l = W_l .h_{l-1} + .W_l h_{l-1} + .b_l      .h_l = f'(z_l) .z_l
    e_{l-1} = (W_l' e_l) f'     .e_{l-1} = (W_l' .e_l + .W_l' e_l) f' + (W_l' e_l) f'' .z
    G_l = e_l h_{l-1}'          .G_l = .e_l h_{l-1}' + e_l .h_{l-1}'

Nine matrix products a layer against the gradient's three: the floor of forward over reverse mode
(B. A. Pearlmutter, Neural Computation 6, 1994, 147-160). Nothing here is an approximation; a test
holds it to torch.func on every activation and loss.

Every activity is [candidates, units, rows]: with the rows last, products and softmax over a few outputs take a
third and less of their time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its customary name

from lyapscreen.spec.optimizers import Weights
from lyapscreen.training.activation_derivatives import POINTWISE, Slopes
from lyapscreen.training.derivatives import Gradients, Pushed

Ends = Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]]
"""`(outputs [candidates, outputs, rows], targets)` -> (losses [candidates], residual e, tangent of outputs -> of e)."""


class Forward(NamedTuple):
    """What the forward pass leaves behind."""

    inputs: list[Tensor]
    """Of each layer, [candidates, rows, units]."""
    slopes: list[tuple[Tensor, Tensor | None]]
    """f' and f'' after each layer but the last, [candidates, units, rows]."""
    outputs: Tensor
    """[candidates, outputs, rows]"""


class Backward(NamedTuple):
    """What the backward pass leaves behind, a layer each, [candidates, units, rows]."""

    errors: list[Tensor]
    """e_l."""
    returned: list[Tensor | None]
    """W_l' e_l; None where it ends, and where f'' = 0 makes its tangent independent of it."""


@dataclass(frozen=True)
class MlpDerivatives:
    """A fully connected network whose derivatives are written out."""

    layers: tuple[tuple[str, str], ...]
    """Names of each layer's weight [out, in] and bias [out]."""
    activation: tuple[Callable[[Tensor], Slopes], ...]
    """After each layer but the last."""
    ends: Ends

    def gradient(self, weights: Weights, inputs: Tensor, targets: Tensor, *_: object) -> Gradients:
        """Return gradient and losses [candidates]; arguments as those of `gradient_and_jvp`."""
        forward = self._forward(weights, inputs)
        losses, e, _tangent = self.ends(forward.outputs, targets)
        return Gradients(self._products(weights, forward, self._backward(weights, forward, e)), losses, {})

    def gradient_and_jvp(
        self, weights: Weights, tangent: Weights, inputs: Tensor, targets: Tensor, *_: object
    ) -> Pushed:
        """Return gradient, its derivative along `tangent`, and losses [candidates].

        Args:
            weights: stacked weights, [candidates, ...] each.
            tangent: their tangent, of the same shapes.
            inputs: minibatches [candidates, rows, inputs].
            targets: [candidates, rows] or [candidates, rows, outputs].

        """
        forward = self._forward(weights, inputs)
        losses, e, tangent_of_e = self.ends(forward.outputs, targets)
        backward = self._backward(weights, forward, e)
        gradient = self._products(weights, forward, backward)

        dh: list[Tensor] = []  # the data has no tangent, so that this begins with the second layer
        bends: list[Tensor | None] = []
        for place, (weight, bias) in enumerate(self.layers):
            dz = torch.baddbmm(tangent[bias][:, :, None], tangent[weight], forward.inputs[place].mT)
            if place:
                dz.baddbmm_(weights[weight], dh[-1])
            if place < len(forward.slopes):
                slope, curvature = forward.slopes[place]
                bends.append(None if curvature is None else curvature.mul_(dz))
                dh.append(dz.mul_(slope))

        change: Weights = {}
        de = tangent_of_e(dz)
        for place in reversed(range(len(self.layers))):
            weight, bias = self.layers[place]
            change[weight], change[bias] = torch.bmm(de, forward.inputs[place]), de.sum(2)
            if place:
                e, returned, bend = backward.errors[place], backward.returned[place], bends[place - 1]
                change[weight].baddbmm_(e, dh[place - 1].mT)
                de = torch.bmm(weights[weight].mT, de).baddbmm_(tangent[weight].mT, e)
                de.mul_(forward.slopes[place - 1][0])
                if returned is not None and bend is not None:
                    de.addcmul_(returned, bend)
        return Pushed(gradient, _in_order(weights, change), losses, {})

    def _forward(self, weights: Weights, inputs: Tensor) -> Forward:
        before, slopes = [inputs], []
        for place, (weight, bias) in enumerate(self.layers):
            z = torch.baddbmm(weights[bias][:, :, None], weights[weight], before[-1].mT)
            if place < len(self.activation):
                h, slope, curvature = self.activation[place](z)
                before.append(h.mT)
                slopes.append((slope, curvature))
        return Forward(before, slopes, z)

    def _backward(self, weights: Weights, forward: Forward, e: Tensor) -> Backward:
        errors, returned = [e], []
        for (weight, _), (slope, curvature) in zip(reversed(self.layers), reversed(forward.slopes), strict=False):
            back = torch.bmm(weights[weight].mT, errors[-1])
            bent = curvature is not None
            errors.append(back * slope if bent else back.mul_(slope))
            returned.append(back if bent else None)
        return Backward(errors[::-1], [None, *returned[::-1]])

    def _products(self, weights: Weights, forward: Forward, backward: Backward) -> Weights:
        found: Weights = {}
        for (weight, bias), h, e in zip(self.layers, forward.inputs, backward.errors, strict=True):
            found[weight], found[bias] = torch.bmm(e, h), e.sum(2)
        return _in_order(weights, found)


def mlp_derivatives(module: nn.Module, loss: object) -> MlpDerivatives | None:
    """Return the written-out derivatives of a module under a loss, or None where there are none.

    They exist for an `nn.Sequential` of `nn.Linear` layers with biases, one known activation after each but
    the last, under cross-entropy or the squared error. A frozen weight, a hook, or a layer whose `forward` was
    replaced is none of what is written out.
    """
    ends = {F.cross_entropy: _cross_entropy, F.mse_loss: _squared}.get(loss)  # type: ignore[call-overload]
    if type(module) is not nn.Sequential or ends is None or not _as_written(module):
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
    return MlpDerivatives(names, tuple(POINTWISE[type(part)] for part in between), ends)


def _as_written(module: nn.Module) -> bool:
    """Tell whether a module computes what its layers say, and trains all of it."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    changed = any("forward" in vars(part) or any(vars(part)[kind] for kind in hooks) for part in module.modules())
    return not changed and all(weight.requires_grad for weight in module.parameters())


def _cross_entropy(z: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Softmax minus one-hot over rows; the tangent is (diag p - p p') dz over rows."""
    rows = z.shape[2]
    logarithms = F.log_softmax(z, 1)
    picked = targets[:, None]
    losses = -logarithms.gather(1, picked).mean((1, 2))
    p = logarithms.exp_()
    one = z.new_full(picked.shape, -1.0)

    def tangent(dz: Tensor) -> Tensor:
        weighted = p * dz
        return weighted.addcmul_(p, weighted.sum(1, keepdim=True), value=-1).div_(rows)

    return losses, p.scatter_add(1, picked, one).div_(rows), tangent


def _squared(z: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]:
    """Twice outputs minus targets over their number."""
    scale = 2 / (z.shape[1] * z.shape[2])
    e = z - targets.mT
    return e.square().mean((1, 2)), e * scale, lambda dz: dz * scale


def _in_order(weights: Weights, found: Weights) -> Weights:
    """Return what was found in the order of the weights: trees are matched leaf by leaf."""
    return {name: found[name] for name in weights}
