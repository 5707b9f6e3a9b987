"""Gradient and tangent by the user's own module: one candidate at a time, its weights and buffers put into the module.

Hooks, checkpoints, branches on data and buffers then do what they do in plain training. Two ways to the tangent:

    double backward   d(g . v)/dw, the transpose of dg/dw along v: right wherever the step descends a gradient
    dual numbers      backward on dual tensors, with a detach that cuts reverse mode alone: right for stop-gradient and
                      straight-through forms too, whose dg/dw is not symmetric

Which of them is the derivative of the step is found by `derivative_check`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.overrides import TorchFunctionMode

from lyapscreen.exponents import trees
from lyapscreen.spec.optimizers import Weights
from lyapscreen.training import dropout
from lyapscreen.training.derivatives import Buffers, Gradients, Pushed, restacked
from lyapscreen.training.inputs import Inputs

fwad: Any = torch.autograd.forward_ad  # without annotations of its own

LossOf = Callable[[Tensor, Tensor], Tensor]
"""`loss(outputs, targets) -> scalar`."""


class OwnModule:
    """A module in training mode whose weights are lent to one candidate after the other."""

    def __init__(self, module: nn.Module, loss: LossOf) -> None:
        """Keep the module; its own weights are never used."""
        self.module, self.loss = module, loss
        self._survey()

    def _survey(self) -> None:
        """Note where the module keeps its parameters and buffers: a forward pass may put other buffers there."""
        module = self.module
        self._parameters = dict(module.named_parameters())
        first = {id(buffer): name for name, buffer in module.named_buffers()}
        self._places: dict[str, list[tuple[nn.Module, str]]] = {name: [] for name in first.values()}
        for part in module.modules():
            for key, buffer in part._buffers.items():
                if buffer is not None:
                    self._places[first[id(buffer)]].append((part, key))

    @contextmanager
    def lent(self, weights: Weights, buffers: Buffers, masks: Sequence[Tensor]) -> Iterator[list[Tensor]]:
        """Put one candidate's weights and buffers into the module; give its parameters, in the order of the weights.

        Buffers are written to, as in training: what is given are copies.
        """
        device = next(iter(weights.values())).device
        if device != next(iter(self._parameters.values())).device:
            self.module.to(device)
            self._survey()
        for name, parameter in self._parameters.items():
            trained = name in weights
            parameter.data = weights[name] if trained else buffers[name]
            parameter.requires_grad_(trained)
            parameter.grad = None
        for name, places in self._places.items():
            for part, key in places:
                part._buffers[key] = buffers[name]
        with torch.enable_grad(), masked(masks):
            yield [self._parameters[name] for name in weights]

    def value(self, inputs: Inputs, targets: Tensor) -> Tensor:
        """Return the minibatch loss of the candidate that has the module."""
        return self.loss(self.module(inputs), targets)

    def buffers(self, given: Buffers) -> Buffers:
        """Return buffers as the forward pass has left them, and frozen weights as they are."""
        left = {name: places[0][0]._buffers[places[0][1]] for name, places in self._places.items()}
        return {name: leaf if (now := left.get(name)) is None else now.detach() for name, leaf in given.items()}


Single = Callable[..., Pushed]
"""`single(own, weights, tangent, inputs, targets, buffers, masks)` of one candidate."""


@dataclass(frozen=True)
class ByModule:
    """Derivatives of all candidates by one module, in turn."""

    own: OwnModule
    single: Single
    """The way to a tangent: `double_backward` or `dual_numbers`."""

    def gradient(self, weights: Weights, *batch: Any) -> Gradients:
        """Return the gradients, as a plain training step finds them."""
        return restacked([plain_gradient(self.own, *one) for one in _each(weights, *batch)])

    def gradient_and_jvp(self, weights: Weights, tangent: Weights, *batch: Any) -> Pushed:
        """Return the gradients and their tangents."""
        return restacked([self.single(self.own, *one) for one in _each(weights, tangent, *batch)])


def plain_gradient(
    own: OwnModule, weights: Weights, inputs: Inputs, targets: Tensor, buffers: Buffers, masks: Sequence[Tensor]
) -> Gradients:
    """Return one candidate's gradient by `.backward()`, zero where a weight has none."""
    after = copied(buffers)
    with own.lent(weights, after, masks) as leaves:
        value = own.value(inputs, targets)
        if value.requires_grad:
            value.backward()  # type: ignore[no-untyped-call]
    found = [torch.zeros_like(leaf) if leaf.grad is None else leaf.grad for leaf in leaves]
    for leaf in leaves:
        leaf.grad = None
    return Gradients(dict(zip(weights, found, strict=True)), value.detach(), own.buffers(after))


def without_gradient(
    own: OwnModule, weights: Weights, inputs: Inputs, targets: Tensor, buffers: Buffers, masks: Sequence[Tensor]
) -> frozenset[str]:
    """Return the names of the weights that backward gives no gradient: torch's optimizers leave those alone."""
    with own.lent(weights, copied(buffers), masks) as leaves:
        own.value(inputs, targets).backward()  # type: ignore[no-untyped-call]
        return frozenset(name for name, leaf in zip(weights, leaves, strict=True) if leaf.grad is None)


def double_backward(
    own: OwnModule, weights: Weights, tangent: Weights, inputs: Inputs, targets: Tensor, buffers: Buffers,
    masks: Sequence[Tensor],
) -> Pushed:  # fmt: skip
    """Return one candidate's gradient and tangent: the gradient of (gradient . v) with the gradient's own graph."""
    after = copied(buffers)
    with own.lent(weights, after, masks) as leaves:
        value = own.value(inputs, targets)
        gradient = _of(value, leaves)
        live = [(g, tangent[name]) for name, g in zip(weights, gradient, strict=True) if g.requires_grad]
        if live:
            outputs, along = zip(*live, strict=True)
            change = torch.autograd.grad(outputs, leaves, along, materialize_grads=True)
        else:
            change = tuple(torch.zeros_like(leaf) for leaf in leaves)
    return Pushed(
        {name: g.detach() for name, g in zip(weights, gradient, strict=True)},
        dict(zip(weights, change, strict=True)),
        value.detach(),
        own.buffers(after),
    )


def dual_numbers(
    own: OwnModule, weights: Weights, tangent: Weights, inputs: Inputs, targets: Tensor, buffers: Buffers,
    masks: Sequence[Tensor],
) -> Pushed:  # fmt: skip
    """Return one candidate's gradient and tangent by backward on dual tensors; a detach keeps the tangent."""
    after = copied(buffers)
    with fwad.dual_level(), torch.enable_grad(), masked(masks), _DetachInReverse():
        leaves = {name: w.detach().requires_grad_() for name, w in weights.items()}
        duals = {name: fwad.make_dual(leaf, tangent[name]) for name, leaf in leaves.items()}
        value = own.loss(functional_call(own.module, (duals, after), (inputs,)), targets)
        parts = [fwad.unpack_dual(g) for g in _of(value, list(leaves.values()))]
        gradient = {name: p.primal.detach() for name, p in zip(weights, parts, strict=True)}
        change = {
            name: torch.zeros_like(p.primal) if p.tangent is None else p.tangent.detach()
            for name, p in zip(weights, parts, strict=True)
        }
        plain = {name: fwad.unpack_dual(leaf).primal.detach() for name, leaf in after.items()}
        return Pushed(gradient, change, fwad.unpack_dual(value).primal.detach(), plain)


class _DetachInReverse(TorchFunctionMode):
    """Cuts reverse mode at a detach, and leaves the tangent, which plain dual numbers would drop."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (Tensor.detach, torch.detach):
            primal, tangent = fwad.unpack_dual(args[0])
            cut = primal.detach()
            return cut if tangent is None else fwad.make_dual(cut, tangent.detach())
        return func(*args, **(kwargs or {}))


def _of(value: Tensor, leaves: list[Tensor]) -> tuple[Tensor, ...]:
    """Return the gradient with its graph; zeros where nothing in the loss can be differentiated."""
    if not value.requires_grad:
        return tuple(torch.zeros_like(leaf) for leaf in leaves)
    return torch.autograd.grad(value, leaves, create_graph=True, materialize_grads=True)


def _each(*stacked: Any) -> Iterator[tuple[Any, ...]]:
    count = len(trees.tree_leaves(stacked)[0])
    for index in range(count):
        one: tuple[Any, ...] = trees.tree_map(lambda leaf, i=index: leaf[i], stacked)
        yield one


def copied(buffers: Buffers) -> Buffers:
    """Return buffers that a forward pass may write to."""
    return {name: leaf.clone() for name, leaf in buffers.items()}


@contextmanager
def masked(masks: Sequence[Tensor]) -> Iterator[None]:
    """Have the dropouts called inside use these masks, in order."""
    if not masks:
        yield
        return
    with dropout.replayed(masks):
        yield


def functions_of(value: Tensor) -> list[str]:
    """Return the names of the autograd functions written in Python that a value was computed with."""
    found: dict[str, None] = {}
    waiting, seen = [value.grad_fn], set[Any]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if isinstance(node, torch.autograd.function.BackwardCFunction):
            found[type(node).__name__.removesuffix("Backward")] = None
        waiting += [following for following, _ in node.next_functions]
    return list(found)
