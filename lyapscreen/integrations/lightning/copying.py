"""Copies of a LightningModule that run without a Trainer: what it logs goes nowhere, its metrics measure nothing."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError

_SILENT = ("log", "log_dict", "print")


def quiet(module: nn.Module) -> nn.Module:
    """Return a deep copy of a module that logs nothing and knows no Trainer; the module stays as it is.

    Raises:
        ModelError: Python cannot copy it.

    """
    try:
        found = copy.deepcopy(module)
    except Exception as error:
        said = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
        rule = f"it cannot be copied: {said}"
        raise ModelError("model", type(module).__name__, rule, "Pass a function that builds it") from error
    for layer in found.modules():
        if hasattr(layer, "training_step"):
            layer._trainer = None  # type: ignore[assignment]
            layer.__dict__.update(dict.fromkeys(_SILENT, _nothing))
    for path, layer in list(found.named_modules()):
        if path and _is_metric(layer):
            parent, _, key = path.rpartition(".")
            setattr(found.get_submodule(parent), key, _NoMetric())
    return found


def _nothing(*_: Any, **__: Any) -> None:
    """Take the place of what only a Trainer listens to."""


def _is_metric(layer: nn.Module) -> bool:
    kinds = {f"{kind.__module__.partition('.')[0]}.{kind.__name__}" for kind in type(layer).__mro__}
    return bool(kinds & {"torchmetrics.Metric", "torchmetrics.MetricCollection"})


class _NoMetric(nn.Module):
    """Stands where a metric stood: it has no part in the loss, and would keep what it is given."""

    def forward(self, *_: Any, **__: Any) -> Tensor:
        """Return a number that nothing depends on."""
        return torch.zeros(())

    update = compute = reset = forward
