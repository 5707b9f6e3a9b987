"""One look at the model before anything is planned: whether it can be probed, its size, and what to note of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError, SettingError
from lyapscreen.probe import evaluation_rows, large_mlp
from lyapscreen.probe import way as ways
from lyapscreen.probe.evaluation import objective_of
from lyapscreen.spec import user_code
from lyapscreen.spec.activations import ACTIVATIONS, NONE, STAND_IN
from lyapscreen.spec.spec import Spec
from lyapscreen.training import dropout, positions
from lyapscreen.training.autodiff import LARGE, Way, in_order, kernels
from lyapscreen.training.inputs import Inputs, cloned, count, described, tensors
from lyapscreen.training.losses import Objective
from lyapscreen.training.model import Model, build, forward, name_of
from lyapscreen.training.module_derivatives import OwnModule
from lyapscreen.training.repeatability import Draws, require_passive_buffers, require_repeatable, require_untouched
from lyapscreen.training.user_loss import MeanOf

ROWS = 4
"""Rows the model is tried on."""

_NO_SCALE = "loss: no constant prediction has a positive loss, so lambda_perp is its residual part alone"
_NO_CONSTANT = "loss: of a function over positions no best constant is known, so lambda_perp is its residual part alone"


@dataclass(frozen=True)
class Inspection:
    """What one look at the model shows."""

    bytes: int
    """Working set of one candidate: an estimate for dividing work, not a promise."""
    ways: Mapping[str, Way]
    """The way to the tangent, by activation."""
    notices: tuple[str, ...]
    warnings: tuple[str, ...]
    uses_activation: bool = True
    """Whether the activation that the model is given changes its outputs."""


def inspect(spec: Spec, data: Dataset, *, batched: bool = False) -> Inspection:
    """Build the spec's model once for each activation and try it.

    Args:
        spec: of one size of the model.
        data: what it is to be trained on.
        batched: whether only ways that take all candidates at once will do.

    Raises:
        ModelError: it cannot be built, answers in the wrong shape or at random, or cannot be differentiated exactly.
        SettingError: the loss does not fit.

    """
    objective = objective_of(spec, data)
    n_outputs = objective.outputs or data.n_outputs
    if large_mlp.is_large(spec, data.n_inputs, n_outputs):
        look = inspect(large_mlp.narrowed(spec), data, batched=batched)
        shapes = large_mlp.shapes(spec, spec.act[0], data.n_inputs, n_outputs)
        rows = torch.empty(ROWS, data.n_inputs, device="meta")
        return replace(look, bytes=_bytes(spec, data, sum(w.numel() for w in shapes.parameters()), shapes, rows))
    with redirect_stdout(sys.stderr):  # what a user's forward prints is no result
        # A built-in network is the same for every activation; a user's may differ.
        built_in = isinstance(spec.model, str) and not user_code.names_code(spec.model)
        acts = spec.act[:1] if built_in else spec.act
        looks = {act: _inspected(spec, data, objective, act, batched=batched) for act in acts}
    return Inspection(
        bytes=max(look.bytes for look in looks.values()),
        ways={act: looks[acts[0] if built_in else act].ways[acts[0] if built_in else act] for act in spec.act},
        notices=tuple(dict.fromkeys(notice for look in looks.values() for notice in look.notices)),
        warnings=tuple(dict.fromkeys(warning for look in looks.values() for warning in look.warnings)),
        uses_activation=any(look.uses_activation for look in looks.values()),
    )


def _inspected(spec: Spec, data: Dataset, objective: Objective, act: str, *, batched: bool) -> Inspection:
    n_outputs = objective.outputs or data.n_outputs
    model, again = (build(spec, data, act, spec.seeds[:1], n_outputs) for _ in range(2))
    inputs = cloned(tensors(data.x_train, ROWS))  # a forward pass may change them
    name = name_of(spec.model)
    with kernels(model.module):
        answer = forward(model.evaluated, inputs, name)
        _require_one_generator(model, again, name)
        if dropout.calls(lambda: model.evaluated(inputs)):
            found = "dropout is active in evaluation mode"
            raise ModelError("model", name, found, "Use nn.Dropout, or pass training=self.training")
        targets = objective.targets(torch.from_numpy(data.y_train[:ROWS]), data.n_outputs)
        if data.of_positions:
            positions.require_shape(_tensor(answer, name), targets, data.n_outputs, described(inputs), name)
        else:
            _require_shape(_tensor(answer, name), (count(inputs), n_outputs), described(inputs), name)
        said = _try_loss(spec, objective, answer, targets)
        first = {key: leaf[0] for key, leaf in model.weights.items()}, {key: b[0] for key, b in model.buffers.items()}
        own = OwnModule(again.module, objective.loss)
        # What a first pass has changed a second may leave as it is, so that these are new.
        require_untouched(own, *first, cloned(tensors(data.x_train, ROWS)), name)
        require_repeatable(own, *first, inputs, name)
        require_passive_buffers(own, *first, inputs, name)
    size = _bytes(spec, data, sum(w[0].numel() for w in model.weights.values()), model.evaluated, inputs)
    way = ways.find(spec, data, objective, act, in_order(size, batched=batched))
    uses_activation = _uses(spec, data, model, n_outputs, inputs, STAND_IN if act == NONE else act)
    if act == NONE and uses_activation:
        fix = "Name the activations to screen, such as --act relu,tanh"
        raise SettingError("act", NONE, "the model uses the activation that it is given", fix)
    notices = [*model.notices, *said]
    if act != NONE and not uses_activation:
        notices.append(
            f"model: {name} gives the same numbers for every activation: it does not use the one it is given"
        )
    notices += evaluation_rows.notices(spec, data.train_rows, data.held_out_rows)
    some = torch.from_numpy(data.y_held_out[: evaluation_rows.HELD_OUT])
    if objective.reference(objective.targets(some, data.n_outputs), n_outputs) is None:
        notices.append(_NO_SCALE if objective.has_constant else _NO_CONSTANT)
    slow = "model: torch cannot batch it, so candidates are probed one by one, which is slower"
    return Inspection(
        bytes=size,
        ways={act: way},
        notices=tuple(notices),
        warnings=(slow,) if size < LARGE and not way.stacked else (),
        uses_activation=uses_activation,
    )


def _tensor(answer: object, name: str) -> Tensor:
    if not isinstance(answer, Tensor):
        found = f"the network returns a tensor in training mode, but {type(answer).__name__} in evaluation mode"
        raise ModelError("model", name, found, "Return the outputs in both")
    return answer


def _require_shape(answer: Tensor, wanted: tuple[int, ...], given: str, name: str) -> None:
    if tuple(answer.shape) != wanted:
        raise ModelError(
            "model", name, f"the network maps {given} to {tuple(answer.shape)}, but the data needs {wanted}",
            "Take n_inputs and n_outputs as the factory's second and third arguments",
        )  # fmt: skip


def _try_loss(spec: Spec, objective: Objective, outputs: Tensor, targets: Tensor) -> tuple[str, ...]:
    """Call the loss once, outside of all transforms, so that a user's mistakes in it are reported as such.

    Return what to say of it.
    """
    name = name_of(spec.loss)
    leaf = outputs.detach().requires_grad_()
    loss = objective.loss.loss if isinstance(objective.loss, MeanOf) else objective.loss
    draws = Draws()
    with torch.enable_grad(), torch.random.fork_rng(devices=[]):
        value, again = (user_code.call("loss", name, loss, leaf, targets) for _ in range(2))
        source = draws.source()
    each = isinstance(value, Tensor) and value.dim() > 0 and len(value) == len(targets)
    if not isinstance(value, Tensor) or (value.dim() and not each) or not value.requires_grad:
        found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        rule = f"it returns {found}, not one differentiable number"
        raise SettingError("loss", name, rule, "Return the mean over the rows of a loss computed from the outputs")
    if source or not torch.equal(torch.nan_to_num(value), torch.nan_to_num(again)):
        rule = f"it draws random numbers{f' from {source}' if source else ''}: equal calls have to give equal losses"
        raise SettingError("loss", name, rule, "Draw them beforehand, or leave them out")
    if not each:
        return ()
    axes = "row" if value.dim() == 1 else "row and position"
    return (f"loss: {name} gives a number for each {axes}; their mean is minimised",)


def _require_one_generator(model: Model, again: Model, name: str) -> None:
    """Refuse a factory whose weights come from elsewhere than torch's generator: a seed would not fix them."""
    if any(not torch.equal(weights, again.weights[key]) for key, weights in model.weights.items()):
        found = "building it twice from one seed gives different weights"
        raise ModelError("model", name, found, "Draw them from torch's generator alone")


def _uses(spec: Spec, data: Dataset, model: Model, n_outputs: int, inputs: Inputs, act: str) -> bool:
    """Tell whether another activation gives other numbers; not so of an ignored argument, or F.relu inside forward.

    Two others are tried: on these few rows one may agree with it by chance, as ReLU does with the identity.
    """
    weights = {key: w[0] for key, w in model.weights.items()}
    buffers = {key: b[0] for key, b in model.buffers.items()}
    for name in [name for name in ("tanh", "sigmoid", *ACTIVATIONS) if name != act][:2]:
        try:
            other = build(spec, data, name, spec.seeds[:1], n_outputs)
        except ModelError:  # a factory may know the activations it was asked for and no other
            return True
        if set(weights) != set(other.weights):
            return True
        with torch.no_grad(), kernels(model.module):
            answers = [functional_call(m.evaluated, (weights, buffers), (inputs,)) for m in (model, other)]
        if not torch.equal(*answers):
            return True
    return False


def _bytes(spec: Spec, data: Dataset, weights: int, module: nn.Module, inputs: Inputs) -> int:
    """Estimate the working set of one candidate.

    Counted are weights, gradient, optimizer memory and their tangents, and every layer's output forward
    and backward, each with its tangent, for one minibatch.
    """
    minibatch = spec.minibatch_rows(data.train_rows)
    per_row = (_numel(inputs) + _outputs(module, inputs)) // count(inputs)
    numbers = 8 * weights + 4 * minibatch * per_row
    itemsize: int = getattr(torch, spec.dtype).itemsize
    return numbers * itemsize


def _outputs(module: nn.Module, rows: Inputs) -> int:
    """Return how many numbers all layers put out for some rows: one alone is too few for some."""
    counts: list[int] = []
    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [leaf.register_forward_hook(lambda _m, _i, out: counts.append(_numel(out))) for leaf in leaves]
    try:
        with torch.no_grad():
            module(rows)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)


def _numel(output: object) -> int:
    if isinstance(output, Tensor):
        return output.numel()
    if isinstance(output, dict):
        return _numel(tuple(output.values()))
    return sum(_numel(part) for part in output) if isinstance(output, tuple | list) else 0
