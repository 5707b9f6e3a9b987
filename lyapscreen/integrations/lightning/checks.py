"""Whether a training step that is cut in two is the whole step still, on a few rows and in float64."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError
from lyapscreen.integrations.lightning import step as steps
from lyapscreen.integrations.lightning.copying import quiet
from lyapscreen.integrations.lightning.step import Cut
from lyapscreen.integrations.loaders import Rows, filled
from lyapscreen.spec import user_code

ROWS = 8
"""Rows that are compared."""

CLOSE = 1e-6
"""Relative difference of two losses, or gradients, in float64."""


def few(rows: Rows, count: int = ROWS) -> tuple[list[Tensor], Tensor, Any]:
    """Return inputs, targets and the batch of the first rows, fractions in float64."""
    some = [leaf[:count].double() if leaf.is_floating_point() else leaf[:count] for leaf in rows.leaves]
    inputs = [leaf for place, leaf in enumerate(some) if place != rows.target]
    return inputs, some[rows.target], filled(rows.form, [leaf.clone() for leaf in some])


def cut(module: nn.Module, rows: Rows, name: str) -> Cut:
    """Return where a module's training step is cut, once both parts together are seen to be the step.

    Raises:
        ModelError: they are not, or the step fails, or depends on where in an epoch or a training it stands.

    """
    wide = quiet(module).double().train()
    inputs, targets, batch = few(rows)
    found: Cut = user_code.call("model", name, steps.cut_of, wide, rows, batch, name, error=ModelError)
    _require_timeless(wide, batch, name)
    whole = _value_and_gradient(wide, lambda m: steps.step(m, None, few(rows)[2]))

    def in_two(m: nn.Module) -> Tensor:
        outputs = steps.reached(m, found, found.batch(inputs, None, len(targets), targets.double()))
        like = outputs.detach()
        return steps.step(quiet(wide).eval(), found, found.batch((), targets, len(targets), like), outputs)

    parts = user_code.call("model", name, _value_and_gradient, wide, in_two, error=ModelError)
    if not all(torch.allclose(a, b, rtol=CLOSE, atol=CLOSE) for a, b in zip(whole, parts, strict=True)):
        where = f"its layer {found.layer}" if found.layer else "its forward"
        rule = f"the loss of its training step depends on more than the outputs of {where} and the target"
        fix = "Compute the loss from self(inputs) and the target alone: no inputs, weights or earlier outputs in it"
        raise ModelError("model", name, rule, fix)
    return found


def _value_and_gradient(module: nn.Module, loss: Any) -> list[Tensor]:
    trial = quiet(module)
    weights = [weight for weight in trial.parameters() if weight.requires_grad]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        value = loss(trial)
        gradient = torch.autograd.grad(value, weights, materialize_grads=True) if value.requires_grad else ()
    return [value.detach(), *gradient]


def _require_timeless(module: nn.Module, batch: Any, name: str) -> None:
    """Refuse a step that depends on its index, the epoch or the number of steps before."""
    trial = quiet(module)
    kind = type(trial)
    places = {word: property(_refuse(word, name)) for word in ("current_epoch", "global_step")}
    trial.__class__ = type(kind.__name__, (kind,), places)
    losses = []
    for index in (0, 1, 7):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.default_generator.manual_seed(0)
            found = quiet(trial).training_step(batch, index)  # type: ignore[operator]
            losses.append(found["loss"] if isinstance(found, dict) else found)
    if not all(torch.equal(loss, losses[0]) for loss in losses):
        raise ModelError("model", name, "its training step depends on batch_idx", "Let it treat all batches alike")


def _refuse(word: str, name: str) -> Any:
    def read(_: Any) -> int:
        rule = f"its training step reads {word}, so that it changes in the course of a training"
        raise ModelError("model", name, rule, f"Leave {word} out of training_step")

    return read
