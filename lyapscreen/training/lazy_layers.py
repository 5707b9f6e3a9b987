"""Lazy layers, whose weights do not exist until they have seen data."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import torch
from torch import nn
from torch.nn.parameter import is_lazy as has_no_values

from lyapscreen.errors import ModelError
from lyapscreen.spec import user_code
from lyapscreen.training import inputs
from lyapscreen.training.inputs import Inputs
from lyapscreen.training.wrappers import Unwrapped


def is_lazy(module: nn.Module) -> bool:
    """Tell whether a module has weights or buffers that do not exist yet."""
    return any(has_no_values(values) for values in chain(module.parameters(), module.buffers()))


def materialized(found: Unwrapped, rows: Inputs, name: str) -> Unwrapped:
    """Give a module's lazy layers their sizes by one forward pass in evaluation mode, and say so.

    Their weights are drawn from torch's generator on the way; a module without lazy layers is returned as it is.

    Raises:
        ModelError: the forward pass fails, or does not reach a lazy layer.

    """
    if not is_lazy(found.module):
        return found
    found.module.eval()
    with torch.no_grad():
        run(found.module, rows, name)
    if is_lazy(found.module):
        rule = "it has a lazy layer that its forward pass does not reach, so that its weights do not exist"
        raise ModelError("model", name, rule, "Give the layer its sizes")
    said = f"model: its lazy layers have their sizes from {inputs.count(rows)} rows of the training part"
    return replace(found, notices=(*found.notices, said))


def run(module: nn.Module, rows: Inputs, name: str) -> object:
    """Return what a module answers to a few rows, given in the precision of its weights; mistakes are the user's."""
    kinds = (w.dtype for w in module.parameters() if not has_no_values(w) and w.is_floating_point())
    given = inputs.cast(rows, next(kinds, torch.float32))
    return user_code.call("model", name, module, given, error=ModelError)
