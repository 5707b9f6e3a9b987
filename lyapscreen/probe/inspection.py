"""One look at the model before anything is planned: whether it can be probed, its size, and what to note of it."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError, SettingError
from lyapscreen.probe.evaluation import Evaluator, objective_of
from lyapscreen.probe.setup import differentiation_of
from lyapscreen.spec import user_code
from lyapscreen.spec.activations import ACTIVATIONS
from lyapscreen.spec.spec import Spec
from lyapscreen.training import dropout
from lyapscreen.training.autodiff import kernels, require_passive_buffers, require_repeatable
from lyapscreen.training.losses import Objective
from lyapscreen.training.model import Model, build, forward, name_of

ROWS = 4
"""Rows the model is tried on."""


@dataclass(frozen=True)
class Inspection:
    """What one look at the model shows."""

    bytes: int
    """Working set of one candidate: an estimate for dividing work, not a promise."""
    notices: tuple[str, ...]
    warnings: tuple[str, ...]
    written_out: bool
    """Whether its derivatives are written out."""


def inspect(spec: Spec, data: Dataset) -> Inspection:
    """Build the spec's model once and try it.

    Raises:
        ModelError: it cannot be built, answers in the wrong shape or at random, or cannot be differentiated.
        SettingError: the loss does not fit.

    """
    objective = objective_of(spec, data)
    with redirect_stdout(sys.stderr):  # what a user's forward prints is no result
        # A built-in network is the same for every activation; a user's may differ.
        acts = spec.act[:1] if isinstance(spec.model, str) and not user_code.names_code(spec.model) else spec.act
        looks = [_inspected(spec, data, objective, act) for act in acts]
    return Inspection(
        bytes=max(look.bytes for look in looks),
        notices=tuple(dict.fromkeys(notice for look in looks for notice in look.notices)),
        warnings=tuple(dict.fromkeys(warning for look in looks for warning in look.warnings)),
        written_out=all(look.written_out for look in looks),
    )


def _inspected(spec: Spec, data: Dataset, objective: Objective, act: str) -> Inspection:
    n_outputs = objective.outputs or data.n_outputs
    model, again = (build(spec, data, act, spec.seeds[:1], n_outputs) for _ in range(2))
    inputs = torch.from_numpy(data.x_train[:ROWS])
    name = name_of(spec.model)
    with kernels(model.module):
        answer = forward(model.evaluated, inputs, name)
        _require_one_generator(model, again, name)
        if dropout.calls(lambda: model.evaluated(inputs)):
            found = "dropout is active in evaluation mode"
            raise ModelError("model", name, found, "Use nn.Dropout, or pass training=self.training")
        _require_shape(answer, (len(inputs), n_outputs), tuple(inputs.shape), name)
        _try_loss(spec, objective, answer, objective.targets(torch.from_numpy(data.y_train[:ROWS]), data.n_outputs))
        require_repeatable(model.module, inputs, name)
        require_passive_buffers(model.module, inputs, name)
        evaluator = Evaluator.of(spec, data, objective, model)
        way = differentiation_of(spec, evaluator)
    notices = [*model.notices, *_effect(spec, data, model, n_outputs, inputs, act)]
    if evaluator.reference_loss is None:
        notices.append("loss: no constant prediction has a positive loss, so lambda_perp is its residual part alone")
    return Inspection(
        bytes=_bytes(spec, data, model, inputs),
        notices=tuple(notices),
        warnings=(way.notice,) if way.notice else (),
        written_out=way.gradient_and_jvp is not None and way.stacked,
    )


def _require_shape(answer: object, wanted: tuple[int, ...], given: tuple[int, ...], name: str) -> None:
    if not isinstance(answer, Tensor):
        found = f"the network returns {type(answer).__name__}, not a tensor"
        raise ModelError("model", name, found, "Return the outputs alone")
    if tuple(answer.shape) != wanted:
        raise ModelError(
            "model", name, f"the network maps {given} to {tuple(answer.shape)}, but the data needs {wanted}",
            "Take n_inputs and n_outputs as the factory's second and third arguments",
        )  # fmt: skip


def _try_loss(spec: Spec, objective: Objective, outputs: Tensor, targets: Tensor) -> None:
    """Call the loss once, outside of all transforms, so that a user's mistakes in it are reported as such."""
    name = name_of(spec.loss)
    leaf = outputs.detach().requires_grad_()
    with torch.enable_grad():
        value = user_code.call("loss", name, objective.loss, leaf, targets)
    if not isinstance(value, Tensor) or value.dim() or not value.requires_grad:
        found = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        rule = f"it returns {found}, not one differentiable number"
        raise SettingError("loss", name, rule, "Return the mean over the rows of a loss computed from the outputs")


def _require_one_generator(model: Model, again: Model, name: str) -> None:
    """Refuse a factory whose weights come from elsewhere than torch's generator: a seed would not fix them."""
    if any(not torch.equal(weights, again.weights[key]) for key, weights in model.weights.items()):
        found = "building it twice from one seed gives different weights"
        raise ModelError("model", name, found, "Draw them from torch's generator alone")


def _effect(spec: Spec, data: Dataset, model: Model, n_outputs: int, inputs: Tensor, act: str) -> tuple[str, ...]:
    """Say when another activation gives the same numbers: an ignored argument, or F.relu inside forward."""
    try:
        other = build(
            spec, data, next(name for name in (*spec.act, *ACTIVATIONS) if name != act), spec.seeds[:1], n_outputs
        )
    except ModelError:  # a factory may know the activations it was asked for and no other
        return ()
    weights = {key: w[0] for key, w in model.weights.items()}
    buffers = {key: b[0] for key, b in model.buffers.items()}
    if set(weights) != set(other.weights):
        return ()
    with torch.no_grad(), kernels(model.module):
        answers = [functional_call(m.evaluated, (weights, buffers), (inputs,)) for m in (model, other)]
    if not torch.equal(*answers):
        return ()
    name = name_of(spec.model)
    return (f"model: {name} gives the same numbers for every activation: it does not use the one it is given",)


def _bytes(spec: Spec, data: Dataset, model: Model, inputs: Tensor) -> int:
    """Estimate the working set of one candidate.

    Counted are weights, gradient, optimizer memory and their tangents, and every layer's output forward
    and backward, each with its tangent, for one minibatch.
    """
    weights = sum(w[0].numel() for w in model.weights.values())
    minibatch = spec.minibatch_rows(len(data.x_train))
    numbers = 8 * weights + 4 * minibatch * (inputs[0].numel() + _outputs_per_row(model.evaluated, inputs[:1]))
    itemsize: int = getattr(torch, spec.dtype).itemsize
    return numbers * itemsize


def _outputs_per_row(module: nn.Module, row: Tensor) -> int:
    """Return how many numbers all layers put out for one row of input."""
    counts: list[int] = []
    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [leaf.register_forward_hook(lambda _m, _i, out: counts.append(_numel(out))) for leaf in leaves]
    try:
        with torch.no_grad():
            module(row)
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)


def _numel(output: object) -> int:
    if isinstance(output, Tensor):
        return output.numel()
    return sum(_numel(part) for part in output) if isinstance(output, tuple | list) else 0
