"""The loss that a model of transformers computes by itself, as one of ours: found by trying, value and gradient."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its customary name

from lyapscreen.errors import ModelError
from lyapscreen.integrations.loaders import Rows, filled
from lyapscreen.spec import user_code

ROWS, CLOSE = 8, 1e-6
UNLABELLED = -100

_COUNTED = "the Trainer divides its loss by another number of labels than it is summed over, so that it is no mean"
_COUNT_RIGHT = (
    'For a causal language model set model.loss_type = "ForCausalLM" in model_init, and the Trainer counts right'
)


@dataclass(frozen=True)
class Found:
    """A loss of ours, and the targets for it."""

    loss: str
    task: str
    targets: Tensor
    """[rows], [rows, labels] or [rows, positions]."""


def of(model: nn.Module, rows: Rows, name: str, trainer: Any) -> Found:
    """Return which loss a Trainer takes from a model.

    Args:
        model: in training mode, in float64; left as it is but for its buffers.
        rows: with `labels` as the target.
        name: the model as a message calls it.
        trainer: a Trainer of such a model.

    Raises:
        ModelError: none of ours.

    """
    some = [leaf[:ROWS].double() if leaf.is_floating_point() else leaf[:ROWS] for leaf in rows.leaves]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        batch = filled(rows.form, some)
        own, answer = user_code.call("model", name, _trainers, trainer, model, batch, error=ModelError)
        logits = getattr(answer, "logits", None)
        if not isinstance(own, Tensor) or not isinstance(logits, Tensor):
            rule = "it gives no loss and logits for a batch with labels"
            raise ModelError("model", name, rule, "Use a model with a head for the task, or lyapscreen.screen")
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        for loss, task, targets, ours in _candidates(rows.targets):
            try:
                value = ours(logits, targets[:ROWS])
            except (RuntimeError, ValueError, IndexError):  # shapes, or classes, that are not of this loss
                continue
            scale = float(own) / max(float(value), CLOSE)
            apart = torch.autograd.grad(own - scale * value, weights, materialize_grads=True, retain_graph=True)
            if any(float(g.abs().max()) > CLOSE for g in apart):
                continue
            if abs(scale - 1) > CLOSE:
                raise ModelError("model", name, _COUNTED, _COUNT_RIGHT)
            return Found(loss, task, targets)
    rule = f"the loss that it computes from labels of shape {tuple(rows.targets.shape)} is not the mean cross-entropy"
    fix = "Screened are classes, labels that are each 0 or 1, and a class at each position, or at the one before it"
    raise ModelError("model", name, rule, fix)


def _trainers(trainer: Any, model: nn.Module, batch: dict[str, Any]) -> tuple[Tensor, Any]:
    """Return the loss that a Trainer takes from a model for one batch, and the model's answer."""
    takes = len(inspect.signature(trainer.get_batch_samples).parameters)  # the device came later
    samples, count = trainer.get_batch_samples(iter([batch]), 1, *[torch.device("cpu")][: takes - 2])
    found: tuple[Tensor, Any] = trainer.compute_loss(
        model, dict(samples[0]), return_outputs=True, num_items_in_batch=count
    )
    return found


def _candidates(labels: Tensor) -> Iterator[tuple[str, str, Tensor, Callable[[Tensor, Tensor], Tensor]]]:
    if labels.is_floating_point():
        if labels.dim() == 2 and labels.shape[1] > 1 and bool(((labels == 0) | (labels == 1)).all()):
            yield "bce", "auto", labels, lambda z, y: F.binary_cross_entropy_with_logits(z, y.double())
        return
    if labels.dim() == 1:
        yield "cross-entropy", "classification", labels, F.cross_entropy
    if labels.dim() == 2:
        for targets in (labels, _next(labels)):
            yield "cross-entropy", "auto", targets, _of_positions


def _next(labels: Tensor) -> Tensor:
    """Return the label after each position; none for the last."""
    return torch.cat([labels[:, 1:], torch.full_like(labels[:, :1], UNLABELLED)], 1)


def _of_positions(logits: Tensor, labels: Tensor) -> Any:
    return F.cross_entropy(logits.flatten(0, -2), labels.flatten(), ignore_index=UNLABELLED)
