"""Words in the cells of a table that a spreadsheet may open: text it shows, never a formula it runs."""

from __future__ import annotations

from lyapscreen.report.text.characters import one_line

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""How a cell begins that a spreadsheet computes; the last four are full-width, for those that read them so."""


def words(text: str) -> str:
    r"""Return the words of a cell: on one line, and behind an apostrophe where they would be a formula.

    >>> words("relu"), words("=1+1"), words("-x"), words("\t=1")
    ('relu', "'=1+1", "'-x", "'\\t=1")
    """
    return f"'{one_line(text)}" if text.lstrip(" ").startswith(FORMULAS) else one_line(text)
