"""The loss that a model of transformers computes by itself, as one of ours: found by trying, value and gradient."""

from __future__ import annotations

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


@dataclass(frozen=True)
class Found:
    """A loss of ours, and the targets for it."""

    loss: str
    task: str
    targets: Tensor
    """[rows], [rows, labels] or [rows, positions]."""


def of(model: nn.Module, rows: Rows, name: str) -> Found:
    """Return which loss a model computes.

    Args:
        model: in training mode, in float64; left as it is but for its buffers.
        rows: with `labels` as the target.
        name: the model as a message calls it.

    Raises:
        ModelError: none of ours.

    """
    some = [leaf[:ROWS].double() if leaf.is_floating_point() else leaf[:ROWS] for leaf in rows.leaves]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(0)
        answer = user_code.call("model", name, model, error=ModelError, **filled(rows.form, some))
        own, logits = (getattr(answer, part, None) for part in ("loss", "logits"))
        if not isinstance(own, Tensor) or not isinstance(logits, Tensor):
            rule = "it gives no loss and logits for a batch with labels"
            raise ModelError("model", name, rule, "Use a model with a head for the task, or lyapscreen.screen")
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        for loss, task, targets, ours in _candidates(rows.targets):
            try:
                value = ours(logits, targets[:ROWS])
            except (RuntimeError, ValueError, IndexError):  # shapes, or classes, that are not of this loss
                continue
            if abs(float(value - own)) > CLOSE * (1 + abs(float(own))):
                continue
            apart = torch.autograd.grad(own - value, weights, materialize_grads=True, retain_graph=True)
            if all(float(g.abs().max()) < CLOSE for g in apart):
                return Found(loss, task, targets)
    rule = f"the loss that it computes from labels of shape {tuple(rows.targets.shape)} is not the mean cross-entropy"
    fix = "Screened are classes, labels that are each 0 or 1, and a class at each position, or at the one before it"
    raise ModelError("model", name, rule, fix)


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
