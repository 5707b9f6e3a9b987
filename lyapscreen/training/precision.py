"""A few computations in float64, of a module and a loss that are written for float32."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from lyapscreen.exponents import trees

Tree = TypeVar("Tree")


@contextmanager
def widened() -> Iterator[None]:
    """Compute in float64 whatever is computed inside, also what the module casts to float32 by name."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with _Widened():
            yield
    finally:
        torch.set_default_dtype(before)


class _Widened(TorchFunctionMode):
    """Makes every narrower floating-point tensor, and every cast to one, a float64."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (Tensor.float, Tensor.half, Tensor.bfloat16):
            return args[0].double()
        wide_args, wide_kwargs = trees.tree_map(_wide, (tuple(args), kwargs or {}))
        return func(*wide_args, **wide_kwargs)


_NARROW = (torch.float32, torch.float16, torch.bfloat16)


def _wide(value: Any) -> Any:
    if isinstance(value, torch.dtype):
        return torch.float64 if value in _NARROW else value
    if type(value) is Tensor and value.dtype in _NARROW:
        with torch._C.DisableTorchFunction():
            return value.double()
    return value


def wide(tree: Tree) -> Tree:
    """Return a tree with its floating-point tensors in float64."""
    result: Tree = trees.tree_map(lambda leaf: leaf.double() if leaf.is_floating_point() else leaf, tree)
    return result


def narrowed(tree: Tree, like: Tree) -> Tree:
    """Return a tree with its tensors in the dtypes of another of its form."""
    result: Tree = trees.tree_map(lambda leaf, other: leaf.to(other.dtype), tree, like)
    return result
