"""Whether the first row of a table names its columns: which of both makes the rows below more likely."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lyapscreen.data.columns import Cells, Writing, is_text, numbers_of, typed
from lyapscreen.data.text import listed

PRIOR = math.log(2.0)
"""Log odds of a header before anything is seen: most tables have one."""

ODD = 0.002
"""How likely a row has a word in a column of numbers, where no other has."""

OUTSIDE = 0.2
"""How likely a row at least has a number far from those of all other rows."""

RARE = 0.05
"""How likely a row at least has a word that no other row has, in a column of few words: rare labels are common."""

DOUBT = math.log(100.0)
"""Log odds within which a first row that is taken for a row is spoken of."""

NAME, NUMBER, DECIMAL, NUMBERS, BLANK, SEEN = 0.9, 0.02, 0.01, 0.3, 0.2, 0.1
"""How likely a header has a word in a column; a whole number; another; numbers in steps; nothing; a cell of below."""


@dataclass(frozen=True)
class Header:
    """What the first rows of a table are."""

    lines: int
    """Rows that name columns or units: 0, 1, or more."""
    names: tuple[str, ...] = ()
    notice: str = ""


def log_odds(rows: Sequence[Cells], writing: Writing) -> float:
    """Return ln P(rows | the first is a header) / P(rows | it is a row), the prior odds included.

    Columns are taken for independent. That a row differs from all others below is as likely as such rows are below,
    and half a row more.

    Args:
        rows: cells without white space, None where one is empty.
        writing: how cells are written.

    """
    first, body = rows[0], rows[1:]
    if not body:
        return PRIOR
    odds = PRIOR
    numbers = []
    for i, word in enumerate(first):
        below = [row[i] for row in body]
        column = typed(below, writing).values
        if word is None:
            blank = (sum(cell is None for cell in below) + 0.5) / len(body)
            odds += math.log((BLANK if i == 0 else 0.02) / min(1.0, blank))
        elif column.dtype == np.float64 and not np.isnan(column).all():
            value = typed([word], writing).values
            if value.dtype == np.float64 and not np.isnan(value).any():
                numbers.append((i, float(value[0])))
                odds += -math.log(_likely(word, value[0], below, column))
            elif value.dtype == object and not writing.marks.missing_number(word) and is_text(word, writing.marks):
                likely = NAME if any(letter.isalpha() for letter in word) else DECIMAL
                odds += math.log(likely / min(ODD, 0.5 / len(body)))
            else:  # a mark of a missing value
                odds += math.log(0.1 if word.isalpha() else 0.02) - math.log((np.isnan(column).sum() + 0.5) / len(body))
        elif column.dtype == object:
            odds += _of_text(word, below)
    odds += _of_numbers(numbers, body)
    if len(set(first)) < len(first):
        odds += math.log(0.01)
    return odds


def _likely(word: str, value: float, below: Cells, column: np.ndarray) -> float:
    """Return how likely a number stands in a row of its column: by its range, and by how it is written."""
    known = column[~np.isnan(column)]
    low, high = float(known.min()), float(known.max())
    reach = high - low
    outside = not low - reach <= value <= high + reach
    decimals = sum("." in cell or "e" in cell.lower() for cell in below if cell is not None)
    whole = word.lstrip("+-").isdecimal() and decimals == len(known)
    return 0.5 / len(known) if whole else OUTSIDE if outside else 1.0


def _of_text(word: str, below: Cells) -> float:
    """Return the log odds of a cell above a column of text."""
    present = [cell for cell in below if cell is not None]
    if not present:
        return math.log(NAME / 0.5)
    counts = Counter(present)
    if word in counts:
        return math.log(SEEN / (counts[word] / len(present)))
    alone = sum(count == 1 for count in counts.values()) / len(present)
    shapes = Counter(map(_shape, present))
    shape = shapes[_shape(word)] / len(present)
    likely = max(min(alone, shape), RARE)
    name = NAME if is_text(word) else SEEN if word.isalpha() else NUMBER  # Na is sodium
    return math.log(name / min(1.0, likely))


def _of_numbers(numbers: Sequence[tuple[int, float]], body: Sequence[Cells]) -> float:
    """Return the log odds of the first row's numbers as names: those in steps (0, 1, 2; years) together, else each."""
    if not numbers:
        return 0.0
    steps = np.array([value for _, value in numbers])
    if not _in_steps(steps):
        return sum(math.log(NUMBER if value.is_integer() else DECIMAL) for _, value in numbers)
    at = [i for i, _ in numbers]
    alike = sum(_in_steps(numbers_of([row[i] for i in at])) for row in body)
    return math.log(NUMBERS if len(numbers) > 3 else NUMBERS / 20) - math.log((alike + 0.5) / len(body))


def _in_steps(values: np.ndarray) -> bool:
    """Return whether numbers count columns: 0, 1, 2 or 1, 2, 3; years; at least five others with one distance."""
    steps = np.diff(values)
    if len(values) < 3 or not steps[0] > 0 or not np.allclose(steps, steps[0], rtol=1e-6, atol=0):
        return False
    return bool((values[0] in (0, 1) and steps[0] == 1) or values[0] >= 1000 or len(values) >= 5)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))


def header_of(rows: Sequence[Cells], raw: Sequence[Sequence[str]], writing: Writing, stated: str) -> Header:
    """Return how many of the first rows are a header, and the columns' names.

    Args:
        rows: the first rows, None where a cell is empty.
        raw: the same as they are written: a column may be called NA.
        writing: how cells are written.
        stated: `auto`, `yes` or `no`.

    """
    if stated == "no":
        return Header(0)
    odds = log_odds(rows, writing)
    if stated == "auto" and odds <= 0:
        doubtful = odds > -DOUBT and len(rows) > 1 and _like_names(rows[0])
        said = (
            f"header: row 1 ({listed(rows[0], 4)}) is taken as a row; --header yes overrides this" if doubtful else ""
        )
        return Header(0, notice=said)
    lines = 1 if stated == "yes" else _lines(rows, writing)
    best = max(range(lines), key=lambda i: (len(set(rows[i]) - {None}), -i))
    names = tuple(raw[best])
    if lines > 1:
        others = "; ".join(listed(rows[i], 4) for i in range(lines) if i != best)
        which = f"row {best + 1} of {lines} names the columns ({listed(names)}), the others are passed over ({others})"
        return Header(lines, names, f"header: {which}; --skip-rows and --header override this")
    said = (
        ""
        if stated == "yes"
        else f"header: the first row names the columns ({listed(names)}); --header no overrides this"
    )
    return Header(1, names, said)


def _like_names(first: Cells) -> bool:
    """Return whether a row could be meant as names: words that all differ, or 0, 1, ..."""
    numbers = numbers_of(first)
    counted = np.array_equal(numbers, np.arange(len(first))) or np.array_equal(numbers, 1 + np.arange(len(first)))
    return counted or (np.isnan(numbers).any() and len(set(first)) == len(first))


def _lines(rows: Sequence[Cells], writing: Writing) -> int:
    """Return how many rows stand above the numbers: further ones have words, units, above every column of numbers."""
    for lines in range(1, min(4, len(rows) - 2)):
        body = rows[lines + 1 :]
        columns = [typed([row[i] for row in body], writing).values for i in range(len(rows[0]))]
        numeric = [i for i, c in enumerate(columns) if c.dtype == np.float64 and not np.isnan(c).all()]
        here = [rows[lines][i] for i in numeric]
        words = [
            w
            for w in here
            if w is not None and typed([w], writing).values.dtype == object and is_text(w, writing.marks)
        ]
        marks = [w for w in words if not writing.marks.missing_number(w)]
        others = [(i, rows[lines][i]) for i in range(len(columns)) if i not in numeric]
        known = any(word is not None and any(row[i] == word for row in body) for i, word in others)
        blank = sum(w is None for w in here)
        if not marks or len(words) + blank < len(here) or known or len(marks) < max(1, len(here) // 2):
            return lines
    return min(4, len(rows) - 2) if len(rows) > 3 else 1
