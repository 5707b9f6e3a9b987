"""How a table's text is to be taken: what separates its cells, what counts as missing, which columns are left out."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from lyapscreen.errors import SettingError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|", "space": " ", "\\t": "\t"}
"""Words for separators that are hard to type."""

NOTHING_LEFT_OUT = "none"
"""What `drop` is where every column is used, whatever it looks like."""


def marks(value: object) -> object:
    """Read what counts as missing: marks `NA,-`, or nothing for no mark but the empty cell.

    >>> marks("NA,-"), marks("")
    (('NA', '-'), ())
    """
    return _words("missing", value, "Write marks such as NA,-999, or '' for none but the empty cell")


def columns(value: object) -> object:
    """Read the columns to leave out, `a,b`, or `none`.

    >>> columns("a,b"), columns(["a, or b"])
    (('a', 'b'), ('a, or b',))
    """
    return _words("drop", value, "Write columns such as customer_id,signup_date, or none")


def separator(value: object) -> object:
    r"""Read a separator: one character, or a word for it.

    >>> separator("tab"), separator(";")
    ('\t', ';')

    Raises:
        SettingError: it is longer than one character, or cannot separate anything.

    """
    if value is None:
        return None
    found = SEPARATORS.get(str(value), value)
    if not isinstance(found, str) or len(found) != 1 or found.isalnum() or found in "\"'\r\n.+-\0":
        fix = f"Write one character such as ';', or {', '.join(list(SEPARATORS)[:5])}"
        raise SettingError("separator", value, "it must be one character that cells do not hold", fix)
    return found


def encoding(value: object) -> object:
    """Read the name of an encoding of text.

    Raises:
        SettingError: Python knows no such encoding of text.

    """
    if value is None:
        return None
    try:
        name = codecs.lookup(str(value)).name
        b"".decode(name)
    except (LookupError, ValueError):
        fix = "Write for example utf-8, utf-16, latin-1 or cp1252"
        raise SettingError("encoding", value, "there is no such encoding of text", fix) from None
    return name


def _words(setting: str, value: object, fix: str) -> object:
    if value is None:
        return None
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",")) if value.strip() else ()
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        items = list(value)
        if all(isinstance(item, str | int | float) and not isinstance(item, bool) for item in items):
            return tuple(str(item) for item in items)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (str(value),)
    raise SettingError(setting, value, "it must be words separated by commas", fix)
