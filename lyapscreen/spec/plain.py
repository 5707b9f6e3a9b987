"""A setting as a JSON-ready value: what a spec is hashed, saved and compared by."""

from __future__ import annotations

import os
from collections.abc import Callable

NOT_IN_HASH = frozenset({"no_code"})
"""Settings that no number depends on."""


def plain_value(value: object) -> object:
    """Return a value as it is where JSON can hold it, else its name: arrays and functions from Python have no other."""
    if isinstance(value, os.PathLike):
        return os.fsdecode(value)
    if isinstance(value, tuple | list):
        return list(value) if all(isinstance(item, str | int | float) for item in value) else "arrays"
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return f"{getattr(value, '__module__', '?')}:{getattr(value, '__qualname__', type(value).__name__)}"
    return value if value is None or isinstance(value, str | int | float) else type(value).__name__
