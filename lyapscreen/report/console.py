"""The consoles that everything is printed on: what others wrote reaches them as text, never as markup.

Only this file makes a console or writes to one of the two streams (tests/report/test_console.py).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from rich.console import Console
from rich.text import Text

from lyapscreen.report.text.characters import folded, one_line, printable

PIPED_WIDTH = 1000
"""Columns to lay out for where neither a terminal nor `COLUMNS` sets a limit."""

USUAL_WIDTH = 80
"""Columns where the environment speaks of none at all (`COLUMNS=0`)."""


def stdout() -> Console:
    """Return standard output, wide enough for a line a row where nothing limits it."""
    console = _console()
    console.width = width_of(console)
    return console


def width_of(console: Console) -> int:
    """Return the columns to lay out for: the terminal's; in a pipe or a file `COLUMNS`, and room enough without it."""
    if console.is_terminal:
        return console.width
    columns = os.environ.get("COLUMNS", "")
    return int(columns) if columns.isdecimal() and int(columns) else PIPED_WIDTH


def stderr() -> Console:
    """Return standard error, for what is shown while work goes on."""
    return _console(stderr=True)


def has_unicode(console: Console) -> bool:
    """Tell whether it can print the field's Greek letters."""
    return console.encoding.startswith("utf")


def print_folded(console: Console, sentence: str, style: str = "") -> None:
    """Print a sentence in lines that fit, its later ones indented."""
    words = printable(sentence, unicode=has_unicode(console))
    # Laid out by us: a word that is too long is left whole, for what it holds could begin the next line.
    console.print(Text(folded(words, console.width), style), no_wrap=True, overflow="ignore", crop=False)


def write(text: str) -> None:
    """Write text of our own to stdout as it is, line ends too.

    Raises:
        OSError: it cannot be written.

    """
    with suppress(AttributeError):  # a replacement such as StringIO
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    sys.stdout.write(text)
    sys.stdout.flush()


def message(text: str) -> None:
    """Write one line to stderr; where that cannot be written to, the exit code has to do."""
    with suppress(OSError, ValueError):
        print(one_line(text), file=sys.stderr, flush=True)


def command(text: str) -> None:
    """Write a command to the runner of CI, which reads stderr too."""
    with suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, markup=False, emoji=False, highlight=False)
    if console.width < 1:
        console.width = USUAL_WIDTH
    return console
