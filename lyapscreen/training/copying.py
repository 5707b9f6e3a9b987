"""Copies of a finished module, one a seed, that share nothing with the user's own."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from functools import partial
from types import FunctionType

from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer

from lyapscreen.errors import ModelError

_FIX = "Pass a factory that builds it: it is called once for each seed, and nothing is copied"


def copied(module: nn.Module, name: str) -> nn.Module:
    """Return a deep copy of a module.

    Raises:
        ModelError: Python cannot copy it, or the copy would still compute with the weights of the original.

    """
    own = {id(layer) for layer in module.modules()} | {id(weight) for weight in module.parameters()}
    for path, layer in module.named_modules():
        for what, function in _attached(layer):
            if any(id(value) in own for value in _captured(function)):
                where = f"of its layer {path}" if path else "of the module"
                rule = (
                    f"the {what} {where} holds on to layers of the original, which a copy for each seed would not use"
                )
                raise ModelError("model", name, rule, _FIX)
    try:
        return duplicate(module)
    except Exception as error:
        said = str(error).strip().partition("\n")[0].partition(".  ")[0].rstrip(".") or type(error).__name__
        rule = f"it cannot be copied for each seed: {said}"
        raise ModelError("model", name, rule, _FIX) from error


def duplicate(module: nn.Module) -> nn.Module:
    """Return a deep copy of a module, its lazy layers lazy still."""
    # torch can copy weights without values, but not buffers.
    memo = {
        id(buffer): UninitializedBuffer(device=buffer.device, dtype=buffer.dtype)  # type: ignore[call-arg]
        for buffer in module.buffers()
        if isinstance(buffer, UninitializedBuffer)
    }
    return copy.deepcopy(module, memo)


def _attached(layer: nn.Module) -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the functions that were attached to a layer after it was made."""
    if "forward" in vars(layer):
        yield "replaced forward", vars(layer)["forward"]
    for hook in [*layer._forward_pre_hooks.values(), *layer._forward_hooks.values()]:
        yield "forward hook", hook
    for hook in [*layer._backward_pre_hooks.values(), *layer._backward_hooks.values()]:
        yield "backward hook", hook


def _captured(function: Callable[..., object]) -> Iterator[object]:
    """Yield what a function holds on to: its closure, its defaults, and what it names of its module."""
    if isinstance(function, partial):
        yield from (*function.args, *function.keywords.values())
        function = function.func
    if not isinstance(function, FunctionType):
        return  # a bound method, or an object with a __call__, is copied with what it is bound to
    variables = inspect.getclosurevars(function)
    held = [*variables.nonlocals.values(), *variables.globals.values(), *(function.__defaults__ or ())]
    for value in held:
        if isinstance(value, nn.Module | Tensor):
            yield value
        elif callable(value) and isinstance(getattr(value, "__self__", None), nn.Module):
            yield value.__self__  # the forward that was there before
