"""The small languages of the flags: `1e-4:1`, `0.1,0.3`, `5`, `seed=7`, `mlp:64,64`."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence, Sized
from typing import TypeVar

from lyapscreen.errors import SettingError
from lyapscreen.spec import numbers
from lyapscreen.spec.suggestions import nearest as nearest

T = TypeVar("T")

MAX_VALUES = 1_000_000
"""No axis may be longer than the number of candidates a screening may have."""

POINTS_PER_DECADE = 3

AUTO = "auto"
"""What stands for learning rates that are looked for (`automatic`)."""

MAX_LOG_RATIO = math.log(1e300)
"""Of the ends of a range: further apart, points between them are no numbers."""


def learning_rates(text: object) -> tuple[float, ...]:
    """Read learning rates: `LO:HI`, `LO:HI:N` (logarithmic, both ends included), `a,b,c`, or several of these.

    Without N a range has 1 + ceil(3 log10(HI/LO)) points. Values are rounded to nine significant
    digits, so that what a CSV prints is exactly what was used.

    >>> learning_rates("1e-2:1:3")
    (0.01, 0.1, 1.0)
    >>> len(learning_rates("1e-4:1"))
    13
    >>> learning_rates("1e-2:1:3,3")
    (0.01, 0.1, 1.0, 3.0)

    Raises:
        SettingError: a value is not a positive finite number, stands twice, or the range is empty.

    """
    fix = "Write a range such as 1e-4:1, a range with a count such as 1e-4:1:7, or values such as 0.01,0.1"
    if isinstance(text, str) and ":" in text and "," in text:
        # What several flags add up to: each part is a range or a value of its own.
        values = [value for part in items("lr", text, fix) for value in learning_rates(part)]
    elif isinstance(text, str) and ":" in text:
        ends = text.split(":")
        if len(ends) > 3:
            raise SettingError("lr", text, "a range has the form LO:HI or LO:HI:N", fix)
        low, high = (_positive("lr", end, text, fix) for end in ends[:2])
        if low >= high:
            raise SettingError("lr", text, "the low end of a range must be below its high end", fix)
        count = _whole("lr", ends[2], text, fix) if len(ends) == 3 else _default_count(low, high)
        if not 2 <= count <= MAX_VALUES:
            raise SettingError("lr", text, f"a range has between 2 and {MAX_VALUES} points", fix)
        ratio = _log_ratio(low, high)
        inner = (low * math.exp(ratio * i / (count - 1)) for i in range(1, count - 1))
        if ratio > MAX_LOG_RATIO:
            raise SettingError("lr", text, "the two ends of a range are too far apart to count between them", fix)
        values = [low, *inner, high]
    else:
        values = [_rate(item, text, fix) for item in items("lr", text, fix)]
    return distinct("lr", text, sorted(float(f"{value:.9g}") for value in values))


def seeds(text: object) -> tuple[int, ...]:
    """Read seeds: a count `5` (0 to 4), a list `0,1,7`, or the single seed `seed=7`.

    >>> seeds("3"), seeds("4,7"), seeds("seed=7")
    ((0, 1, 2), (4, 7), (7,))

    Raises:
        SettingError: a seed is not a whole number in 0 .. 2^63-1, stands twice, or the count is 0.

    """
    fix = "Write a count such as 5, seeds such as 0,1,7, or one seed such as seed=7"
    if isinstance(text, str) and text.lower().startswith("seed="):
        return (_whole("seeds", text[len("seed=") :], text, fix),)
    text = numbers.plain(text)
    if isinstance(text, Sized) and not isinstance(text, str) and len(text) > MAX_VALUES:
        raise SettingError("seeds", f"{len(text)} values", f"there are at most {MAX_VALUES} seeds", fix)
    if isinstance(text, int) or (isinstance(text, str) and "," not in text):
        count = _whole("seeds", text, text, fix)
        if not 1 <= count <= MAX_VALUES:
            raise SettingError("seeds", text, f"the count of seeds is between 1 and {MAX_VALUES}", fix)
        return tuple(range(count))
    return distinct("seeds", text, [_whole("seeds", item, text, fix) for item in items("seeds", text, fix)])


def widths(text: str) -> tuple[int, ...]:
    """Read the hidden widths of `mlp:64,64`.

    >>> widths("mlp:64,32")
    (64, 32)

    Raises:
        SettingError: a width is not a whole number from 1 to 65536.

    """
    fix = "Write the hidden widths, for example mlp:64,64"
    found = tuple(_whole("model", item, text, fix) for item in text.removeprefix("mlp:").split(","))
    if not all(1 <= width <= 65536 for width in found):
        raise SettingError("model", text, "each width is between 1 and 65536", fix)
    return found


def held_out(value: object) -> float | str:
    """Read `--held-out`: a fraction between 0 and 1, or a path.

    >>> held_out("0.25"), held_out("test.csv")
    (0.25, 'test.csv')

    Raises:
        SettingError: it is a number but no such fraction, or neither.

    """
    fix = "Write a fraction such as 0.25, or the path of a file with the held-out rows"
    if isinstance(value, os.PathLike):
        value = os.fsdecode(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        raise SettingError("held_out", value, "it must be a fraction or a path", fix)
    try:
        fraction = numbers.real(value)
    except ValueError:
        return str(value)
    if not fraction > 0:
        raise SettingError("held_out", value, "it must be greater than 0", fix)
    if not fraction < 1:
        raise SettingError("held_out", value, "it must be less than 1", fix)
    return fraction


def split(value: object) -> str:
    """Read `--split`: `random`, `last` or `group:COLUMN`.

    Raises:
        SettingError: it is none of them.

    """
    fix = "Write random, last (in the order of the file), or group:COLUMN (rows of one group stay together)"
    if isinstance(value, str) and value.lower() in ("random", "last"):
        return value.lower()
    if isinstance(value, str) and value[:6].lower() == "group:" and value[6:]:
        return f"group:{value[6:]}"
    hint = nearest(str(value).partition(":")[0], ("random", "last", "group:COLUMN"))
    raise SettingError("split", value, "it must be one of random, last, group:COLUMN", hint + fix)


def within(setting: str, value: object, low: int, high: int, fix: str) -> int:
    """Read a whole number from `low` to `high`.

    Raises:
        SettingError: it is none.

    """
    try:
        number = numbers.whole(value)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise SettingError(setting, value, f"it must be a whole number from {low} to {high}", fix)
    return number


def distinct(setting: str, text: object, values: Sequence[T]) -> tuple[T, ...]:
    """Return the values as they are.

    Raises:
        SettingError: a value stands twice.

    """
    seen: set[T] = set()
    for value in values:
        if value in seen:
            raise SettingError(setting, text, f"{value} is given twice", "Name each value once")
        seen.add(value)
    return tuple(values)


def _default_count(low: float, high: float) -> int:
    # The rounding keeps log10(1e-4 : 1) at exactly four decades whatever the last bit says.
    decades = math.log10(high / low) if _log_ratio(low, high) <= MAX_LOG_RATIO else math.log10(high) - math.log10(low)
    return 1 + math.ceil(round(POINTS_PER_DECADE * decades, 9))


def _log_ratio(low: float, high: float) -> float:
    """Return ln(high / low), also where the ratio itself is too large for a number."""
    ratio = high / low
    return math.log(ratio) if math.isfinite(ratio) else math.log(high) - math.log(low)


def items(setting: str, text: object, fix: str) -> list[object]:
    """Return what a list holds: text is divided at commas, one value stands for itself.

    Raises:
        SettingError: it is empty, or has an empty entry.

    """
    text = numbers.plain(text)
    if isinstance(text, str):
        found: list[object] = [item.strip() for item in text.split(",")]
    elif isinstance(text, Iterable):
        found = list(text)
    else:
        found = [text]
    if not found or any(isinstance(item, str) and item == "" for item in found):
        raise SettingError(setting, text, "the list has an empty entry", fix)
    return found


def _rate(item: object, whole: object, fix: str) -> float:
    if isinstance(item, str) and item.strip().lower() == AUTO:
        rule = "rank, validate, gate and screen() alone look for the range by themselves"
        if whole is not item and str(whole).strip().lower() != AUTO:
            rule = "auto looks for the whole range, so that it stands alone"
        raise SettingError("lr", whole, rule, fix)
    return _positive("lr", item, whole, fix)


def _positive(setting: str, item: object, whole: object, fix: str) -> float:
    try:
        value = numbers.real(item)
    except ValueError:
        raise SettingError(setting, whole, f"{item!r} is not a number", fix) from None
    if not (math.isfinite(value) and value > 0):
        raise SettingError(setting, whole, f"{item} is not a positive finite number", fix)
    return value


def _whole(setting: str, item: object, whole: object, fix: str) -> int:
    try:
        value = numbers.whole(item)
    except ValueError:
        raise SettingError(setting, whole, f"{item!r} is not a whole number", fix) from None
    if not 0 <= value < 2**63:
        raise SettingError(setting, whole, f"{value} is not in 0 .. 2^63-1", fix)
    return value
