"""How a model's step can be differentiated: the ways there are, tried in order and each held to the user's backward.

Small models go stacked, forward over reverse mode, since a call costs them more than its arithmetic; larger ones, and
those that torch cannot batch, one candidate at a time by the user's own module. Which it is follows from the size and
from the check alone, never from a clock, so that the bytes do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from lyapscreen.errors import LyapscreenError, ModelError
from lyapscreen.training import derivative_check, devices
from lyapscreen.training.derivative_check import Sample
from lyapscreen.training.derivatives import Derivatives, Loss, OneByOne, Stacked
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from lyapscreen.training.module_derivatives import (
    ByModule,
    LossOf,
    OwnModule,
    double_backward,
    dual_numbers,
    functions_of,
)
from lyapscreen.training.precision import widened

LARGE = 5 * 2**19
"""Working set of a candidate from which on one at a time is as quick as many at once."""


@dataclass(frozen=True)
class Way:
    """A way to a model's tangent, by a name that travels."""

    name: str
    stacked: bool
    """Whether all candidates go at once."""
    of: Callable[[nn.Module, LossOf, Loss], Derivatives | None] = field(repr=False, compare=False)
    """(module, loss of outputs and targets, loss of weights and minibatch) -> derivatives; None: it has none."""

    def __reduce__(self) -> tuple[Callable[[str], Way], tuple[str]]:
        """Travel by name."""
        return _named, (self.name,)


WRITTEN_OUT = Way("written out", True, lambda module, loss, _: mlp_derivatives(module, loss))
STACKED = Way("stacked", True, lambda _, __, of_weights: Stacked(of_weights))
DOUBLE_BACKWARD = Way(
    "double backward", False, lambda module, loss, _: ByModule(OwnModule(module, loss), double_backward)
)
FORWARD = Way("forward over reverse", False, lambda _, __, of_weights: OneByOne(of_weights))
DUAL = Way("dual numbers", False, lambda module, loss, _: ByModule(OwnModule(module, loss), dual_numbers))

WAYS = {way.name: way for way in (WRITTEN_OUT, STACKED, DOUBLE_BACKWARD, FORWARD, DUAL)}


def _named(name: str) -> Way:
    return WAYS[name]


def in_order(size: int, *, batched: bool = False) -> tuple[Way, ...]:
    """Return the ways to try for a working set of `size` bytes a candidate; `batched`: only those of all at once."""
    at_once, in_turn = (WRITTEN_OUT, STACKED), (DOUBLE_BACKWARD, FORWARD, DUAL)
    if batched:
        return at_once
    return (*at_once, *in_turn) if size < LARGE else (WRITTEN_OUT, *in_turn)


@contextmanager
def kernels(module: nn.Module) -> Iterator[None]:
    """Compute with kernels that have a forward-mode rule, and put torch's switches back afterwards.

    oneDNN's LSTM, cuDNN's recurrent kernels and the fused attention have none, nor a double backward; their plain
    counterparts do. The fused weight norm has no forward mode, and its double backward is wrong (torch 2.13). The
    backward of hardsigmoid has neither.
    """
    recurrent = any(isinstance(layer, nn.RNNBase) for layer in module.modules())
    fast_attention = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as switches:
        switches.enter_context(warnings.catch_warnings())
        # torch's remarks on switching oneDNN, and on running one candidate after another, are not the user's.
        warnings.filterwarnings("ignore", message=".*(TF32 acceleration|performance drop).*")
        switches.enter_context(sdpa_kernel(SDPBackend.MATH))
        if any(_has_weight_norm(layer) for layer in module.modules()):
            switches.enter_context(_PlainWeightNorm())
        if any(isinstance(layer, nn.Hardsigmoid) for layer in module.modules()):
            switches.enter_context(_PlainHardsigmoid())
        if recurrent:
            switches.enter_context(torch.backends.mkldnn.flags(enabled=False))
            switches.enter_context(devices.switched(torch.backends.cudnn, "enabled", False))
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast_attention)


class _PlainWeightNorm(TorchFunctionMode):
    """Computes w = g v / |v| by its formula, as torch does itself where its fused kernel does not apply."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch._weight_norm:
            return _weight_norm(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


class _PlainHardsigmoid(TorchFunctionMode):
    """Computes hardsigmoid(x) = relu6(x + 3) / 6 by its formula: the backward of its kernel has no derivative."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is nn.functional.hardsigmoid:
            return nn.functional.relu6(args[0] + 3) / 6
        return func(*args, **(kwargs or {}))


def _has_weight_norm(layer: nn.Module) -> bool:
    """Tell whether a layer is torch's weight norm, as a parametrization or as the hook it was before."""
    before: Any = layer._forward_pre_hooks.values()
    return type(layer).__name__ == "_WeightNorm" or any(type(hook).__name__ == "WeightNorm" for hook in before)


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    return v * (g / torch.norm_except_dim(v, 2, dim))


def way_to(module: nn.Module, loss: LossOf, of_weights: Loss, sample: Sample, ways: Sequence[Way], name: str) -> Way:
    """Return the first of some ways that gives the derivative of the training step.

    Args:
        module: in float64 and training mode.
        loss: of outputs and targets.
        of_weights: `loss(weights, *minibatch) -> (scalar, buffers)` of one candidate.
        sample: one candidate and a few rows.
        ways: to try, in order.
        name: the model as a message calls it.

    Raises:
        ModelError: none does; the message says what each gets wrong.

    """
    found: dict[str, str] = {}
    with kernels(module), widened():
        own = OwnModule(module, loss)
        true = derivative_check.truth(own, sample, seed=0)
        if not torch.isfinite(true.here.losses):
            rule = "its loss is not finite (NaN or infinite) before the first step"
            raise ModelError("model", name, rule, "Look at its initial weights and at the scale of the data")
        for way in ways:
            derivatives = way.of(module, loss, of_weights)
            if derivatives is None:
                continue
            fault = _fault(derivatives, sample, true, name)
            if not fault:
                return way
            found[way.name] = fault
        with own.lent(sample.weights, dict(sample.buffers), sample.masks):
            functions = functions_of(own.value(sample.inputs, sample.targets))
    reasons = "; ".join(f"{way}: {fault}" for way, fault in found.items())
    by = f" through {', '.join(map(_described, functions))}" if functions else ""
    raise ModelError(
        "model", name, f"its training step cannot be differentiated exactly{by} ({reasons})",
        "Leave out what acts on gradients beside the layers, or use layers with a double backward",
    )  # fmt: skip


def _described(function: str) -> str:
    return {
        "CheckpointFunction": "reentrant checkpointing (use_reentrant=False has a derivative)",
        "BackwardHookFunction": "a full backward hook",
    }.get(function, f"the autograd function {function}")


def _fault(derivatives: Derivatives, sample: Sample, true: derivative_check.Truth, name: str) -> str:
    try:
        return derivative_check.fault(derivatives, sample, true)
    except (LyapscreenError, torch.OutOfMemoryError):
        raise
    except Exception as error:  # torch, and a user's code under it, raise nearly anything
        if "same device" in str(error):
            rule = "it, or its loss, holds a tensor that stays on the CPU"
            raise ModelError("model", name, rule, "Register it as a buffer, or use --device cpu") from error
        return " ".join(str(error).split())[:120].rstrip(".") or type(error).__name__
