"""The configuration a gate is about: `act=relu,lr=0.1,momentum=0.9` as text, and as one of those screened."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.results.naming import named
from lyapscreen.spec import parsing, sweep
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec

SAME_LR = 5e-3
"""Learning rates that differ by at most this, relative to each other, are one: tables show three digits of nine."""

FIX = "Write it as act=relu,lr=0.1, then any other settings that are swept"


@dataclass(frozen=True)
class Choice:
    """A configuration as a person names it."""

    text: str
    activation: str | None
    """None where there is only one to choose."""
    lr: float
    settings: sweep.Settings
    """As far as they are named."""


def parse(value: object, setting: str = "choice") -> Choice:
    """Read a choice: `act=NAME,lr=NUMBER`, and further settings; or a mapping of the same.

    Args:
        value: what is read.
        setting: which flag to blame.

    >>> parse("act=relu,lr=0.1,momentum=0.9").settings
    (('momentum', 0.9),)

    Raises:
        SettingError: a part is no `name=value`, stands twice, or lr is missing or not a positive number.

    """
    text = value if isinstance(value, str) else _written(value)
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value_text = (piece.strip() for piece in part.partition("="))
        if not (name and equals and value_text):
            raise SettingError(setting, text, f"{part.strip() or 'an empty entry'!r} is not name=value", FIX)
        key = {"activation": "act"}.get(name, name).replace("-", "_")
        if key in found:
            raise SettingError(setting, text, f"{key} is given twice", FIX)
        found[key] = value_text
    if "lr" not in found:
        raise SettingError(setting, text, "it names no lr", FIX)
    lr = sweep.typed(found.pop("lr"))
    if isinstance(lr, bool) or not isinstance(lr, int | float) or not (math.isfinite(lr) and lr > 0):
        raise SettingError(setting, text, "lr must be a positive finite number", FIX)
    activation = found.pop("act", None)
    return Choice(text, activation, float(lr), tuple((name, sweep.typed(value)) for name, value in found.items()))


def find(
    choice: Choice, screened: Iterable[Configuration], spec: Spec, *, where: str, setting: str = "choice",
    value: str = "",
) -> Configuration:  # fmt: skip
    """Return the configuration that a choice names.

    Args:
        choice: what is looked for.
        screened: where it is looked for.
        spec: theirs; settings that are one and the same for all of them may be named too.
        where: what they are called in messages, such as `the spec` or a file.
        setting: which flag to blame.
        value: what that flag was given; by default the choice.

    Raises:
        SettingError: there is no such configuration, or the choice leaves several; the nearest is named.

    """

    def refuse(rule: str, fix: str) -> SettingError:
        return SettingError(setting, value or choice.text, rule, fix)

    every = list(screened)
    left = every
    if choice.activation is not None:
        known = dict.fromkeys(c.activation for c in every)
        left = [c for c in every if c.activation == choice.activation]
        if not left:
            hint = parsing.nearest(choice.activation, known)
            raise refuse(f"{where} has no {choice.activation}", f"{hint}It has {', '.join(known)}")
    for name, wanted in choice.settings:
        left = _having(name, wanted, left, spec, refuse, where)
    axis = {"act": [c.activation for c in left]}
    for name, _ in left[0].settings:
        axis[name] = [sweep.label(dict(c.settings)[name]) for c in left]
    for name, values in axis.items():
        several = list(dict.fromkeys(values))
        if len(several) > 1:
            rule = f"it does not say which {name}: {where} has {', '.join(several)}"
            raise refuse(rule, f"Add for example {name}={several[0]}")
    nearest = min(left, key=lambda c: abs(math.log(c.lr / choice.lr)))
    if not same_lr(nearest.lr, choice.lr):
        rule = f"{where} has no {named(left[0], f'{choice.lr:.3g}')}; the nearest is at lr {nearest.lr:.9g}"
        raise refuse(rule, f"Choose lr={nearest.lr:.9g}, or screen {choice.lr:g} too")
    return nearest


def same_lr(one: float, other: float) -> bool:
    """Tell whether two learning rates are one as far as a person types them."""
    return math.isclose(one, other, rel_tol=SAME_LR)


def with_lr(lrs: Sequence[float], choice: Choice) -> tuple[float, ...]:
    """Return learning rates with the choice's among them."""
    return tuple(lrs) if any(same_lr(lr, choice.lr) for lr in lrs) else tuple(sorted([*lrs, choice.lr]))


def _having(
    name: str, wanted: sweep.Value, left: Sequence[Configuration], spec: Spec, refuse: Any, where: str
) -> list[Configuration]:
    """Return those with a value of a setting, be it swept or one for all."""
    if name in dict(left[0].settings):
        known = [dict(c.settings)[name] for c in left]
        found = [c for c in left if sweep.label(dict(c.settings)[name]) == sweep.label(wanted)]
        if not found:
            there = ", ".join(dict.fromkeys(sweep.label(value) for value in known))
            raise refuse(f"{where} has no {name}={sweep.label(wanted)}", f"It has {there}")
        return found
    if name not in type(spec).model_fields:
        raise refuse(f"there is no setting {name}", f"{parsing.nearest(name, dict(left[0].settings))}{FIX}")
    has = spec.momentum_factor if name == "momentum" else spec.decay if name == "weight_decay" else getattr(spec, name)
    if sweep.label(has) != sweep.label(wanted):
        rule = f"{name} is {sweep.label(has)} throughout {where}"
        raise refuse(rule, f"Choose {name}={sweep.label(has)}, or sweep {name}")
    return list(left)


def _written(value: object) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={sweep.label(item)}" for name, item in value.items())
    return ",".join(str(item) for item in value) if isinstance(value, Iterable) else str(value)
