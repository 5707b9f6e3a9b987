"""A LightningModule's training step in two: its network, from a batch to outputs, and its loss, of outputs and targets.

The step is run as it is written; at the last call of a layer with weights to train (the module's own forward, or one
of its parts) it is cut: the network is what comes before, the loss what comes after. `matches` holds the two together
to the whole step, value and gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError
from lyapscreen.integrations.lightning.copying import quiet
from lyapscreen.integrations.loaders import Rows, filled

BATCH_INDEX = 0
"""The place in the epoch that every training step is given."""


class _ReachedError(Exception):
    """Leaves a training step at the cut."""

    def __init__(self, outputs: Any) -> None:
        super().__init__()
        self.outputs = outputs


@dataclass(frozen=True)
class Cut:
    """Where a training step is cut, and how batches are made for it."""

    layer: str
    """Whose call is the cut; empty: the module's own forward."""
    call: int
    """Which of its calls, counted from 0."""
    form: Any
    """Of a batch, as `loaders.Rows` has it."""
    target: int
    """Place of the target in it."""
    row: tuple[int, ...]
    """Shape of one row's target."""
    kind: torch.dtype
    """Of the targets in a batch."""
    inputs: tuple[tuple[tuple[int, ...], torch.dtype], ...]
    """Shape of one row, and dtype, of each input."""
    outputs: tuple[int, ...]
    """Shape of one row of outputs."""
    center: tuple[float, ...] | None = None
    """Mean of each target of a regression in the training part, as the screening takes it off; None: classes."""
    spread: tuple[float, ...] | None = None
    """Its standard deviation."""
    binary: bool = False
    """Whether one output stands for two classes."""

    def batch(self, inputs: Sequence[Tensor], targets: Tensor | None, count: int, like: Tensor) -> Any:
        """Return a batch; zeros for targets, or for all inputs, that are not given."""
        leaves = list(inputs)
        if not leaves:
            kinds = [like.dtype if kind.is_floating_point else kind for _, kind in self.inputs]
            leaves = [
                torch.zeros(count, *shape, dtype=kind, device=like.device)
                for (shape, _), kind in zip(self.inputs, kinds, strict=True)
            ]
        kind = like.dtype if self.kind.is_floating_point else self.kind
        found = torch.zeros(count, *self.row, dtype=kind, device=like.device) if targets is None else targets
        return filled(self.form, [*leaves[: self.target], found.to(kind), *leaves[self.target :]])

    def scaled(self, outputs: Tensor) -> Tensor:
        """Return a step's outputs as the screening has them: those of a regression in the targets' scale."""
        if self.binary:
            column = outputs.reshape(len(outputs), 1)
            return torch.cat([torch.zeros_like(column), column], 1)
        if self.center is None:
            return outputs
        return (outputs.flatten(1) if outputs.dim() > 1 else outputs[:, None]).sub(_like(self.center, outputs)) / _like(
            self.spread, outputs
        )

    def unscaled(self, values: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Return outputs, or targets, as the step has them: a row has the shape given."""
        if self.center is not None and values.is_floating_point():
            values = values * _like(self.spread, values) + _like(self.center, values)
        return values.reshape(len(values), *shape)


def _like(numbers: Any, values: Tensor) -> Tensor:
    return torch.tensor(numbers, dtype=values.dtype, device=values.device)


class Network(nn.Module):
    """The network of a training step: called with the inputs of a batch, it gives the outputs."""

    def __init__(self, module: nn.Module, cut: Cut, name: str, *, keeps_activations: bool) -> None:
        super().__init__()
        self.module, self.cut, self.keeps_activations = module, cut, keeps_activations
        self.__qualname__ = name

    def forward(self, *inputs: Tensor) -> Tensor:
        """Return the outputs in the scale of the screening's targets."""
        like = next(iter(self.module.parameters()))
        batch = self.cut.batch(inputs, None, len(inputs[0]), like)
        return self.cut.scaled(reached(self.module, self.cut, batch))


class StepLoss:
    """The loss of a training step: what it makes of outputs and targets."""

    def __init__(self, module: nn.Module, cut: Cut, name: str) -> None:
        self.cut, self.__qualname__ = cut, name
        self._modules = {(torch.float32, torch.device("cpu")): quiet(module).requires_grad_(False).eval()}

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of outputs [rows, ...] and targets as the screening has them."""
        cut, where = self.cut, (outputs.dtype, outputs.device)
        if where not in self._modules:
            first = next(iter(self._modules.values()))
            self._modules[where] = quiet(first).to(outputs.device, outputs.dtype)
        own = outputs[:, 1] if cut.binary else outputs
        given = cut.unscaled(own, cut.outputs)
        batch = cut.batch((), cut.unscaled(targets, cut.row), len(targets), outputs)
        return step(self._modules[where], cut, batch, given)


def reached(module: nn.Module, cut: Cut, batch: Any) -> Tensor:
    """Return the outputs of a training step at the cut."""

    def leave(run: Callable[[], Any]) -> Any:
        raise _ReachedError(run())

    with _at(module, cut, leave):
        try:
            module.training_step(batch, BATCH_INDEX)  # type: ignore[operator]
        except _ReachedError as found:
            return found.outputs  # type: ignore[no-any-return]
    rule = "its training step goes another way for some batches"
    raise ModelError("model", type(module).__name__, rule, "Let it call its network in every batch")


def step(module: nn.Module, cut: Cut | None, batch: Any, outputs: Tensor | None = None) -> Tensor:
    """Return the loss of a training step, with outputs in place of the network's if they are given."""
    if cut is None or outputs is None:
        found = module.training_step(batch, BATCH_INDEX)  # type: ignore[operator]
    else:
        with _at(module, cut, lambda _: outputs):
            found = module.training_step(batch, BATCH_INDEX)  # type: ignore[operator]
    loss = found.get("loss") if isinstance(found, dict) else found
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        rule = f"its training step returns {type(loss).__name__}, not one loss"
        raise ModelError("model", type(module).__name__, rule, "Return the loss, or a dict with loss")
    return loss.reshape(())


@contextmanager
def _at(module: nn.Module, cut: Cut, then: Callable[[Callable[[], Any]], Any]) -> Iterator[None]:
    """Have the layer at the cut do something else in its call there."""
    layer, count = module.get_submodule(cut.layer), 0
    forward = layer.forward

    def patched(*args: Any, **kwargs: Any) -> Any:
        nonlocal count
        count += 1
        return then(lambda: forward(*args, **kwargs)) if count == cut.call + 1 else forward(*args, **kwargs)

    layer.__dict__["forward"] = patched
    try:
        yield
    finally:
        del layer.__dict__["forward"]


@dataclass
class _Trace:
    depth: int = 0
    calls: list[tuple[str, Any]] = field(default_factory=list)


def cut_of(module: nn.Module, rows: Rows, batch: Any, name: str) -> Cut:
    """Find where to cut a training step, by running it on a copy of the module once.

    Raises:
        ModelError: it calls no layer with weights to train, or one that answers something else than a tensor.

    """
    trace, trial = _Trace(), quiet(module)
    for path, layer in trial.named_modules():
        if any(weight.requires_grad for weight in layer.parameters()):
            layer.__dict__["forward"] = _traced(trace, path, layer.forward)
    step(trial, None, batch)
    fix = "Compute the outputs by self(x) or one layer, and the loss from them and the target"
    if not trace.calls:
        raise ModelError("model", name, "its training step calls no layer with weights to train", fix)
    path, outputs = trace.calls[-1]
    if not isinstance(outputs, Tensor) or not outputs.dim() or len(outputs) != len(_first(batch)):
        what = f"{type(outputs).__name__}" + (
            f" of shape {tuple(outputs.shape)}" if isinstance(outputs, Tensor) else ""
        )
        rule = f"{path or 'its forward'} gives {what} to its training step, not a tensor of a row for each"
        raise ModelError("model", name, rule, fix)
    call = sum(other == path for other, _ in trace.calls) - 1
    shapes = tuple((tuple(leaf.shape[1:]), leaf.dtype) for leaf in rows.inputs)
    y = rows.targets
    return Cut(path, call, rows.form, rows.target, tuple(y.shape[1:]), y.dtype, shapes, tuple(outputs.shape[1:]))


def _traced(trace: _Trace, path: str, forward: Callable[..., Any]) -> Callable[..., Any]:
    def run(*args: Any, **kwargs: Any) -> Any:
        trace.depth += 1
        try:
            found = forward(*args, **kwargs)
        finally:
            trace.depth -= 1
        if not trace.depth:
            trace.calls.append((path, found))
        return found

    return run


def _first(batch: Any) -> Tensor:
    while not isinstance(batch, Tensor):
        batch = next(iter(batch.values())) if isinstance(batch, dict) else batch[0]
    return batch
