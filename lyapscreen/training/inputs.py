"""What a network is called with: one tensor, several by position (a tuple) or several by name (a dict).

A network of several inputs is given a hook that takes them apart, so that whoever runs it calls `module(inputs)`,
whatever they are; `module(*inputs)` and `module(**inputs)` do as they always did.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.data.dataset import Inputs as Arrays
from lyapscreen.exponents import trees

Inputs = Tensor | tuple[Tensor, ...] | dict[str, Tensor]
"""Tensors that share their rows."""


def tensors(arrays: Arrays, rows: int | None = None) -> Inputs:
    """Return arrays as tensors that share their memory; the first rows alone if asked for."""
    found: Inputs = trees.tree_map(lambda array: torch.from_numpy(array)[:rows], arrays)
    return found


def count(inputs: Inputs) -> int:
    """Return the number of rows."""
    return len(trees.tree_leaves(inputs)[0])


def picked(inputs: Inputs, rows: Any) -> Inputs:
    """Return some rows: by their indices, or a slice."""
    found: Inputs = trees.tree_map(lambda part: part[rows], inputs)
    return found


def gathered(inputs: Inputs, rows: Tensor) -> Inputs:
    """Return the rows that indices of any shape name, in that shape."""
    found: Inputs = trees.tree_map(lambda part: of_tensor(part, rows), inputs)
    return found


def of_tensor(values: Tensor, rows: Tensor) -> Tensor:
    """Return the rows of one tensor that indices of any shape name, in that shape."""
    # One flat index_select: torch's general indexing takes five times as long.
    return values.index_select(0, rows.flatten()).view(*rows.shape, *values.shape[1:])


def split(inputs: Inputs, most: int) -> list[Inputs]:
    """Return the rows in parts of at most so many."""
    if isinstance(inputs, Tensor):
        return list(torch.split(inputs, most))
    return [picked(inputs, slice(start, start + most)) for start in range(0, count(inputs), most)]


def cast(inputs: Inputs, dtype: torch.dtype) -> Inputs:
    """Return the inputs with fractions in this dtype."""
    found: Inputs = trees.tree_map(lambda part: part.to(dtype) if part.is_floating_point() else part, inputs)
    return found


def moved(inputs: Inputs, device: torch.device) -> Inputs:
    """Return the inputs on a device."""
    found: Inputs = trees.tree_map(lambda part: part.to(device), inputs)
    return found


def cloned(inputs: Inputs) -> Inputs:
    """Return copies: a forward pass may change what it is given."""
    found: Inputs = trees.tree_map(torch.clone, inputs)
    return found


def named(inputs: Inputs) -> dict[str, Tensor]:
    """Return each tensor by what a message calls it."""
    if isinstance(inputs, Tensor):
        return {"its input": inputs}
    each = inputs.items() if isinstance(inputs, dict) else enumerate(inputs, 1)
    return {f"its input {name}": part for name, part in each}


def described(inputs: Inputs) -> str:
    """Return the shapes, as a message writes them."""
    if isinstance(inputs, Tensor):
        return str(tuple(inputs.shape))
    return ", ".join(f"{name.removeprefix('its input ')} {tuple(part.shape)}" for name, part in named(inputs).items())


def taken_apart(module: nn.Module, inputs: Inputs) -> nn.Module:
    """Have a module take several inputs as one argument; return it."""
    if not isinstance(inputs, Tensor):
        module.register_forward_pre_hook(_apart, prepend=True, with_kwargs=True)
    return module


def _apart(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if len(args) != 1 or kwargs:
        return args, kwargs
    if isinstance(args[0], dict):
        return (), args[0]
    return (args[0], {}) if isinstance(args[0], tuple) else (args, kwargs)
