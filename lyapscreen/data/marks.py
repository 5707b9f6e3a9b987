"""Cells that hold no value: which words mean so, in numbers, in text, and in labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EMPTY = frozenset({"", "?"})
"""Marks that are no word, so that nobody means a label by them."""

WORDS = frozenset({
    "na", "n/a", "nan", "-nan", "null", "none", "<na>", "#n/a", "#n/a n/a", "#na", "1.#ind", "-1.#ind", "1.#qnan",
    "-1.#qnan",
})  # fmt: skip
"""What pandas takes for missing, in lower case; as a label each may be a class of its own."""

AMONG_NUMBERS = frozenset({
    "-", "--", "---", "–", "—", "−", ".", "..", "...", "*", "**", "/", "\\n", "unknown", "unk", "missing", "n.a.",
    "n.a", "n/d", "nd", "n.d.", "nil", "not available", "not applicable", "no data", "undefined", "void", "#div/0!",
    "#value!", "#ref!", "#name?", "#num!", "#null!", "nat", "k.a.", "empty", "<null>", "(null)", "[null]",
})  # fmt: skip
"""What stands for a missing number in a column whose other cells are numbers, in lower case."""

TRACE = 0.05
"""A word that looks missing is a label where it makes up more of the target than this, or as much as others do."""


@dataclass(frozen=True)
class Marks:
    """What counts as missing, beside the empty cell."""

    given: frozenset[str] | None = None
    """The marks that were asked for, as they are written; None: those of pandas and `?`."""

    def missing(self, word: str) -> bool:
        """Return whether a cell holds no value."""
        return not word or (_lower(word) in EMPTY | WORDS if self.given is None else word in self.given)

    def missing_number(self, word: str) -> bool:
        """Return whether a cell holds no value in a column whose other cells are numbers."""
        return self.given is None and _lower(word) in AMONG_NUMBERS

    @property
    def numbers(self) -> tuple[float, ...]:
        """The marks that are numbers, such as -999."""
        found = []
        for mark in self.given or ():
            try:
                found.append(float(mark))
            except ValueError:
                continue
        return tuple(found)

    def blank(self, values: np.ndarray) -> np.ndarray:
        """Return numbers with NaN where they equal a mark; the array itself where nothing does."""
        held = np.isin(values, self.numbers)
        return np.where(held, np.nan, values) if self.numbers and held.any() else values


def looks_missing(word: str) -> bool:
    """Return whether a label is a word that could stand for no label at all."""
    return _lower(word) in WORDS | {"-", "--", "\\n"}


def labels_and_gaps(counts: dict[str, int]) -> tuple[list[str], list[str]]:
    """Divide the words of a target that look missing into labels and gaps.

    >>> labels_and_gaps({"None": 120, "Insomnia": 40, "Apnea": 40})
    (['None'], [])
    >>> labels_and_gaps({"nan": 1, "Insomnia": 40, "Apnea": 40})
    ([], ['nan'])

    Args:
        counts: the rows of each label.

    """
    words = [word for word in counts if looks_missing(word)]
    others = [count for word, count in counts.items() if word not in words]
    usual = max(3.0, float(np.median(others)) / 2) if others else 1.0
    rows = sum(counts.values())
    kept = [word for word in words if counts[word] > TRACE * rows or counts[word] >= usual]
    return kept, [word for word in words if word not in kept]


def _lower(word: str) -> str:
    return word.casefold()
