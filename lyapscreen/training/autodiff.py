"""How a model's step can be differentiated, found out on a few rows before anything is measured.

Stacked, forward over reverse mode, where torch has every rule for it; one candidate at a time where a
rule for batches is missing; reverse over reverse where a rule of forward mode is; else refused.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from lyapscreen.errors import LyapscreenError, ModelError
from lyapscreen.exponents import trees
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings, Weights
from lyapscreen.training import devices, dropout
from lyapscreen.training.model import Model
from lyapscreen.training.step_map import Gradient, GradientAndJvp, Loss, State, StepMap, one_by_one


@dataclass(frozen=True)
class Differentiation:
    """The way to a model's tangent."""

    stacked: bool = True
    """Whether all candidates go at once."""
    gradient: Gradient | None = None
    """Written out, for fully connected networks."""
    gradient_and_jvp: GradientAndJvp | None = None
    """With its tangent: written out, or reverse over reverse where forward mode has no rule."""
    notice: str = ""
    """What to say of it; empty for the usual way."""


@contextmanager
def kernels(module: nn.Module) -> Iterator[None]:
    """Compute with kernels that have a forward-mode rule, and put torch's switches back afterwards.

    oneDNN's LSTM, cuDNN's recurrent kernels and the fused attention have none, nor a double backward; their plain
    counterparts do.
    """
    recurrent = any(isinstance(layer, nn.RNNBase) for layer in module.modules())
    fast_attention = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as switches:
        switches.enter_context(warnings.catch_warnings())
        # torch's remarks on switching oneDNN, and on running one candidate after another, are not the user's.
        warnings.filterwarnings("ignore", message=".*(TF32 acceleration|performance drop).*")
        switches.enter_context(sdpa_kernel(SDPBackend.MATH))
        if recurrent:
            switches.enter_context(torch.backends.mkldnn.flags(enabled=False))
            switches.enter_context(devices.switched(torch.backends.cudnn, "enabled", False))
        torch.backends.mha.set_fastpath_enabled(False)
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast_attention)


def differentiation(model: Model, loss: Loss, minibatch: tuple[Any, ...], name: str) -> Differentiation:
    """Try the ways to a model's tangent on one minibatch and return the first that works.

    Args:
        model: the model; its first seed's weights are used.
        loss: `loss(weights, *minibatch)` of one candidate.
        minibatch: a few rows, without the axis of candidates.
        name: the model as a message calls it.

    Raises:
        ModelError: no way works, or the model draws random numbers of its own.

    """
    two = next(iter(model.weights.values())).new_zeros(2, dtype=torch.int64)
    weights = trees.select(model.weights, two)
    batch = trees.tree_map(lambda part: part.expand(2, *part.shape), minibatch)
    backwards = reverse_over_reverse(loss)
    ways = (
        Differentiation(),
        Differentiation(
            stacked=False, notice="torch cannot batch it, so candidates are probed one by one, which is slower"
        ),
        Differentiation(
            stacked=False,
            gradient_and_jvp=backwards,
            notice="it has no forward-mode derivative, so tangents are computed by double backward, which is slower",
        ),
    )
    said = ""
    for way in ways:
        try:
            with kernels(model.module):
                found = _trial(loss, weights, batch, way)
                if way.stacked and not _close(found, _trial(loss, weights, batch, ways[1])):
                    continue
        except (LyapscreenError, torch.OutOfMemoryError):
            raise
        except (RuntimeError, NotImplementedError, ValueError) as error:
            if "random" in str(error):
                raise _random(name) from error
            if "same device" in str(error):
                rule = "it, or its loss, holds a tensor that stays on the CPU"
                raise ModelError("model", name, rule, "Register it as a buffer, or use --device cpu") from error
            said = " ".join(str(error).split())[:200].rstrip(".")
        else:
            return replace(way, notice=way.notice and f"model: {way.notice}")
    raise ModelError(
        "model", name, f"torch cannot differentiate its step in any way we know: {said}",
        "Replace the layer named there with one that has a double backward",
    )  # fmt: skip


def require_repeatable(module: nn.Module, inputs: Tensor, name: str) -> None:
    """Refuse a module in training mode that draws random numbers beside its dropouts, or answers differently twice.

    Raises:
        ModelError: it draws, or two calls differ.

    """
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        before = torch.get_rng_state()
        # Dropouts are handled by us, and draw nothing while their calls are being listed.
        dropout.calls(lambda: functional_call(module, {k: b.clone() for k, b in module.named_buffers()}, (inputs,)))
        if not torch.equal(before, torch.get_rng_state()):
            raise _random(name)
    answers = []
    for _ in range(2):
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.default_generator.manual_seed(0)
            buffers = {key: buffer.clone() for key, buffer in module.named_buffers()}
            answers.append(functional_call(module, buffers, (inputs,)))
    if not torch.equal(*answers) and torch.isfinite(answers[0]).all():
        found = "two calls with the same input give different outputs"
        raise ModelError("model", name, found, "Remove the state it keeps outside its weights and buffers")


def require_passive_buffers(module: nn.Module, inputs: Tensor, name: str) -> None:
    """Refuse a module whose training step reads a buffer that it also writes.

    Running statistics of batch norm are written in training and read in evaluation alone: they are
    carried beside the weights. One that acts back on the next step would be part of the map, and its
    share of the tangent is out of reach.

    Raises:
        ModelError: naming the buffer.

    """
    before = {key: buffer.clone() for key, buffer in module.named_buffers()}
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.default_generator.manual_seed(0)
        after = {key: buffer.clone() for key, buffer in before.items()}
        answer = functional_call(module, after, (inputs,))
        for key, buffer in before.items():
            if not buffer.is_floating_point() or torch.equal(buffer, after[key]):
                continue
            torch.default_generator.manual_seed(0)
            moved = {k: (b + 0.5 if k == key else b).clone() for k, b in before.items()}
            if not torch.equal(functional_call(module, moved, (inputs,)), answer):
                raise ModelError(
                    "model", name, f"its training step reads the buffer {key} that it also writes",
                    "Leave that layer out (spectral norm is one of this kind)",
                )  # fmt: skip


def reverse_over_reverse(loss: Loss) -> GradientAndJvp:
    """Return gradient_and_jvp and their tangents by double backward, candidate by candidate.

    The derivative of the gradient along v is the gradient of (gradient . v): the Hessian is symmetric.
    """

    def gradient_and_jvp(weights: Weights, tangent: Weights, *batch: Tensor) -> tuple[Weights, Weights, Tensor]:
        def one(weights: Weights, tangent: Weights, *batch: Tensor) -> tuple[Weights, Weights, Tensor]:
            leaves = {name: w.detach().requires_grad_() for name, w in weights.items()}
            with torch.enable_grad():
                value = loss(leaves, *batch)
                gradient = torch.autograd.grad(value, list(leaves.values()), create_graph=True, materialize_grads=True)
                along = sum((g * tangent[name]).sum() for name, g in zip(leaves, gradient, strict=True))
                change = torch.autograd.grad(along, list(leaves.values()), materialize_grads=True)  # type: ignore[arg-type]
            return (
                {name: g.detach() for name, g in zip(leaves, gradient, strict=True)},
                dict(zip(leaves, change, strict=True)),
                value.detach(),
            )

        return one_by_one(one, weights, tangent, *batch)

    return gradient_and_jvp


def _close(a: Weights, b: Weights) -> bool:
    """Tell whether batched and single tangents are equal up to rounding: a wrong rule of torch's is off by far more."""
    eps = torch.finfo(next(iter(a.values())).dtype).eps
    difference = trees.norms({name: a[name] - b[name] for name in a})
    return bool((difference <= math.sqrt(eps) * trees.norms(b)).all())


def _trial(loss: Loss, weights: Weights, batch: tuple[Any, ...], way: Differentiation) -> Weights:
    """Return the tangents of two candidates after one step, along one direction drawn for both."""
    lr = next(iter(weights.values())).new_full((2,), 0.1)
    step_map = StepMap(
        loss,
        OPTIMIZERS["sgd"],
        Settings(),
        lr,
        lambda _: batch,
        gradient_and_jvp=way.gradient_and_jvp,
        stacked=way.stacked,
    )
    state = step_map.start(weights)
    _, tangent, _ = step_map.push(state, State(trees.drawn_like(weights, 0), {}), 0)
    return tangent.weights


def _random(name: str) -> ModelError:
    return ModelError(
        "model",
        name,
        "its forward pass draws random numbers beside torch's dropout",
        "Use torch's dropout layers, or none",
    )
