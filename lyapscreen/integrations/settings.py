"""Settings that a training library has already: what it says counts, and is not said twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor

from lyapscreen.errors import SettingError

DECADE = 100.0
"""How far a range reaches from the configured rate, as a factor: two decades."""


def around(rate: float) -> str:
    """Return the range of learning rates around the configured one.

    >>> around(0.001)
    '1e-05:0.1'
    """
    return f"{rate / DECADE:g}:{rate * DECADE:g}"


def require_free(settings: Mapping[str, object], taken: Iterable[str], by: str) -> None:
    """Refuse settings that are taken from elsewhere.

    Raises:
        SettingError: naming the first.

    """
    for name in taken:
        if name in settings:
            raise SettingError(
                name, str(settings[name])[:40], f"{by} say what it is", "Leave it out, or change it there"
            )


def require_numbered(values: Tensor, named: str, has: str, fix: str) -> None:
    """Refuse classes that are not the whole numbers from 0.

    Args:
        values: the classes that occur, ascending.
        named: what a message calls the targets.
        has: how the message goes on to their number.
        fix: what to do.

    Raises:
        SettingError: naming how many there are, and their ends.

    """
    if not torch.equal(values, torch.arange(len(values)).to(values.dtype)):
        rule = f"classes are the whole numbers from 0, but {has} {len(values)} from {values[0]} to {values[-1]}"
        raise SettingError("data", named, rule, fix)
