"""Columns that are each all numbers or all text, made of cells or of what Python holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lyapscreen.data.text import counted, listed, shown
from lyapscreen.errors import DataError
from lyapscreen.spec import parsing

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""Cells that mean "not known", whatever their case."""

LARGEST = 1e100
"""Numbers beyond it in size count as missing, like infinite ones: their squares overflow a variance."""

_GROUPING = str.maketrans("", "", ",; ")
"""What people put inside numbers: 1,234 or, where a comma is the decimal point and ; the separator, 1,5;2."""

Cells = Sequence[str | None]


@dataclass(frozen=True)
class Table:
    """Columns of one kind each."""

    frame: pd.DataFrame
    """Rows by columns, labelled 0, 1, ...: float64 with NaN for missing, or text with None."""
    names: tuple[str, ...]
    """A name per column, `column 3` where the table has none."""
    notices: tuple[str, ...] = ()
    """What was decided in reading it."""
    named: bool = False
    """Whether the names are the table's own."""

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.frame)

    def noting(self, *notices: str) -> Table:
        """Return the table with more notices."""
        return replace(self, notices=(*self.notices, *notices))

    def index(self, column: str | None, setting: str = "target", typed: str = "") -> int:
        """Return where the column of this name is, else of this index; the last for None.

        Args:
            column: name or index.
            setting: what names it, for messages.
            typed: the setting's whole value, when it is more than the column.

        Raises:
            DataError: no column or more than one is meant.

        """
        names = self.names
        if column is None:
            return len(names) - 1
        if names.count(column) == 1:
            return names.index(column)
        fix = f"The columns are {listed(names)}; or give an index from 0 to {len(names) - 1}, or -1 for the last"
        if column in names:
            raise DataError(setting, typed or column, f"{names.count(column)} columns have this name", fix)
        try:
            return range(len(names))[int(column)]
        except (ValueError, IndexError):
            hint = parsing.nearest(column, names)
            raise DataError(setting, typed or column, "the table has no such column", hint + fix) from None

    def column(self, at: int) -> np.ndarray:
        """Return a column's values: float64, or text with None for missing in an object array."""
        values = self.frame[at]
        if values.dtype == np.float64:
            return values.to_numpy(np.float64)
        return np.array([None if absent else cell for cell, absent in zip(values, values.isna(), strict=True)], object)

    def part(self, rows: np.ndarray, columns: np.ndarray) -> Table:
        """Return the rows and columns where the masks [n_rows] and [n_columns] are true, labelled anew."""
        frame = self.frame.loc[rows, columns].reset_index(drop=True)
        names = tuple(name for name, kept in zip(self.names, columns, strict=True) if kept)
        return Table(frame.set_axis(range(len(names)), axis=1), names, self.notices, self.named)

    def without(self, at: int) -> Table:
        """Return the table without one column."""
        return self.part(np.full(len(self), True), np.arange(len(self.names)) != at)


def assembled(columns: Sequence[np.ndarray], names: Sequence[str], notices: Sequence[str], *, named: bool) -> Table:
    """Return the table of columns as `typed` returns them; numbers beyond `LARGEST` become missing in them."""
    import pandas as pd

    shown_names = tuple(name or f"column {i}" for i, name in enumerate(names))
    huge = 0
    for column in columns:
        if column.dtype == np.float64:
            huge += int((beyond := np.abs(column) > LARGEST).sum())
            column[beyond] = np.nan
    if huge:
        notices = [*notices, f"{counted(huge, 'number')} infinite or beyond {LARGEST:g}, counted as missing"]
    table = Table(pd.DataFrame(dict(enumerate(columns))), shown_names, tuple(notices), named)
    return table.noting(*_suspicious(columns, shown_names))


def from_python(value: Any) -> Table:
    """Take a table from numpy, torch, pandas, or lists; a vector becomes one column.

    Raises:
        DataError: it is no table of numbers or text.

    """
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [typed_values(value.iloc[:, i].to_numpy()) for i in range(value.shape[1])]
        return assembled(columns, [str(name) for name in value.columns], [], named=True)
    array = as_array(value)
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        fix = "Flatten each row, for example with X.reshape(len(X), -1)"
        raise DataError("data", f"arrays with X of shape {array.shape}", "X must have the shape [rows, inputs]", fix)
    columns = [typed_values(column) for column in np.atleast_2d(array.T)]
    return assembled(columns, [""] * len(columns), [], named=False)


def as_array(value: Any) -> np.ndarray:
    """Return anything that looks like an array as one of numpy's.

    Raises:
        DataError: numpy cannot make one of it.

    """
    try:
        if hasattr(value, "detach"):  # a torch tensor, known without importing torch
            value = value.detach().cpu().numpy()
        if isinstance(value, np.ma.MaskedArray):
            value = np.ma.filled(value.astype(object), None)
        array = np.asarray(value)
        if array.dtype.kind == "S":
            array = array.astype(str)
    except Exception as error:  # a foreign __array__ may raise anything
        rule, fix = f"numpy cannot make an array of it: {error}", "Pass X and y as arrays of numbers, rows first"
        raise DataError("data", f"arrays ({type(value).__name__})", rule, fix) from None
    if array.dtype.kind not in "biufOUMm":
        raise DataError(
            "data", f"arrays of {array.dtype}", "X and y must be real numbers or text", "Convert them first"
        )
    return array


def typed_values(values: np.ndarray) -> np.ndarray:
    """Return a column from Python as float64 where it is numbers, else as text with None for missing."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    import pandas as pd

    return typed([None if absent else cell(str(value)) for value, absent in zip(values, pd.isna(values), strict=True)])


def typed(cells: Cells) -> np.ndarray:
    """Return a column of text as float64 when every cell present is a number, else unchanged.

    >>> typed(["1", None, "2.5"])
    array([1. , nan, 2.5])

    """
    values, numbers = np.array(cells, dtype=object), numbers_of(cells)
    return numbers if np.array_equal(np.isnan(numbers), missing(values)) else values


def missing(column: np.ndarray) -> np.ndarray:
    """Return where a column as `typed` returns it has no value."""
    return np.isnan(column) if column.dtype == np.float64 else np.array([cell is None for cell in column], dtype=bool)


def is_text(cell: str) -> bool:
    """Return whether a cell that is not missing is no number."""
    return typed([cell]).dtype == object


def cell(text: str) -> str | None:
    """Return a cell without white space and a pair of single quotes around it; None where it is missing."""
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return None if text.casefold() in MISSING else text


def numbers_of(cells: Cells) -> np.ndarray:
    """Return cells as float64, NaN where one is missing or no number."""
    import pandas as pd

    return np.asarray(pd.to_numeric(np.array(cells, dtype=object), errors="coerce"), dtype=np.float64)


def _suspicious(columns: Sequence[np.ndarray], names: Sequence[str]) -> list[str]:
    """Tell of columns that are mostly numbers: one typing mistake makes text, hence categories, of them."""
    found, cells = [], []
    for column, name in zip(columns, names, strict=True):
        if column.dtype == object:
            present = [cell for cell in column if cell is not None]
            if 2 * np.isfinite(numbers_of([cell.translate(_GROUPING) for cell in present])).sum() > len(present):
                found.append(name)
                cells.append(next(filter(is_text, present)))
    notice = f"{counted(len(found), 'column')} of numbers ({listed(found)}) read as text because of cells such as "
    return [notice + shown(cells[0])] if found else []
