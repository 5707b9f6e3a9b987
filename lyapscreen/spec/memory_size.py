"""Sizes in memory: `64MiB`."""

from __future__ import annotations

import re

from lyapscreen.errors import SettingError

UNITS = {
    "": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
    "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
}  # fmt: skip
"""Bytes in each unit of a size in memory, in lower case."""


def memory(value: object) -> int | None:
    """Read `--memory`: bytes, or a number with a unit such as `64MiB`, `1.5 GB`.

    >>> memory("64MiB"), memory("2kB"), memory(4096)
    (67108864, 2000, 4096)

    Raises:
        SettingError: it is no size, or not a whole number of bytes from 1 on.

    """
    if value is None:
        return None
    fix = "Write a size such as 64MiB or 1GiB"
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?)\s*([a-zA-Z]*)\s*", str(value))
    unit = None if found is None else UNITS.get(found[2].lower())
    if isinstance(value, bool) or found is None or unit is None:
        raise SettingError("memory", value, "it is not a size in memory", fix)
    size = float(found[1]) * unit
    if not 1 <= size < 2**63:
        raise SettingError("memory", value, "it must be at least one byte, and less than 2^63", fix)
    return round(size)
