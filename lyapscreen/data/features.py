"""Which columns of a table are inputs: not those that only number the rows, nor those that never change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lyapscreen.data.tables import Table
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError
from lyapscreen.spec.table_settings import NOTHING_LEFT_OUT

if TYPE_CHECKING:
    import pandas as pd

MIN_ROWS = 8
"""Fewer rows are distinct by chance."""
MIN_TEXTS = 20

_ID = re.compile(
    r"(^|[\W_])(id|ids|uuid|guid|key|index|rownames?|no|nr)$|^(id|index|unnamed)([\W_]|$)|[a-z]I[Dd]$", re.I
)
_TIME = re.compile(r"year|month|week|day|date|hour|minute|second|time|step|epoch|^t$|period|quarter|age", re.I)


def chosen(table: Table, drop: Sequence[str] | None, n_train: int | None) -> tuple[np.ndarray, list[str]]:
    """Return which columns are inputs, [columns], and what to say of the others.

    Left out are the columns that `drop` names; and, unless it is `none`, row numbers (whole, all distinct, in order),
    ids, text that differs in every row, and constants. Where no input would be left, what numbers the rows stays.

    Args:
        table: the inputs, the target not among them.
        drop: as in the spec.
        n_train: the first so many rows are the training part; None: all.

    Raises:
        DataError: `drop` names a column that is not there, or all of them.

    """
    width = len(table.names)
    named = np.zeros(width, dtype=bool)
    keep_all = drop is not None and list(drop) == [NOTHING_LEFT_OUT]
    for name in () if keep_all or drop is None else drop:
        named[table.index(name, "drop", ",".join(drop or ()))] = True
    if named.all():
        raise DataError("drop", ",".join(drop or ()), "no input would be left", "Leave out fewer columns")
    if keep_all:
        return ~named, []
    rows = slice(None if n_train is None else n_train)
    empty = ~table.frame.notna().any().to_numpy()
    reasons: dict[str, list[int]] = {}
    for at in np.flatnonzero(~named & ~empty):
        if reason := _reason(table, int(at), rows):
            reasons.setdefault(reason, []).append(int(at))
    constants = reasons.pop(CONSTANT, [])
    numbering = [at for places in reasons.values() for at in places]
    left = ~named & ~empty
    left[constants] = False
    if left.sum() == len(numbering):
        reasons, numbering = {}, []
    left[numbering] = False
    if not left.any() and constants:
        left[constants], constants = True, []  # nothing varies, which is said later
    said = [*reasons.items(), *([(CONSTANT, constants)] if constants else [])]
    parts = [f"{listed(table.names[at] for at in places)} ({reason})" for reason, places in said if places]
    notices = [f"left out: {'; '.join(parts)}; --drop none uses them"] if parts else []
    if empties := [name for name, none in zip(table.names, empty & ~named, strict=True) if none]:
        words = "1 column" if len(empties) == 1 else f"{len(empties)} columns"
        notices.insert(0, f"dropped {words} without any value ({listed(empties)})")
    return left, notices


CONSTANT = "constant"


def _reason(table: Table, at: int, rows: slice) -> str:
    """Return why a column is no input; empty where it is one."""
    whole = table.frame[at]
    if _constant(whole):
        return CONSTANT
    values, name = whole.iloc[rows], table.names[at]
    if table.styles[at] or len(values) < MIN_ROWS or values.isna().any():
        return ""
    if values.dtype != np.float64:
        distinct = values.nunique() == len(values) >= MIN_TEXTS
        return "text that differs in every row" if distinct else ""
    numbers = values.to_numpy(np.float64)
    if not np.array_equal(numbers, np.floor(numbers)):
        return ""
    steps = np.diff(numbers)
    ordered = bool((steps > 0).all() or (steps < 0).all())
    named = bool(table.named) and name not in table.nameless
    if ordered and not (named and _TIME.search(name) and not _ID.search(name)):
        return "row numbers" if (np.abs(steps) == 1).all() else "row ids: all distinct, in order"
    if named and _ID.search(name) and len(np.unique(numbers)) == len(numbers):
        return "ids, by name, all distinct"
    if name in table.nameless and at == 0 and len(np.unique(numbers)) == len(numbers):
        return "a column without a name, all distinct"
    return ""


def _constant(values: pd.Series[Any]) -> bool:
    if values.dtype == np.float64:
        numbers = values.to_numpy(np.float64)
        return bool((numbers == numbers[0]).all())
    return bool(values.nunique(dropna=False) <= 1)
