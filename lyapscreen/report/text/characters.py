"""Text in characters that a console can print: the one way of what others wrote to a terminal, a log or a file."""

from __future__ import annotations

import json
import re
import textwrap
from typing import Any

from rich.text import Text

BARS = "▁▂▃▄▅▆▇█"
"""Of converging configurations, the tallest the best."""

NAME_WIDTH = 24
"""Longer names of activations lose their beginning."""

_ASCII = str.maketrans(
    {"λ": "lambda", "±": "+-", "–": "-", "…": "...", "▶": ">", "·": ".", "×": "x"}
    | {bar: str(height) for height, bar in enumerate(BARS, start=1)}
)


_COMMANDS = re.compile(r"(?<!\S)::|##")
_UNSEEN = re.compile(r"[^\x00-\x7f]")


def one_line(words: str) -> str:
    r"""Return words of anybody's as one line that acts on nothing: no terminal, and no runner that reads a log.

    What cannot be printed is written as Python escapes it: control characters, line ends, the marks that turn the
    direction of writing. So is what a runner of CI takes for a command: `::add-mask::` at the beginning of a line,
    and `##[group]` or `##vso[...]` anywhere.

    >>> one_line("::stop-commands::a"), one_line("mlp::")
    (':\\x3astop-commands::a', 'mlp::')
    >>> one_line("a\x1b[31m\n::add-mask::b ##[error]\u202e")
    'a\\x1b[31m\\n::add-mask::b #\\x23[error]\\u202e'
    """
    return _COMMANDS.sub(lambda found: f"{found[0][0]}\\x{ord(found[0][1]):02x}", visible(words))


def json_text(document: Any) -> str:
    r"""Return JSON, indented, whose every character can be printed; what it stands for stays the same.

    >>> json_text({"λ": "\u202e\x9b##["})
    '{\n  "λ": "\\u202e\\u009b#\\u0023["\n}\n'

    Raises:
        ValueError: a number is not finite.

    """
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    text = _UNSEEN.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)
    return text.replace("##", "#\\u0023").replace("\x7f", "\\u007f") + "\n"


def printable(words: str, *, unicode: bool) -> str:
    """Return words of anybody's as one line of what can be printed, in ASCII unless `unicode`.

    >>> printable("λ_eff ±0.1 ▁█", unicode=False)
    'lambda_eff +-0.1 18'
    """
    words = one_line(words)
    return words if unicode else words.translate(_ASCII).encode("ascii", "replace").decode()


def text(words: str, style: str = "", *, unicode: bool) -> Text:
    """Return printable text that takes no markup from the words."""
    return Text(printable(words, unicode=unicode), style)


def heading(words: str, *, unicode: bool) -> Text:
    """Return a head of a table, which may have several lines; names of others stand there as `one_line`."""
    return Text("\n").join(text(line, unicode=unicode) for line in words.split("\n"))


def symbols(words: str) -> str:
    """Write the exponents of a sentence as the table does: lambda_eff becomes λ_eff."""
    return words.replace("lambda_", "λ_")


def folded(words: str, width: int, indent: int = 2) -> str:
    """Break a sentence into lines of at most `width`, the later ones indented; numbers stay whole."""
    later = " " * min(indent, width // 3)
    return textwrap.fill(words, width, subsequent_indent=later, break_long_words=False, break_on_hyphens=False)


def short(name: str, width: int = NAME_WIDTH) -> str:
    """Return a name that leaves room for the numbers beside it."""
    return name if len(name) <= width else f"…{name[1 - width :]}"


def visible(words: str) -> str:
    """Write what cannot be printed, and no XML may hold, as Python escapes it."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in words)
