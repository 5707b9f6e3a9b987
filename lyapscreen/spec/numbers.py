"""Numbers as people write them, and as NumPy and torch hold them."""

from __future__ import annotations

import re

PLAIN = re.compile(r"[\x00-\x5e\x60-\x7f]*")
"""No underscore and no digit of another script: Python reads `1_0` as 10, and a person perhaps as 1.0."""


def plain(value: object) -> object:
    """Return the one value of an array without dimensions, as NumPy and torch have them; any other as it is."""
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        found: object = value.item()
        return found
    return value


def is_plain(text: str) -> bool:
    """Tell whether a number, if the text is one, is written in ASCII digits alone.

    >>> [is_plain(text) for text in ("1e-4", "1_0", "\uff11")]
    [True, False, False]
    """
    return PLAIN.fullmatch(text) is not None


def whole(value: object) -> int:
    """Return a whole number.

    Raises:
        ValueError: it is none.

    """
    return int(_text(value))


def real(value: object) -> float:
    """Return a number; one that is too large is infinite.

    Raises:
        ValueError: it is none.

    """
    return float(_text(value))


def _text(value: object) -> str:
    text = str(plain(value)).strip()
    if not is_plain(text):
        raise ValueError(text)
    return text
