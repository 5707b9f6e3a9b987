"""`lr: auto`: a range of learning rates that is looked for instead of given, and so no value of the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lyapscreen.spec.parsing import AUTO


def divided(settings: Mapping[str, Any], *, default: bool = False) -> tuple[dict[str, Any], bool]:
    """Return the settings without `lr: auto`, and whether the range is to be looked for.

    The spec of what is left has the range that the search begins with, which is the default.

    Args:
        settings: as they were given.
        default: whether the range is looked for where `lr` is not given at all.

    >>> divided({"lr": "Auto", "steps": 20}), divided({"lr": 0.1}), divided({}, default=True)
    (({'steps': 20}, True), ({'lr': 0.1}, False), ({}, True))

    """
    if "lr" not in settings:
        return dict(settings), default
    lr = settings["lr"]
    if isinstance(lr, str) and lr.strip().lower() == AUTO:
        return {name: value for name, value in settings.items() if name != "lr"}, True
    return dict(settings), False
