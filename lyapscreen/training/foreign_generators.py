"""Python's and NumPy's generators, which a seed of ours does not fix: a factory may not draw weights from them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from lyapscreen.errors import ModelError

_OTHERS = range(20_201, 20_209)
"""Each seeds a generator for another call: a coin of the factory's shows in all but one of 256."""


def from_torch_alone(make: Callable[[], nn.Module], name: str) -> nn.Module:
    """Return what `make` returns; both generators are as before afterwards.

    One that seeds them itself may draw from them: it gives the same each time. Where a generator has moved, it is made
    again with that generator elsewhere: other threads draw too, so that the weights alone say who did.

    Raises:
        ModelError: its weights depend on where a generator stood.

    """
    python, numpy, seed = random.getstate(), _numpy(), torch.get_rng_state()
    try:
        made = make()
        moved: dict[str, Callable[[int], object]] = {}
        if random.getstate() != python:
            moved["Python's"] = random.seed
        if any(not np.array_equal(a, b) for a, b in zip(_numpy(), numpy, strict=True)):
            moved["NumPy's"] = np.random.seed
        for generator, elsewhere in moved.items():
            for other in _OTHERS:
                random.setstate(python)
                np.random.set_state(numpy)
                elsewhere(other)
                torch.set_rng_state(seed)
                if not _alike(made, make()):
                    rule = f"building it twice from one seed gives different networks: it draws from {generator}"
                    raise ModelError("model", name, f"{rule} generator", "Draw them from torch's generator alone")
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
    return made


def _numpy() -> Any:
    return np.random.get_state()


def _alike(made: nn.Module, again: nn.Module) -> bool:
    """Tell whether two networks are of the same layers and hold the same weights and buffers, lazy ones apart."""
    if repr(made) != repr(again):
        return False
    pairs = zip((*made.parameters(), *made.buffers()), (*again.parameters(), *again.buffers()), strict=False)
    return all(is_lazy(one) or (one.shape == other.shape and _same(one, other)) for one, other in pairs)


def _same(one: Tensor, other: Tensor) -> bool:
    return torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))
