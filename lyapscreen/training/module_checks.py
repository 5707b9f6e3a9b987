"""What a network may not have, because training it by another program would not be training it as it is."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from lyapscreen.errors import ModelError

LOW = (torch.float16, torch.bfloat16)


def require_plain(module: nn.Module, name: str) -> None:
    """Refuse a module whose weights, gradients or code are out of our reach.

    To be called on the module as the user made it: a deep copy has lost the hooks of its parameters.

    Raises:
        ModelError: naming what it has.

    """
    rule, fix = next(_objections(module), ("", ""))
    if rule:
        raise ModelError("model", name, rule, fix)


def _objections(module: nn.Module) -> Iterator[tuple[str, str]]:
    """Yield what speaks against a module, each with what to do about it."""
    for path, layer in module.named_modules():
        where = f"its layer {path}" if path else "it"
        if isinstance(layer, torch.jit.ScriptModule):
            yield (
                f"{where} is compiled by torch.jit, whose code is out of reach",
                "Pass the module it was made of",
            )
        if isinstance(layer, nn.Embedding | nn.EmbeddingBag) and layer.sparse:
            yield f"{where} has sparse gradients", "Build it with sparse=False: its gradients are the same numbers"
    for path, weight in module.named_parameters():
        if weight._backward_hooks or getattr(weight, "_post_accumulate_grad_hooks", None):
            rule = f"its weight {path} has a hook that sees or changes its gradient"
            yield rule, "Leave the hook out; gradients are clipped with --clip-norm"
        if weight.is_complex():
            yield f"its weight {path} is complex", "Hold real and imaginary part as two real weights"
        if weight.is_meta:
            yield f"its weight {path} is on the meta device, where it has no values", "Build it on the CPU"


def require_trainable(module: nn.Module, name: str) -> None:
    """Refuse a module without weights to train.

    Raises:
        ModelError: it has none, or all are frozen.

    """
    if not any(weight.requires_grad for weight in module.parameters()):
        raise ModelError("model", name, "the network has no weights to train", "Return a network that has some")


def of_precision(module: nn.Module, dtype: torch.dtype) -> tuple[str, ...]:
    """Return a notice where weights have another precision than the one they are trained in."""
    found = {weight.dtype for weight in module.parameters() if weight.is_floating_point()}
    lost = [kind for kind in sorted(found, key=str) if kind in LOW or torch.promote_types(kind, dtype) != dtype]
    if not lost:
        return ()
    which = " and ".join(f"{kind}".removeprefix("torch.") for kind in sorted(found, key=str))
    fix = "; --dtype float64 keeps them" if lost == [torch.float64] else ""
    return (f"model: its weights are {which}; they are trained in {f'{dtype}'.removeprefix('torch.')} here{fix}",)


def cast(module: nn.Module, dtype: torch.dtype) -> None:
    """Bring a module to the CPU and its numbers to a precision; complex buffers stay complex."""
    pair = torch.complex128 if dtype == torch.float64 else torch.complex64

    def one(values: torch.Tensor) -> torch.Tensor:
        wanted = dtype if values.is_floating_point() else pair if values.is_complex() else values.dtype
        return values.to("cpu", wanted)

    module._apply(one)  # type: ignore[no-untyped-call]
