"""What has to hold between settings that are each right for themselves."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, Protocol

from lyapscreen.errors import SettingError
from lyapscreen.spec import lengths, measures, parsing, schedules, sweep
from lyapscreen.spec.optimizers import OPTIMIZERS, having
from lyapscreen.spec.sweep import Axes, Value

SWEEPABLE = ("optimizer", "momentum", "weight_decay", "clip_norm", "batch_size", "schedule", "warmup")
"""The settings that `sweep` may give several values; everything else in it is a keyword of the model's factory."""

CAN_BE_SWEPT = f"{', '.join(SWEEPABLE)}, and keywords of your own model"

AXES_OF_THEIR_OWN = ("lr", "act", "seeds")
RESULT_COLUMNS = frozenset({
    "rank", "group", "activation", "lr", "regime", *measures.columns(*measures.Columns),
    "seeds", "steps", "best_seed", "recommended", "full_loss", "full_loss_low", "full_loss_high", "full_steps",
    "per_seed",
})  # fmt: skip
"""Names that an axis cannot have, since it becomes a column beside them."""


class Combined(Protocol):
    """Settings that are each right for themselves, as a spec holds them."""

    act: tuple[str, ...]
    lr: tuple[float, ...]
    seeds: tuple[int, ...]
    sweep: tuple[tuple[str, tuple[Any, ...]], ...]
    steps: int
    full_steps: int
    full_epochs: float | None
    model: Any

    def values(self, name: str) -> tuple[Any, ...]:
        """Return every value of a setting that is screened."""

    def given(self, name: str) -> Any:
        """Return the value that a setting was given, None where it was not."""


MAX_CANDIDATES = 1_000_000


def check(spec: Combined) -> None:
    """Refuse settings that contradict each other, at any point of the axes.

    Raises:
        SettingError: naming the first of them.

    """
    _check_count(spec)
    _check_axes(spec)
    for optimizer in spec.values("optimizer"):
        _check_optimizer(spec, optimizer)
    _check_full_training(spec)


def keyword_axes(axes: Axes) -> Axes:
    """Return the axes that are no settings of ours, so keywords of the model's factory."""
    return tuple((name, values) for name, values in axes if name not in SWEEPABLE)


def check_name(name: str, values: tuple[Value, ...], fields: Collection[str]) -> None:
    """Refuse an axis that is a setting of the whole screening, or that is named as a column of the result.

    Raises:
        SettingError: naming what can be swept.

    """
    if name in SWEEPABLE or name not in RESULT_COLUMNS.union(fields):
        return
    rule, fix = f"{name} has one value for a whole screening", f"You can sweep {CAN_BE_SWEPT}"
    if name in AXES_OF_THEIR_OWN:
        rule, fix = f"{name} is an axis already", f"Write its values to {name} itself"
    elif name not in fields:
        rule, fix = f"{name} is a column of the result", "Give the keyword of your model another name"
    raise SettingError(f"sweep.{name}", sweep.labels(values), rule, fix)


def _check_count(spec: Combined) -> None:
    every = [("act", spec.act), ("lr", spec.lr), ("seeds", spec.seeds), *spec.sweep]
    count = math.prod(len(values) for _, values in every)
    if count > MAX_CANDIDATES:
        longest = max(every, key=lambda axis: len(axis[1]))[0]
        names = " x ".join(name for name, _ in every)
        raise SettingError(
            longest if longest in AXES_OF_THEIR_OWN else f"sweep.{longest}",
            f"{names} = {count} candidates", f"at most {MAX_CANDIDATES} are screened", "Narrow a range",
        )  # fmt: skip


def _check_axes(spec: Combined) -> None:
    """Refuse a setting that has both a value and an axis, and a keyword that the model does not have."""
    for name, values in spec.sweep:
        if (value := spec.given(name)) is not None:
            rule = f"{name} is set to {value} as well"
            raise SettingError(f"sweep.{name}", sweep.labels(values), rule, "Remove one of the two")
    if not isinstance(spec.model, str):
        sweep.check_keywords(spec.model, keyword_axes(spec.sweep))
        return
    built_in, colon, _ = spec.model.partition(":")
    for name, values in keyword_axes(spec.sweep):
        if built_in == "mlp" or not colon:
            raise SettingError(
                f"sweep.{name}", sweep.labels(values), f"the built-in {built_in} has no keyword {name}",
                parsing.nearest(name, SWEEPABLE) + f"You can sweep {CAN_BE_SWEPT}",
            )  # fmt: skip


def _check_optimizer(spec: Combined, optimizer: str) -> None:
    """Refuse what the optimizer would ignore."""
    swept = dict(spec.sweep)
    every = {flag for entry in OPTIMIZERS.values() for flag in entry.flags}
    for flag in sorted(every - set(OPTIMIZERS[optimizer].flags)):
        given = spec.given(flag)
        if given is not None or flag in swept:
            raise SettingError(
                f"sweep.{flag}" if flag in swept else flag,
                sweep.labels(swept[flag]) if flag in swept else given,
                f"the optimizer {optimizer} has no {flag}",
                f"Optimizers with it: {', '.join(having(flag))}",
            )


def _check_full_training(spec: Combined) -> None:
    """Refuse schedules that there are not, and lengths that contradict each other."""

    def named(setting: str) -> str:
        return f"sweep.{setting}" if setting in dict(spec.sweep) else setting

    for schedule in spec.values("schedule"):
        schedules.check(schedule, named("schedule"))
    if spec.full_epochs is None:
        check_lengths("full_steps", spec.full_steps, spec.full_steps, spec.steps)
    elif spec.given("full_steps") is not None:
        rule = f"the length is given in steps as well: {spec.full_steps}"
        raise SettingError("full_epochs", spec.full_epochs, rule, "Leave out --full-steps or --full-epochs")
    elif "batch_size" in dict(spec.sweep):
        rule = "with another batch size an epoch has other steps, and all are ranked for one training"
        raise SettingError("full_epochs", spec.full_epochs, rule, "Give the length by --full-steps, or one batch size")
    # A length in epochs is known once the data are: `Spec.at_full_length` comes back to this.
    for warmup in spec.values("warmup") if spec.full_epochs is None else ():
        if warmup >= spec.full_steps:
            rule = f"it must end before the {spec.full_steps} steps of full training"
            raise SettingError(named("warmup"), warmup, rule, "Write fewer steps, or raise --full-steps")


def check_lengths(setting: str, value: object, full_steps: int, steps: int) -> None:
    """Refuse a full training that is too long, or shorter than the probes of `steps`.

    Args:
        setting: what says how long it is.
        value: what that was given.
        full_steps: how many steps that makes.
        steps: of a probe.

    Raises:
        SettingError: naming the setting.

    """
    if full_steps > lengths.MOST_FULL_STEPS:
        rule = f"that is {full_steps:,} steps, and at most {lengths.MOST_FULL_STEPS:,} are screened for"
        raise SettingError(setting, value, rule, "Write less")
    if full_steps < steps:
        rule = f"full training must be at least as long as the probes, which take {steps} steps"
        raise SettingError(setting, value, rule, "Write more, or lower --steps")
