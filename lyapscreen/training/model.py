"""A spec's model as a pure function of stacked weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from lyapscreen.data import Dataset
from lyapscreen.errors import ModelError
from lyapscreen.spec import user_code
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.spec import Spec
from lyapscreen.training import dropout, outputs
from lyapscreen.training.building import build_modules
from lyapscreen.training.building import name_of as name_of
from lyapscreen.training.derivatives import Buffers, one_by_one
from lyapscreen.training.inputs import Inputs, cast, cloned, count, picked, split, tensors
from lyapscreen.training.module_derivatives import masked

COMPARED = 8
"""Rows on which it is seen whether they depend on one another."""


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
    couples_rows: bool = False
    """Whether an output in evaluation mode depends on the other rows, as with batch norm without running statistics."""
    state_dict_names: Mapping[str, str] = field(default_factory=dict)
    """By a name in the state_dict of the user's module, the name in `weights` or `buffers`: tied weights have two."""

    def to(self, device: torch.device) -> Model:
        """Return the same on a device; the modules stay, for their own weights and buffers are never used."""
        return replace(
            self,
            weights={name: leaf.to(device) for name, leaf in self.weights.items()},
            buffers={name: leaf.to(device) for name, leaf in self.buffers.items()},
        )

    def outputs(
        self, weights: Weights, buffers: Buffers, inputs: Inputs, masks: Sequence[Tensor]
    ) -> tuple[Tensor, Buffers]:
        """Return one candidate's outputs in training mode for `inputs` [rows, ...], and its buffers after that."""
        after = {name: buffer.clone() for name, buffer in buffers.items()}  # written to in place
        with masked(masks):
            found: Tensor = functional_call(self.module, (weights, after), (inputs,))
        return found, after

    def evaluated_outputs(self, weights: Weights, buffers: Buffers, inputs: Inputs) -> Tensor:
        """Return the outputs [candidates, rows, ...] of stacked weights and buffers in evaluation mode."""

        def one(weights: Weights, buffers: Buffers) -> Tensor:
            found: Tensor = functional_call(self.evaluated, (weights, buffers), (inputs,))
            return found

        # Outside of a gradient torch has no rule to batch its recurrent kernels.
        recurrent = any(isinstance(layer, nn.RNNBase) for layer in self.evaluated.modules())
        if recurrent or not self.stacked:
            return one_by_one(one, weights, buffers)
        found: Tensor = vmap(one)(weights, buffers)
        return found


def build(spec: Spec, data: Dataset, activation: str, seeds: Sequence[int], n_outputs: int) -> Model:
    """Build the spec's model once a seed, each under a generator seeded by that seed, and stack the initial weights.

    torch's global generator is put back as it was, and nothing of the user's module is changed.

    Raises:
        ModelError: the factory fails, returns no module, or a module that cannot be probed.

    """
    built, name = build_modules(spec, data, activation, seeds, n_outputs), name_of(spec.model)
    first, modules = built.modules[0], built.modules
    weights = _stacked([{n: p for n, p in m.named_parameters() if p.requires_grad} for m in modules], name)
    frozen = _stacked([{n: p for n, p in m.named_parameters() if not p.requires_grad} for m in modules], name)
    buffers = frozen | _stacked([dict(module.named_buffers()) for module in modules], name)
    rows = tensors(data.x_train, spec.minibatch_rows(data.train_rows))
    minibatch = cast(cloned(rows), getattr(torch, spec.dtype))  # a forward pass may change what it is given
    some = picked(minibatch, slice(COMPARED))
    answers: list[Any] = []
    calls = dropout.calls(lambda: answers.append(forward(first, minibatch, name)))
    said = outputs.read_by([*modules, built.evaluated], answers[0], name)
    return Model(
        first, built.evaluated, weights, buffers, calls, (*built.notices, *said),
        state_dict_names=built.state_dict_names, couples_rows=_couples_rows(built.evaluated, some),
    )  # fmt: skip


def forward(module: nn.Module, inputs: Inputs, name: str) -> Any:
    """Run a copy of the user's module once, outside of all transforms: its own mistakes are reported as such."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        return user_code.call("model", name, _spared(module), inputs, error=ModelError)


def _couples_rows(evaluated: nn.Module, inputs: Inputs) -> bool:
    """Tell whether some rows give other outputs than their halves do; also of a network that takes no fewer."""
    halves = split(inputs, -(-count(inputs) // 2))
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        try:
            run = _spared(evaluated)
            whole, parts = run(inputs), [run(half) for half in halves]
            return not torch.allclose(whole, torch.cat(parts), rtol=1e-3, atol=1e-4, equal_nan=True)
        except Exception:  # its mistakes are reported where it is looked at
            return True


def _spared(module: nn.Module) -> Callable[[Inputs], Any]:
    """Return what runs as a module does and leaves it as it is: a copy, or itself with copies of its buffers."""
    try:
        return copy.deepcopy(module)
    except Exception:
        buffers = {name: buffer.clone() for name, buffer in module.named_buffers()}
        return lambda inputs: functional_call(module, buffers, (inputs,))


def _stacked(parts: list[dict[str, Any]], name: str) -> dict[str, Tensor]:
    shapes = [{key: values.shape for key, values in part.items()} for part in parts]
    if any(other != shapes[0] for other in shapes):
        rule = "its weights have other names or shapes from one seed to the next"
        raise ModelError("model", name, rule, "Build the same network each time, whatever the generator gives")
    return {key: torch.stack([part[key].detach() for part in parts]) for key in parts[0]}
