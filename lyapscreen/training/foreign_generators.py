"""Python's and NumPy's generators, which a seed of ours does not fix: a factory may not draw weights from them."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import torch

from lyapscreen.errors import ModelError

Made = TypeVar("Made")

_OTHER = 20_201
"""Seeds both generators for the second call: any number would do."""


def from_torch_alone(make: Callable[[], Made], name: str) -> Made:
    """Return what `make` returns; both generators are as before afterwards.

    One that seeds them itself may draw from them: it gives the same each time.

    Raises:
        ModelError: what it makes depends on where they stood.

    """
    before, seed = (random.getstate(), np.random.get_state()), torch.get_rng_state()
    try:
        made, first, after = make(), _digests(before), _digests()
        if after != first:
            random.seed(_OTHER)
            np.random.seed(_OTHER)
            torch.set_rng_state(seed)
            make()
            for generator, start, here, there in zip(("Python's", "NumPy's"), first, after, _digests(), strict=True):
                if here not in (start, there):
                    rule = f"building it twice from one seed gives different weights: it draws from {generator}"
                    raise ModelError("model", name, f"{rule} generator", "Draw them from torch's generator alone")
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])
    return made


def _digests(states: tuple[Any, Any] | None = None) -> tuple[bytes, bytes]:
    """Return both generators' states as bytes, to be compared."""
    python, numpy = states or (random.getstate(), np.random.get_state())
    return repr(python).encode(), b"".join(np.asarray(part).tobytes() for part in numpy)
