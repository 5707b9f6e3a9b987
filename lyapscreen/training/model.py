"""A spec's model: built once a seed for an activation, as a pure function of stacked weights."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError
from lyapscreen.spec import parsing, sweep, user_code
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import dropout
from lyapscreen.training.activations import Activation, substituted
from lyapscreen.training.architectures import Factory, cnn, mlp
from lyapscreen.training.derivatives import Buffers, one_by_one
from lyapscreen.training.module_derivatives import masked


@dataclass(frozen=True)
class Model:
    """One architecture as a pure function of stacked weights; the modules' own weights are never used."""

    module: nn.Module
    """In training mode."""
    evaluated: nn.Module
    """The same in evaluation mode: what held-out measures see."""
    weights: Weights
    """Initial weights [seeds, ...] by parameter name, in the order of the seeds asked for; tied ones once."""
    buffers: Buffers
    """Initial buffers [seeds, ...]: running statistics, constants, and weights the user has frozen."""
    dropouts: tuple[dropout.Call, ...]
    """The dropouts that a training step calls."""
    notices: tuple[str, ...]
    """What a person should know of how their model was taken."""
    stacked: bool = True
    """Whether torch can run all candidates at once; else they go one by one."""

    def to(self, device: torch.device) -> Model:
        """Return the same on a device; the modules stay, for their own weights and buffers are never used."""
        return replace(
            self,
            weights={name: leaf.to(device) for name, leaf in self.weights.items()},
            buffers={name: leaf.to(device) for name, leaf in self.buffers.items()},
        )

    def outputs(
        self, weights: Weights, buffers: Buffers, inputs: Tensor, masks: Sequence[Tensor]
    ) -> tuple[Tensor, Buffers]:
        """Return one candidate's outputs in training mode for `inputs` [rows, ...], and its buffers after that."""
        after = {name: buffer.clone() for name, buffer in buffers.items()}  # written to in place
        with masked(masks):
            outputs: Tensor = functional_call(self.module, (weights, after), (inputs,))
        return outputs, after

    def evaluated_outputs(self, weights: Weights, buffers: Buffers, inputs: Tensor) -> Tensor:
        """Return the outputs [candidates, rows, ...] of stacked weights and buffers in evaluation mode."""

        def one(weights: Weights, buffers: Buffers) -> Tensor:
            outputs: Tensor = functional_call(self.evaluated, (weights, buffers), (inputs,))
            return outputs

        # Outside of a gradient torch has no rule to batch its recurrent kernels.
        recurrent = any(isinstance(layer, nn.RNNBase) for layer in self.evaluated.modules())
        if recurrent or not self.stacked:
            return one_by_one(one, weights, buffers)
        outputs: Tensor = vmap(one)(weights, buffers)
        return outputs


def build(spec: Spec, data: Dataset, activation: str, seeds: Sequence[int], n_outputs: int) -> Model:
    """Build the spec's model once a seed, each under a generator seeded by that seed, and stack the initial weights.

    torch's global generator is put back as it was, and nothing of the user's module is changed.

    Raises:
        ModelError: the factory fails, returns no module, or a module that cannot be probed.

    """
    made = Activation(activation)
    source = _source(spec, data)
    sweep.check_keywords(source, spec.keyword_axes)
    modules = [_of_seed(spec, source, made, data, n_outputs, seed) for seed in seeds]
    first, replaced = modules[0]
    _require_weights(first, spec)
    notices = _notices(spec, made, replaced, isinstance(source, nn.Module))
    weights = _stacked([{n: p for n, p in m.named_parameters() if p.requires_grad} for m, _ in modules])
    frozen = _stacked([{n: p for n, p in m.named_parameters() if not p.requires_grad} for m, _ in modules])
    buffers = frozen | _stacked([dict(module.named_buffers()) for module, _ in modules])
    bare = copy.deepcopy(first).requires_grad_(False).train()
    minibatch = torch.from_numpy(data.x_train[: spec.minibatch_rows(len(data.x_train))])
    if minibatch.is_floating_point():
        minibatch = minibatch.to(getattr(torch, spec.dtype))
    calls = dropout.calls(lambda: forward(bare, minibatch, name_of(spec.model)))
    return Model(bare, copy.deepcopy(bare).eval(), weights, buffers, calls, notices)


def name_of(model: Any) -> str:
    """Return how a message calls the model."""
    return model if isinstance(model, str) else getattr(model, "__qualname__", type(model).__name__)


def _source(spec: Spec, data: Dataset) -> Factory | nn.Module:
    """Return the factory or the finished module that the spec's `model` names, or is."""
    model = spec.model
    if not isinstance(model, str):
        return model  # type: ignore[no-any-return]
    if model.startswith("mlp:"):
        if len(data.input_shape) > 1 or data.inputs == "tokens":
            raise ModelError("model", model, f"it takes rows of numbers, but these are {data.inputs}", "Name a factory")
        return mlp(parsing.widths(model))
    if model == "cnn":
        return cnn(data.input_shape)
    found: Factory | nn.Module = user_code.load("model", model, allowed=not spec.no_code, error=ModelError)
    return found


def _of_seed(
    spec: Spec, source: Factory | nn.Module, made: Activation, data: Dataset, n_outputs: int, seed: int
) -> tuple[nn.Module, tuple[str, ...]]:
    """Return the module of one seed, and the names of the activation layers that were replaced in it."""
    replaced: tuple[str, ...] = ()
    with torch.random.fork_rng(devices=[]), _single_precision():
        # torch.manual_seed would seed GPUs as well: slow, and not put back afterwards.
        torch.default_generator.manual_seed(named_seed(seed, "weights"))
        if isinstance(source, nn.Module):
            module, replaced = substituted(source, made)
            if spec.init == "fresh" and spec.weights is None:
                _reset(module, spec)
        else:
            module = _made(spec, source, made, data.n_inputs, n_outputs)
    if spec.weights is not None:
        _load(module, spec.weights)
    return module.to(getattr(torch, spec.dtype)), replaced


def _made(spec: Spec, factory: Factory, activation: Activation, n_inputs: int, n_outputs: int) -> nn.Module:
    keywords = dict(spec.model_keywords)
    takes = [
        p for p in inspect.signature(factory).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty and p.name not in keywords
    ]  # fmt: skip
    arguments = (activation, n_inputs, n_outputs) if len(takes) >= 3 else (activation,)
    name = name_of(spec.model)
    made = user_code.call("model", name, factory, *arguments, error=ModelError, **keywords)
    if not isinstance(made, nn.Module):
        found = f"the factory returned {type(made).__name__}, not a torch.nn.Module"
        raise ModelError("model", name, found, "Return the network it builds")
    return made


def _reset(module: nn.Module, spec: Spec) -> None:
    """Draw fresh weights layer by layer, in the order of the layers.

    Raises:
        ModelError: a layer holds weights and has no way to draw them anew.

    """
    for name, layer in module.named_modules():
        if callable(reset := getattr(layer, "reset_parameters", None) or getattr(layer, "_reset_parameters", None)):
            reset()
        elif own := [key for key, _ in layer.named_parameters(recurse=False)]:
            where = f"{name}.{own[0]}".lstrip(".")
            raise ModelError(
                "model", name_of(spec.model), f"the layer of its weight {where} has no reset_parameters",
                "Pass a factory, or keep the weights with --init keep",
            )  # fmt: skip


def _load(module: nn.Module, path: str) -> None:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        module.load_state_dict(state)
    except FileNotFoundError:
        raise ModelError("weights", path, "there is no such file", "Name a file that torch.save wrote") from None
    except Exception as error:
        said = " ".join(str(error).split())[:300]
        raise ModelError("weights", path, f"it cannot be loaded: {said}", "Give a state_dict of this model") from error


@contextmanager
def _single_precision() -> Iterator[None]:
    """Draw initial weights in float32 whatever default the caller has set: workers would not know of it."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _require_weights(module: nn.Module, spec: Spec) -> None:
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in module.parameters()):
        found = "it has a lazy layer, whose weights do not exist until it has seen data"
        raise ModelError("model", name_of(spec.model), found, "Give the layer its sizes")
    if not any(p.requires_grad for p in module.parameters()):
        raise ModelError(
            "model", name_of(spec.model), "the network has no weights to train", "Return a network that has some"
        )


def _notices(spec: Spec, made: Activation, replaced: tuple[str, ...], finished: bool) -> tuple[str, ...]:
    notices = []
    if replaced:
        notices.append(f"model: activation layers replaced: {', '.join(replaced)}")
    elif not made.calls:
        why = "the module has no activation layer" if finished else "the factory never calls the activation it is given"
        notices.append(f"model: {why}: every activation gives the same numbers")
    if spec.weights is not None or (finished and spec.init == "keep"):
        notices.append("model: every seed starts from the weights given; seeds differ only in the order of rows")
    return tuple(notices)


def forward(module: nn.Module, inputs: Tensor, name: str) -> Tensor:
    """Run a copy of the user's module once, outside of all transforms: its own mistakes are reported as such."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        outputs: Tensor = user_code.call("model", name, copy.deepcopy(module), inputs, error=ModelError)
    return outputs


def _stacked(parts: list[dict[str, Any]]) -> dict[str, Tensor]:
    return {name: torch.stack([part[name].detach() for part in parts]) for name in parts[0]}
