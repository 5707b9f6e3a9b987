"""What is predicted: the columns of a table that hold it, and which of its values are no labels."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from lyapscreen.data.columns import missing
from lyapscreen.data.marks import Marks, labels_and_gaps
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed, shown
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import Spec


@dataclass(frozen=True)
class Target:
    """The values to predict of all rows of a source."""

    values: np.ndarray
    """float64 [rows] or [rows, outputs], or text in an object array [rows]; where `known` is False, anything."""
    known: np.ndarray
    """Which rows have one, [rows]."""
    notices: tuple[str, ...] = ()


def places(spec: Spec, table: Table) -> list[int]:
    """Return the columns that the spec's target names: one, or several separated by commas.

    Raises:
        DataError: a name is none of the table's, or stands twice.

    """
    if spec.target is None or "," not in spec.target or table.names.count(spec.target) == 1:
        return [table.index(spec.target)]
    found = [table.index(name.strip(), "target", spec.target) for name in spec.target.split(",")]
    if len(set(found)) < len(found):
        raise DataError("target", spec.target, "a column stands twice in it", "Name each column once")
    return found


def of_table(spec: Spec, table: Table, at: list[int], kept_labels: frozenset[str] = frozenset()) -> Target:
    """Return the target of every row.

    Args:
        spec: all settings.
        table: with the target among its columns.
        at: the target's columns.
        kept_labels: words that look missing and are labels, since they are so in the training part.

    Raises:
        DataError: the target has no values, or several columns are not all numbers.

    """
    name = spec.target or table.names[at[0]]
    if len(at) > 1:
        text = [table.names[i] for i in at if table.column(i).dtype != np.float64]
        if text:
            rule = f"several targets must be numbers, but {listed(text)} is text"
            raise DataError("target", name, rule, "Name one column of text, or several of numbers")
        values = np.column_stack([table.column(i) for i in at])
        gaps = np.isnan(values).any(axis=1)
        return Target(values, ~gaps, _dropped(gaps, ()))
    values = table.column(at[0])
    if values.dtype == np.float64:
        gaps = np.isnan(values)
        if gaps.all():
            fix = "Choose another with --target; if every line ends with a separator, the last column is empty"
            raise DataError("target", name, "the column has no values", fix)
        return Target(values, ~gaps, _dropped(gaps, ()))
    values, words, notices = labels(values, table.marks, kept_labels)
    gaps = missing(values)
    return Target(values, ~gaps, (*notices, *_dropped(gaps, words)))


def labels(
    values: np.ndarray, marks: Marks, kept_labels: frozenset[str] = frozenset()
) -> tuple[np.ndarray, list[str], list[str]]:
    """Return labels with None where there is none, the words that were taken for none, and what to say of the others.

    A word such as None or NA is a label where it makes up more than a trace; what `missing` names is none.
    """
    counts = Counter(word for word in values if word is not None)
    if marks.given is not None:
        kept: list[str] = []
        lost = [word for word in counts if marks.missing(word)]
    else:
        kept, lost = labels_and_gaps({word: n for word, n in counts.items() if word not in ("?",)})
        kept, lost = [*kept, *(w for w in lost if w in kept_labels)], [w for w in lost if w not in kept_labels]
        lost += ["?"] * ("?" in counts)
    notices = []
    if kept:
        words = ", ".join(f"{shown(word)} in {counts[word]}" for word in kept)
        flag = ",".join(kept)
        notices.append(f"target: {words} of {len(values)} rows kept as a label; --missing {flag} drops these rows")
    found = np.array([None if word in set(lost) else word for word in values], dtype=object)
    return found, lost, notices


def _dropped(gaps: np.ndarray, words: list[str] | tuple[()]) -> tuple[str, ...]:
    if not gaps.any():
        return ()
    where = f" ({listed(words)}; --missing '' keeps it as a label)" if words else ""
    return (f"dropped {counted(int(gaps.sum()), 'row')} without a target{where}",)


def without_label(spec: Spec, target: np.ndarray) -> np.ndarray:
    """Return which rows have another label than the one to ignore, [rows].

    Raises:
        DataError: no row has it, or there are several targets.

    """
    label = str(spec.ignore_label)
    if target.ndim > 1:
        raise DataError("ignore_label", label, "there are several targets", "Leave it out, or name one target")
    if target.dtype == np.float64:
        try:
            ignored = target == float(label)
        except ValueError:
            ignored = np.zeros(len(target), dtype=bool)
    else:
        ignored = target == label
    if not ignored.any():
        fix = f"The labels are {listed(str(value) for value in np.unique(target))}"
        raise DataError("ignore_label", label, "no row has this label", fix)
    return ~np.asarray(ignored, dtype=bool)
