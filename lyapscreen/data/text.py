"""Cells, columns and counts in a form fit for a message."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str | None], most: int = 8) -> str:
    """Return the first few names in a form fit for a terminal, and how many there are."""
    every = [shown(name or "") for name in names]
    return ", ".join(every[:most]) + (f", ... ({len(every)} in all)" if len(every) > most else "")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "row"), counted(2, "class")
    ('1 row', '2 classes')

    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}{'es' if noun.endswith('s') else 's'}"


def shown(text: str, longest: int = 40) -> str:
    """Return a cell in a form fit for a terminal: short, and with no control characters."""
    text = text if len(text) <= longest else text[: longest - 3] + "..."
    return text if text and text.isprintable() else repr(text)
