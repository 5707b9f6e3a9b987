"""A spec's networks: one a seed, built under a generator that the seed fixes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError
from lyapscreen.spec import parsing, sweep, user_code
from lyapscreen.spec.activations import NONE, STAND_IN
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import weights_file
from lyapscreen.training.activations import Activation
from lyapscreen.training.architectures import Factory, cnn, mlp
from lyapscreen.training.factories import FromFactory
from lyapscreen.training.finished_modules import Finished
from lyapscreen.training.inputs import cloned, tensors
from lyapscreen.training.module_checks import cast, of_precision, require_trainable
from lyapscreen.training.wrappers import Unwrapped

ROWS = 4
"""Rows of the training part that a network is run on while it is built."""


@dataclass(frozen=True)
class Built:
    """The networks of some seeds."""

    modules: tuple[nn.Module, ...]
    """In training mode, a seed each."""
    evaluated: nn.Module
    """One more, in evaluation mode."""
    state_dict_names: Mapping[str, str]
    """By a name in the state_dict of the user's own module, the name of its parameter or buffer in `modules`."""
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Taken:
    """One network as it was taken."""

    module: nn.Module
    state_dict_names: Mapping[str, str]
    notices: tuple[str, ...]


def build_modules(spec: Spec, data: Dataset, activation: str, seeds: Sequence[int], n_outputs: int) -> Built:
    """Build the spec's network once a seed, and once more to be evaluated.

    A factory is called for each, for it may make what cannot be copied; a finished module is copied. torch's global
    generator is put back as it was, and nothing of the user's module is changed.

    Raises:
        ModelError: the factory fails, returns no module, or a module that cannot be probed.

    """
    name, made = name_of(spec.model), Activation(STAND_IN if activation == NONE else activation)
    source = _source(spec, data)
    sweep.check_keywords(source, spec.keyword_axes)
    rows = cloned(tensors(data.x_train, ROWS))
    network: Finished | FromFactory
    if isinstance(source, nn.Module):
        fresh = spec.init == "fresh" and spec.weights is None
        network = Finished.of(source, made, rows, name, fresh=fresh)
    else:
        keywords = dict(spec.model_keywords)
        network = FromFactory.of(source, made, (data.n_inputs, n_outputs), keywords, rows, name)
    make = network.make
    taken = [_of_seed(spec, make, seed) for seed in seeds]
    first = taken[0]
    built_in = isinstance(spec.model, str) and not user_code.names_code(spec.model)
    if built_in or isinstance(source, nn.Module):
        evaluated = copy.deepcopy(first.module)
    else:
        evaluated = _of_seed(spec, make, seeds[0]).module
    for one in taken:
        one.module.train()
    evaluated.requires_grad_(False).eval()
    notices = (*first.notices, *network.notices, *_notices(spec, made, network))
    return Built(tuple(one.module for one in taken), evaluated, first.state_dict_names, tuple(dict.fromkeys(notices)))


def name_of(model: Any) -> str:
    """Return how a message calls the model."""
    return model if isinstance(model, str) else getattr(model, "__qualname__", type(model).__name__)


def _source(spec: Spec, data: Dataset) -> Factory | nn.Module:
    """Return the factory or the finished module that the spec's `model` names, or is."""
    model = spec.model
    if not isinstance(model, str):
        return model  # type: ignore[no-any-return]
    if model.startswith("mlp:"):
        if len(data.input_shape) > 1 or data.inputs in ("tokens", "several"):
            given = "several arrays" if data.inputs == "several" else data.inputs
            raise ModelError("model", model, f"it takes rows of numbers, but these are {given}", "Name a factory")
        return mlp(parsing.widths(model))
    if model == "cnn" and data.inputs == "several":
        raise ModelError("model", model, "it takes images, but these are several arrays", "Name a factory")
    if model == "cnn":
        return cnn(data.input_shape)
    found: Factory | nn.Module = user_code.load("model", model, allowed=not spec.no_code, error=ModelError)
    return found


def _of_seed(spec: Spec, make: Callable[[], Unwrapped], seed: int) -> _Taken:
    """Return the network of one seed in the spec's dtype, with its weights from a file if there is one."""
    name, dtype = name_of(spec.model), getattr(torch, spec.dtype)
    with torch.random.fork_rng(devices=[]), _single_precision():
        # torch.manual_seed would seed GPUs as well: slow, and not put back afterwards.
        torch.default_generator.manual_seed(named_seed(seed, "weights"))
        found = make()
        reseeded = torch.default_generator.initial_seed() != named_seed(seed, "weights")
    module = found.module
    require_trainable(module, name)
    said = of_precision(module, dtype)
    if reseeded:
        said = (*said, "model: the factory calls torch.manual_seed, so that all seeds may start from the same weights")
    cast(module, dtype)
    own = {id(tensor): key for key, tensor in (*module.named_buffers(), *module.named_parameters())}
    state = {found.wrapped_name(key): (key, tensor) for key, tensor in module.state_dict(keep_vars=True).items()}
    if spec.weights is not None:
        weights_file.load(module, spec.weights, {outer: key for outer, (key, _) in state.items()})
    names = {outer: own[id(tensor)] for outer, (_, tensor) in state.items() if id(tensor) in own}
    if lost := [outer for outer in state if outer not in names]:
        said = (*said, f"model: --save leaves out {', '.join(lost[:3])}, which is neither a parameter nor a buffer")
    return _Taken(module, names, (*found.notices, *said))


@contextmanager
def _single_precision() -> Iterator[None]:
    """Draw initial weights in float32 whatever default the caller has set: workers would not know of it."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def _notices(spec: Spec, made: Activation, network: Finished | FromFactory) -> tuple[str, ...]:
    notices = []
    if not made.calls and not network.by_name and spec.act != (NONE,):
        never = "the factory never calls the activation it is given"
        why = never if network.takes_activation else "the module has no hidden activation layer"
        notices.append(f"model: {why}: every activation gives the same numbers")
    if spec.weights is not None or (isinstance(network, Finished) and spec.init == "keep"):
        notices.append("model: every seed starts from the weights given; seeds differ only in the order of rows")
    return tuple(notices)
