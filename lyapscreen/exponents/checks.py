"""Refuses what cannot be an argument of the public functions, naming argument, value and rule."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

import torch
from torch import Tensor

from lyapscreen.exponents import trees


def whole(name: str, value: object, *, least: int) -> None:
    """Refuse what is not a whole number (numpy's are) of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}={value!r}: it must be a whole number")
    if int(value) < least:
        raise ValueError(f"{name}={value}: it must be at least {least}")


def choice(name: str, value: object, known: Iterable[str]) -> None:
    """Refuse what is not one of the known names."""
    names = tuple(known)
    if value not in names:
        raise ValueError(f"{name}={value!r}: it must be one of {', '.join(names)}")


def state(name: str, value: Any) -> None:
    """Refuse a state that holds what is no tensor, or nothing that can be perturbed."""
    leaves = trees.tree_leaves(value)
    for leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise TypeError(f"{name}: it holds {leaf!r}; every leaf must be a tensor")
    if not any(leaf.is_floating_point() and leaf.numel() for leaf in leaves):
        kinds = ", ".join(str(leaf.dtype) for leaf in leaves) or "nothing"
        raise ValueError(f"{name}: it holds {kinds}; at least one floating-point tensor is needed, to be perturbed")


def states(value: Any) -> None:
    """Refuse what is not a batch of states: the same number along the first axis of every tensor."""
    state("states", value)
    shapes = [tuple(leaf.shape) for leaf in trees.tree_leaves(value)]
    if len({shape[:1] for shape in shapes}) > 1 or not shapes[0]:
        raise ValueError(
            f"states: its tensors have shapes {shapes}; all must have the same first axis, an entry per state"
        )


def step(value: Any, batch: Any) -> None:
    """Refuse a step that is no function, or does not return a state like the one it is given."""
    if not callable(value):
        raise TypeError(f"step={value!r}: it must be a function step(state, t) -> state")
    # It is given a copy, for it may work in place.
    one = trees.tree_map(lambda leaf: leaf[0].detach().clone(), batch)
    before, structure = trees.tree_flatten(one)
    with torch.no_grad():
        after, returned = trees.tree_flatten(value(one, 0))
    if structure != returned:
        kinds = (" ".join(str(spec).split()) for spec in (returned, structure))
        raise ValueError("step: it returned {} for a state {}; the structure must stay the same".format(*kinds))
    for old, new in zip(before, after, strict=True):
        if not isinstance(new, Tensor):
            raise TypeError(f"step: it returned {new!r}; every leaf of a state must be a tensor")
        if (old.shape, old.dtype) != (new.shape, new.dtype):
            raise ValueError(f"step: it returned {_kind(new)} for {_kind(old)}; shape and dtype must stay the same")


def _kind(leaf: Tensor) -> str:
    return f"{leaf.dtype} {list(leaf.shape)}"
