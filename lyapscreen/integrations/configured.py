"""An optimizer and its scheduler, as a training library has configured them, in the words of our settings."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from lyapscreen.errors import SettingError
from lyapscreen.spec.optimizers import OPTIMIZERS, listed
from lyapscreen.spec.schedules import factor

COMPARED = 20_000
"""Steps of a long schedule that are compared, from the first."""

_SPEED = frozenset({"params", "lr", "initial_lr", "foreach", "fused", "capturable", "differentiable"})
"""What a parameter group holds that changes no number of a step, and the learning rate, which is screened."""


def optimizer_settings(optimizer: torch.optim.Optimizer, module: nn.Module) -> dict[str, Any]:
    """Return `optimizer`, `momentum` and `weight_decay` of an optimizer of torch.

    Args:
        optimizer: over the module's weights; its memory is empty.
        module: the network.

    Raises:
        SettingError: its step is none of ours, or differs from one group of weights to another.

    """
    kind = type(optimizer).__name__
    groups = [_plain(group) for group in optimizer.param_groups]
    rates = {group.get("initial_lr", group["lr"]) for group in optimizer.param_groups}
    odd = sorted(key for key in groups[0] if any(group.get(key) != groups[0][key] for group in groups))
    odd += ["lr"] if len(rates) > 1 else []
    if odd:
        rule = f"its groups of weights differ in {listed(odd, 'and')}, and all weights are stepped alike here"
        fix = "Give all weights the same, for example weight_decay=0, to screen them"
        raise SettingError("optimizer", kind, rule, fix)
    trained = {id(weight) for weight in module.parameters() if weight.requires_grad}
    if trained != {
        id(weight) for group in optimizer.param_groups for weight in group["params"] if weight.requires_grad
    }:
        rule = "it steps other weights than those of the module that have requires_grad"
        raise SettingError(
            "optimizer", kind, rule, "Pass all of them, and set requires_grad to False where one is frozen"
        )
    for name, entry in OPTIMIZERS.items():
        if not entry.torch or type(optimizer) is not getattr(torch.optim, entry.torch):
            continue
        flags = {flag: groups[0][flag] for flag in entry.flags}
        if name in ("momentum", "nesterov") and not flags["momentum"]:
            continue
        wanted = getattr(torch.optim, entry.torch)(
            [nn.Parameter(torch.zeros(1))], lr=1.0, **entry.torch_options, **flags
        )
        if groups[0] == _plain(wanted.param_groups[0]):
            return {"optimizer": name, **flags}
    known = ", ".join(f"{name}{_options(entry.torch_options)}" for name, entry in OPTIMIZERS.items() if entry.torch)
    rule = f"its step is not one of those that are screened ({_shown(groups[0])})"
    raise SettingError("optimizer", f"{type(optimizer).__module__}.{kind}", rule, f"The optimizers are {known}")


def rate_of(optimizer: torch.optim.Optimizer) -> float:
    """Return the learning rate it was made with, before any scheduler."""
    group = optimizer.param_groups[0]
    return float(group.get("initial_lr", group["lr"]))


def schedule_settings(scheduler: Any, optimizer: torch.optim.Optimizer, steps: int) -> dict[str, Any]:
    """Return `schedule` and `warmup` of a scheduler that is stepped after every step of the optimizer.

    It is run over the training, which uses it up, and its factors are held to those of each schedule of ours.

    Args:
        scheduler: of torch, not stepped yet; None leaves the rate as it is.
        optimizer: the one that it schedules.
        steps: of the full training.

    Raises:
        SettingError: no schedule of ours has its factors.

    """
    if scheduler is None:
        return {"schedule": "constant", "warmup": 0}
    kind = type(scheduler).__name__
    fix = (
        "Let it follow the whole training, or write schedule= (constant, linear, cosine, wsd) and warmup= to screen for"
    )
    if kind == "ReduceLROnPlateau":
        raise SettingError("schedule", kind, "its rate depends on how the training goes", fix)
    found, base = [], rate_of(optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, that the optimizer is to be stepped before
        for _ in range(min(steps, COMPARED)):
            found.append(optimizer.param_groups[0]["lr"] / base)
            scheduler.step()
    top = next(t for t, value in enumerate(found) if value >= max(found) - 1e-9)
    for schedule, warmup in _candidates(top):
        if warmup < steps and _agree(found, schedule, steps, warmup):
            return {"schedule": schedule, "warmup": warmup}
    shown = ", ".join(f"{found[t]:.4g} at step {t}" for t in sorted({0, len(found) // 2, len(found) - 1}))
    rule = f"no schedule of ours has its factors over {steps:,} steps ({shown})"
    raise SettingError("schedule", kind, rule, fix)


def _candidates(top: int) -> Iterable[tuple[str, int]]:
    from_zero = [(f"{name}:from-zero", top) for name in ("constant", "linear", "cosine")] if top else []
    names = ("constant", "linear", "cosine", "wsd", "wsd:0.1", "wsd:0.5")
    return [*((name, warmup) for warmup in dict.fromkeys((0, top, top + 1)) for name in names), *from_zero]


def _agree(found: list[float], schedule: str, steps: int, warmup: int) -> bool:
    of = factor(schedule, steps, warmup)
    return all(abs(value - of(t)) < 1e-6 for t, value in enumerate(found))


def _plain(group: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _number(value) for key, value in group.items() if key not in _SPEED}


def _number(value: Any) -> Any:
    return tuple(map(float, value)) if isinstance(value, tuple | list) else value


def _options(options: Mapping[str, object]) -> str:
    return f" ({', '.join(f'{key}={value}' for key, value in options.items())})" if options else ""


def _shown(group: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in group.items() if value not in (None, False))
