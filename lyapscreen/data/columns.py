"""One column: its cells as numbers where all of them are, else as text, and what was decided in that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lyapscreen.data import dates
from lyapscreen.data.marks import Marks
from lyapscreen.data.numerals import Decimal, Numbers, decorated, is_number

LARGEST = 1e100
"""Numbers beyond it in size count as missing, like infinite ones: their squares overflow a variance."""

LARGEST_WHOLE = 2.0**53
"""Beyond it floats skip whole numbers."""

Cells = Sequence[str | None] | np.ndarray


@dataclass(frozen=True)
class Writing:
    """How a source writes its cells, as far as it is known."""

    marks: Marks = field(default_factory=Marks)
    decimal: Decimal | None = None
    """The decimal mark of the file."""
    forced: bool = False
    """Whether it is what was asked for."""
    commas_separate: bool = True
    """Whether cells are separated by commas."""
    dates: bool = True
    """Whether text may be dates."""


@dataclass(frozen=True)
class Column:
    """A column of one kind."""

    values: np.ndarray
    """float64 with NaN for missing; or text in an object array, None where a cell is empty, marks as they are."""
    style: str = ""
    """How its numbers are written where their size depends on it (%, kg, a format of dates)."""
    how: str = ""
    """What was read as numbers that is written in another way, for people; empty for plain numbers."""
    marked: tuple[str, ...] = ()
    """Words that count as missing since all else is numbers."""
    odd: str | None = None
    """Text of a column that is mostly numbers: the first cell that is none."""
    merged: bool = False
    """Text because floats would merge some of its whole numbers."""


def cell(text: str) -> str | None:
    """Return a cell without white space and a pair of single quotes around it; None where it is empty."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return text or None


def numbers_of(cells: Sequence[Any] | np.ndarray) -> np.ndarray:
    """Return cells as float64, NaN where one is missing or no plain number."""
    import pandas as pd

    return np.asarray(pd.to_numeric(np.array(cells, dtype=object), errors="coerce"), dtype=np.float64)


def is_text(word: str, marks: Marks | None = None) -> bool:
    """Return whether a cell that is not missing is no plain number."""
    return bool(np.isnan(numbers_of([word])[0])) and not (marks or Marks()).missing(word)


def missing(column: np.ndarray) -> np.ndarray:
    """Return where a column of numbers, or of text with None, has no value."""
    return np.isnan(column) if column.dtype == np.float64 else np.array([cell is None for cell in column], dtype=bool)


def plain(cells: Cells, marks: Marks) -> np.ndarray | None:
    """Return cells as float64 where all that are not missing are plain numbers that floats can hold; else None."""
    numbers = numbers_of(cells)
    if np.nanmax(np.abs(numbers), initial=0.0) > LARGEST_WHOLE:
        return None
    for i in np.flatnonzero(np.isnan(numbers)).tolist():
        word = cells[i]
        if word is not None and not marks.missing(word):
            return None
    return marks.blank(numbers)


def typed(cells: Cells, writing: Writing | None = None) -> Column:
    """Return a column of text as numbers when every cell present is one in the same way of writing, else as text.

    >>> typed(["1", None, "2.5"]).values
    array([1. , nan, 2.5])
    >>> typed(["$1,200", "$900"]).values, typed(["1", "x", "2"]).odd
    (array([1200.,  900.]), 'x')
    """
    import pandas as pd

    writing = writing or Writing()
    values = np.array(cells, dtype=object)
    codes, words = pd.factorize(values)
    marked = np.array([writing.marks.missing(word) for word in words], dtype=bool)
    lost = [word for word, mark in zip(words, marked, strict=True) if not mark and writing.marks.missing_number(word)]
    there = [word for word, mark in zip(words, marked, strict=True) if not mark and word not in lost]
    counts = np.bincount(codes[codes >= 0], minlength=len(words))
    of_word = dict(zip(words, counts.tolist(), strict=True))

    def spread(found: Sequence[float] | np.ndarray) -> np.ndarray:
        """Return the number of every cell, NaN where it is missing."""
        table = dict(zip(there, found, strict=True))
        each = np.array([*(table.get(word, np.nan) for word in words), np.nan])
        return writing.marks.blank(each[codes])

    few_lost = sum(of_word[word] for word in lost) <= sum(of_word[word] for word in there)
    if not there:
        return Column(np.full(len(values), np.nan) if not lost else values)
    if not few_lost:
        there, lost = [*there, *lost], []
    numbers = _numbers(there, writing)
    if isinstance(numbers, Numbers):
        if not _merges(there, numbers.values):
            return Column(spread(numbers.values), numbers.style, numbers.how, tuple(lost))
        return Column(values, merged=True)
    if writing.dates and (found := dates.days(there)) is not None:
        return Column(spread(found[0]), found[1], f"dates {found[1]} as days", tuple(lost))
    readable = sum(of_word[word] for word in there if is_number(word))
    return Column(values, odd=numbers if 2 * readable > sum(of_word[word] for word in there) else None)


def _numbers(words: list[str], writing: Writing) -> Numbers | str:
    """Return distinct cells as numbers, else the first that is none."""
    found = numbers_of(words)
    commas = writing.decimal == ","
    if not np.isnan(found).any() and not (commas and any("." in word for word in words)):
        return Numbers(found, "", "")
    return decorated(words, writing.decimal, forced=writing.forced, commas_separate=writing.commas_separate)


def _merges(words: list[str], numbers: np.ndarray) -> bool:
    """Return whether floats make one number of different whole numbers."""
    if np.abs(numbers).max(initial=0) <= LARGEST_WHOLE:
        return False
    whole = {int(word) for word in words if word.lstrip("+-").isdecimal()}
    return len({float(number) for number in whole}) < len(whole)


def from_values(values: np.ndarray, marks: Marks) -> Column:
    """Return a column from Python: numbers as float64, else text."""
    import pandas as pd

    large = values.dtype.kind in "iu" and np.abs(values.astype(np.float64)).max(initial=0) > LARGEST_WHOLE
    if large and len(np.unique(values)) > len(np.unique(values.astype(np.float64))):
        return Column(np.array([str(value) for value in values.tolist()], dtype=object), merged=True)
    if values.dtype.kind in "biuf":
        return Column(marks.blank(values.astype(np.float64)))
    if values.dtype.kind == "M":
        return Column(dates.since_1970(pd.Series(values)), "dates", "dates as days")
    if values.dtype.kind == "m":
        return Column(pd.Series(values).dt.total_seconds().to_numpy(np.float64), "durations", "durations as seconds")
    cells = [None if absent else cell(str(value)) for value, absent in zip(values, pd.isna(values), strict=True)]
    return typed(cells, Writing(marks))
