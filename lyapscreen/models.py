"""Model factories, activation substitution and stacked initial weights."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lyapscreen import ranges
from lyapscreen.candidates import named_seed
from lyapscreen.errors import LyapscreenError, ModelError
from lyapscreen.optimizers import Weights
from lyapscreen.spec import Spec

Factory = Callable[..., nn.Module]

_MODULES: Mapping[str, Callable[[], nn.Module]] = {
    "linear": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "softplus": nn.Softplus,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
}


KINKED = frozenset({"relu", "leaky_relu", "selu"})
"""Activations whose derivative jumps; torch's selu meets 0 with slopes 1.76 and 1.05."""


class Activation:
    """Makes the candidate's activation: a factory calls it wherever its network wants an activation module."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0

    def __call__(self) -> nn.Module:
        """Return a fresh activation module."""
        self.calls += 1
        return _MODULES[self.name]()


@dataclass(frozen=True)
class Model:
    """One architecture as a pure function of stacked weights."""

    module: nn.Module
    """Its structure; its own weights are never used."""
    weights: Weights
    """Initial weights [seeds, ...] by parameter name, in the order of the seeds asked for."""
    uses_activation: bool
    """False when the factory never called the activation it was given."""

    def outputs(self, weights: Weights, inputs: Tensor) -> Tensor:
        """Return the outputs of one candidate's weights for `inputs` [rows, ...]."""
        outputs: Tensor = functional_call(self.module, weights, (inputs,))
        return outputs

    def stacked_outputs(self, weights: Weights, inputs: Tensor) -> Tensor:
        """Return the outputs [candidates, rows, ...] of stacked weights for the same `inputs` [rows, ...]."""
        outputs: Tensor = vmap(self.outputs, in_dims=(0, None))(weights, inputs)
        return outputs


def mlp(hidden: Sequence[int]) -> Factory:
    """Return a factory of fully connected networks with these hidden widths and torch's default initial weights."""

    def factory(activation: Activation, n_inputs: int, n_outputs: int) -> nn.Module:
        layers: list[nn.Module] = []
        width = n_inputs
        for next_width in hidden:
            layers += [nn.Linear(width, next_width), activation()]
            width = next_width
        return nn.Sequential(*layers, nn.Linear(width, n_outputs))

    return factory


def factory_of(model: str | Factory) -> Factory:
    """Return the factory that a spec's `model` names, or is."""
    return mlp(ranges.widths(model)) if isinstance(model, str) else model


def build(
    model: str | Factory, activation: str, seeds: Sequence[int], n_inputs: int, n_outputs: int, dtype: torch.dtype
) -> Model:
    """Build the model once a seed, each under a generator seeded by that seed, and stack the initial weights.

    torch's global generator is put back as it was.

    Raises:
        ModelError: the factory fails, returns no module, or a module that cannot be probed.

    """
    factory = factory_of(model)
    made = Activation(activation)
    modules = []
    for seed in seeds:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(named_seed(seed, "weights"))
            modules.append(_call(factory, made, n_inputs, n_outputs).to(dtype))
    _check(modules[0], model, n_inputs, n_outputs, dtype)
    weights = {
        name: torch.stack([dict(module.named_parameters())[name].detach() for module in modules])
        for name, _ in modules[0].named_parameters()
    }
    return Model(copy.deepcopy(modules[0]).requires_grad_(False), weights, made.calls > 0)


@dataclass(frozen=True)
class Footprint:
    """What one look at the model tells before anything is planned."""

    bytes: int
    """Working set of one candidate: an estimate for dividing work, not a promise."""
    notices: tuple[str, ...]


def footprint(spec: Spec, n_inputs: int, n_outputs: int, rows: int) -> Footprint:
    """Build the spec's model once and estimate what one candidate of it needs.

    Counted are weights, gradient, optimizer memory and their tangents, and every layer's output
    forward and backward, each with its tangent, for one minibatch.
    """
    dtype = getattr(torch, spec.dtype)
    model = build(spec.model, spec.act[0], spec.seeds[:1], n_inputs, n_outputs, dtype)
    weights = sum(w.numel() for w in model.weights.values())
    minibatch = rows if spec.batch_size == "full" else min(spec.batch_size, rows)
    numbers = 8 * weights + 4 * minibatch * (n_inputs + _outputs_per_row(model.module, n_inputs, dtype))
    ignored = "the factory never calls the activation it is given: every activation gives the same numbers"
    return Footprint(numbers * dtype.itemsize, () if model.uses_activation else (f"model: {ignored}",))


def _outputs_per_row(module: nn.Module, n_inputs: int, dtype: torch.dtype) -> int:
    """Return how many numbers all layers put out for one row of input."""
    counts: list[int] = []
    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [leaf.register_forward_hook(lambda _m, _i, out: counts.append(_numel(out))) for leaf in leaves]
    try:
        with torch.no_grad():
            module(torch.zeros(1, n_inputs, dtype=dtype))
    finally:
        for hook in hooks:
            hook.remove()
    return sum(counts)


def _numel(output: object) -> int:
    return output.numel() if isinstance(output, Tensor) else 0


def _call(factory: Factory, activation: Activation, n_inputs: int, n_outputs: int) -> nn.Module:
    takes = [
        p for p in inspect.signature(factory).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]  # fmt: skip
    arguments = (activation, n_inputs, n_outputs) if len(takes) == 3 else (activation,)
    try:
        module = factory(*arguments)
    except LyapscreenError:
        raise
    except Exception as error:
        raise ModelError(
            "model",
            _name(factory),
            f"the factory raised {type(error).__name__}: {error}",
            "Call it by hand to see where",
        ) from error
    if not isinstance(module, nn.Module):
        raise ModelError(
            "model", _name(factory), f"the factory returned {type(module).__name__}, not a torch.nn.Module",
            "Return the network it builds",
        )  # fmt: skip
    return module


def _check(module: nn.Module, model: str | Factory, n_inputs: int, n_outputs: int, dtype: torch.dtype) -> None:
    """Try the module on two rows of zeros before anything is measured with it."""
    name = model if isinstance(model, str) else _name(model)
    if not any(p.requires_grad for p in module.parameters()):
        raise ModelError("model", name, "the network has no weights to train", "Return one with parameters")
    if held := [key for key, _ in module.named_buffers()]:
        raise ModelError(
            "model", name, f"the network keeps state beside its weights ({held[0]})",
            "Use layers without buffers, such as LayerNorm for BatchNorm",
        )  # fmt: skip
    rows = torch.zeros(2, n_inputs, dtype=dtype)
    try:
        with torch.no_grad():
            shape = tuple(
                vmap(lambda x: functional_call(module, dict(module.named_parameters()), (x,)))(rows[None]).shape[1:]
            )
    except Exception as error:
        raise ModelError(
            "model", name, f"the network failed on an input of shape (2, {n_inputs}): {str(error).splitlines()[0]}",
            "It must map (rows, inputs) to (rows, outputs), and draw no random numbers while doing so",
        ) from error  # fmt: skip
    if shape != (2, n_outputs):
        raise ModelError(
            "model", name, f"the network maps (2, {n_inputs}) to {shape}, the data needs (2, {n_outputs})",
            "Take n_inputs and n_outputs as the factory's second and third argument",
        )  # fmt: skip


def _name(factory: Factory) -> str:
    return getattr(factory, "__qualname__", type(factory).__name__)
