"""Text in characters that a console can print."""

from __future__ import annotations

import textwrap

from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
"""Of converging configurations, the tallest the best."""

NAME_WIDTH = 24
"""Longer names of activations lose their beginning."""

_ASCII = str.maketrans(
    {"λ": "lambda", "±": "+-", "–": "-", "…": "...", "▶": ">", "·": ".", "×": "x"}
    | {bar: str(height) for height, bar in enumerate(BARS, start=1)}
)


def printable(words: str, *, unicode: bool) -> str:
    """Return the words as they are, or in ASCII unless `unicode`.

    >>> printable("λ_eff ±0.1 ▁█", unicode=False)
    'lambda_eff +-0.1 18'
    """
    return words if unicode else words.translate(_ASCII).encode("ascii", "replace").decode()


def text(words: str, style: str = "", *, unicode: bool) -> Text:
    """Return printable text that takes no markup from the words."""
    return Text(printable(words, unicode=unicode), style)


def symbols(words: str) -> str:
    """Write the exponents of a sentence as the table does: lambda_eff becomes λ_eff."""
    return words.replace("lambda_", "λ_")


def folded(words: str, width: int) -> str:
    """Break a sentence into lines of at most `width`, the later ones indented; numbers stay whole."""
    return textwrap.fill(words, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def short(name: str, width: int = NAME_WIDTH) -> str:
    """Return a name that leaves room for the numbers beside it."""
    return name if len(name) <= width else f"…{name[1 - width :]}"


def visible(words: str) -> str:
    """Write what cannot be printed, and no XML may hold, as Python escapes it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in words)
