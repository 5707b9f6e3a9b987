"""The console that results are printed on."""

from __future__ import annotations

from rich.console import Console

from lyapscreen.report.text.characters import folded, printable

PIPED_WIDTH = 1000
"""Columns to lay out for where no terminal sets a limit."""


def stdout() -> Console:
    """Return standard output, wide enough for a line a row where it is no terminal."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console


def has_unicode(console: Console) -> bool:
    """Tell whether it can print the field's Greek letters."""
    return console.encoding.startswith("utf")


def print_folded(console: Console, sentence: str, style: str = "") -> None:
    """Print a sentence in lines that fit, its later ones indented."""
    words = printable(sentence, unicode=has_unicode(console))
    console.print(folded(words, console.width), highlight=False, style=style)
