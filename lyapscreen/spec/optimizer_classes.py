"""Optimizers given by torch's class, `torch.optim.Adam`, instead of by name."""

from __future__ import annotations

import functools

from lyapscreen.errors import SettingError
from lyapscreen.spec import numbers
from lyapscreen.spec.optimizers import OPTIMIZERS, listed


def named(value: object) -> object:
    """Return the name of an optimizer given by torch's class; what is no class or optimizer as it is.

    A class carries no settings: SGD is `sgd`, and momentum is asked for by `momentum` or `nesterov`.

    Raises:
        SettingError: no optimizer of ours takes the class's steps, or it is an optimizer already made.

    >>> import torch
    >>> named(torch.optim.AdamW), named("sgd")
    ('adamw', 'sgd')

    """
    known = f"The optimizers are {', '.join(OPTIMIZERS)}"
    if isinstance(value, functools.partial):
        rule, fix = "it carries settings, which stand in keywords of their own", "Write momentum= and weight_decay="
        raise SettingError("optimizer", getattr(value.func, "__name__", "partial"), rule, f"{fix}. {known}")
    if not isinstance(value, type):
        if hasattr(value, "param_groups"):
            rule = "it is made already, for weights of its own: every candidate has its own weights and learning rate"
            fix = f"Give its class, torch.optim.{type(value).__name__}, or its name"
            raise SettingError("optimizer", type(value).__name__, rule, f"{fix}. {known}")
        return numbers.plain(value)
    own = {entry.torch: name for name, entry in OPTIMIZERS.items() if entry.torch.lower() == name}
    if value.__module__.startswith("torch.optim") and value.__name__ in own:
        return own[value.__name__]
    classes = listed((f"torch.optim.{name}" for name in own), "or")
    raise SettingError(
        "optimizer", f"{value.__module__}.{value.__qualname__}", "its step is not one of those that are screened",
        f"{known}; as classes {classes}",
    )  # fmt: skip
