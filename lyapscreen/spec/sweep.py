"""Further axes of a screening, `momentum=0,0.9`: how their values are read, named and ordered."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.spec import parsing

Value = int | float | str | bool | None
"""What an axis may hold: it has to fit into a cell of the result and into a name."""

Settings = tuple[tuple[str, Value], ...]
"""One value of every axis, in the order of the spec."""

Axes = tuple[tuple[str, tuple[Value, ...]], ...]
"""Every axis with its values."""

FIX = "Write a name and its values, such as momentum=0,0.9"


def read(given: object) -> Axes:
    """Read axes: `momentum=0,0.9`, several of these, or a mapping of names to values.

    Text is divided at commas and read by `typed`; the items of a list are taken as they are.

    >>> read(["momentum=0,0.9", "norm=layer,none"])
    (('momentum', (0, 0.9)), ('norm', ('layer', None)))
    >>> read({"batch-size": ["full", 64]})
    (('batch_size', ('full', 64)),)

    Raises:
        SettingError: a name is no word or stands twice, an axis has no value, a value stands twice
            or is neither number nor word.

    """
    found: dict[str, tuple[Value, ...]] = {}
    for name, values in _pairs(given):
        key = name.replace("-", "_")
        if not key.isidentifier():
            raise SettingError("sweep", name, "an axis is named after a setting or a keyword of the model", FIX)
        if key in found:
            raise SettingError(f"sweep.{key}", values, "the axis is given twice", "Write all its values in one list")
        found[key] = _values(f"sweep.{key}", values)
    return tuple(found.items())


def typed(text: str) -> Value:
    """Return what a word written without quotes stands for: a number, true, false, nothing, or itself.

    >>> [typed(word) for word in ("64", "1e-4", "true", "none", "full")]
    [64, 0.0001, True, None, 'full']
    """
    lower = text.lower()
    if lower in ("true", "false"):
        return lower == "true"
    if lower in ("none", "null", "~"):
        return None
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def label(value: Value) -> str:
    """Name a value as one types it; a number to nine digits, as in every file we write.

    >>> label(1 / 3), label(None), label(True)
    ('0.333333333', 'none', 'true')
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.9g}" if isinstance(value, float) else str(value)


def labels(values: Iterable[Value]) -> str:
    """Name several values as one types them, `0,0.9`."""
    return ",".join(label(value) for value in values)


def order(value: Value) -> tuple[int, float, str]:
    """Return a key that sorts values of any kinds: nothing, then numbers, then words."""
    if value is None:
        return 0, 0, ""
    return (2, 0, value) if isinstance(value, str) else (1, value, "")


def check_keywords(model: Any, keywords: Axes) -> None:
    """Refuse axes that a model's factory has no keyword for; a finished module has none.

    Raises:
        SettingError: naming the keywords that the factory has.

    """
    if hasattr(model, "named_parameters") and not isinstance(model, type):  # a class is a factory
        for name, values in keywords:
            rule = f"a finished module has no keyword {name}"
            raise SettingError(f"sweep.{name}", labels(values), rule, "Pass a factory that takes it")
        return
    try:
        parameters = inspect.signature(model).parameters.values()
    except (TypeError, ValueError):  # some callables tell nothing of themselves: calling them will
        return
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    takes = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    for name, values in keywords:
        if name not in takes:
            raise SettingError(
                f"sweep.{name}", labels(values), f"the model's factory takes no keyword {name}",
                parsing.nearest(name, takes) + f"It takes {', '.join(takes) or 'none'}",
            )  # fmt: skip


def _pairs(given: object) -> Iterator[tuple[str, object]]:
    if isinstance(given, Mapping):
        yield from ((str(name), values) for name, values in given.items())
        return
    if isinstance(given, str) or not isinstance(given, Iterable):
        given = [given]
    for item in given:
        if isinstance(item, str) and "=" in item:
            name, _, text = item.partition("=")
            yield name.strip(), text
        elif isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 2 and isinstance(item[0], str):
            yield item[0], item[1]
        else:
            raise SettingError("sweep", item, "an axis is a name and its values", FIX)


def _values(setting: str, given: object) -> tuple[Value, ...]:
    if isinstance(given, str):
        items: list[object] = [typed(item.strip()) for item in given.split(",")]
    elif isinstance(given, Iterable) and not isinstance(given, Mapping):
        items = list(given)
    else:
        items = [given]
    if not items or "" in [item for item in items if isinstance(item, str)]:
        raise SettingError(setting, given, "the list is empty or has an empty entry", "Give each axis its values")
    values = [_value(setting, item) for item in items]
    # Neither two values of one name (64, "64") nor two that Python takes for equal (1, true) can be kept apart.
    parsing.distinct(setting, given, [label(value) for value in values])
    return parsing.distinct(setting, given, values)


def _value(setting: str, item: object) -> Value:
    number = item.item() if getattr(item, "shape", None) == () and hasattr(item, "item") else item  # numpy's scalars
    if not (number is None or isinstance(number, (int, float, str))):
        raise SettingError(setting, item, "a value is a number, a word, true, false or null", "Write one of these")
    if isinstance(number, float) and not math.isfinite(number):
        raise SettingError(setting, number, "it must be a finite number", "Write a number such as 0.9")
    return number
