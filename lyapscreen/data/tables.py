"""Columns that are each all numbers or all text, made of cells or of what Python holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from lyapscreen.data.columns import LARGEST, Column
from lyapscreen.data.marks import Marks
from lyapscreen.data.numerals import Decimal
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError
from lyapscreen.spec import parsing

if TYPE_CHECKING:
    import pandas as pd


MIXED = "numbers and text"
"""Style of a column of text that is mostly numbers."""


@dataclass(frozen=True)
class Table:
    """Columns of one kind each."""

    frame: pd.DataFrame
    """Rows by columns, labelled 0, 1, ...: float64 with NaN for missing, or text, None where a cell is empty."""
    names: tuple[str, ...]
    """A name per column, `column 3` where the table has none."""
    notices: tuple[str, ...] = ()
    """What was decided in reading it."""
    named: bool = False
    """Whether the names are the table's own."""
    styles: tuple[str, ...] = ()
    """How each column's numbers were written where their size depends on it; empty for plain numbers."""
    marks: Marks = field(default_factory=Marks)
    """What counts as missing in columns of text, which keep the words as they are."""
    decimal: Decimal | None = None
    """The decimal mark of the file it comes from, where it has one."""
    nameless: frozenset[str] = frozenset()
    """Columns with no name of their own beside columns that have one."""

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
        """Return a column's values: float64, or text with None for empty cells in an object array."""
        values = self.frame[at]
        if values.dtype == np.float64:
            return values.to_numpy(np.float64)
        return np.array([None if absent else cell for cell, absent in zip(values, values.isna(), strict=True)], object)

    def part(self, rows: np.ndarray | None, columns: np.ndarray) -> Table:
        """Return the rows and columns where the masks [n_rows] (None: all) and [n_columns] are true, labelled anew."""
        frame = self.frame.loc[:, columns] if rows is None or rows.all() else self.frame.loc[rows, columns]
        names = tuple(name for name, kept in zip(self.names, columns, strict=True) if kept)
        styles = tuple(style for style, kept in zip(self.styles, columns, strict=True) if kept)
        frame = frame.reset_index(drop=True).set_axis(range(len(names)), axis=1)
        return replace(self, frame=frame, names=names, styles=styles)

    def without(self, *at: int) -> Table:
        """Return the table without some columns."""
        return self.part(None, ~np.isin(np.arange(len(self.names)), at))

    def gapped(self) -> Table:
        """Return the table with None for marks of missing values in its columns of text: what inputs are made of."""
        frame = self.frame.copy(deep=False)
        for at in frame.columns[(frame.dtypes != np.float64).to_numpy()]:
            words = frame[at]
            lost = [word for word in words.dropna().unique() if self.marks.missing(word)]
            if lost:
                frame[at] = words.where(~words.isin(lost), None)
        return replace(self, frame=frame)


def assembled(
    columns: Sequence[Column],
    names: Sequence[str],
    notices: Sequence[str],
    *,
    named: bool,
    marks: Marks | None = None,
    decimal: Decimal | None = None,
) -> Table:
    """Return the table of some columns; numbers beyond `LARGEST` become missing in it."""
    import pandas as pd

    shown_names = tuple(name or f"column {i}" for i, name in enumerate(names))
    huge = 0
    values = []
    for column in columns:
        found = column.values
        if found.dtype == np.float64 and (beyond := np.abs(found) > LARGEST).any():
            huge += int(beyond.sum())
            found = np.where(beyond, np.nan, found)
        values.append(found)
    if huge:
        notices = [*notices, f"{counted(huge, 'number')} infinite or beyond {LARGEST:g}, counted as missing"]
    return Table(
        frame=pd.DataFrame(dict(enumerate(values)), copy=False),
        names=shown_names,
        notices=(*notices, *_decided(columns, shown_names)),
        named=named,
        styles=tuple(column.style or (MIXED if column.odd else "") for column in columns),
        marks=marks or Marks(),
        decimal=decimal,
        nameless=frozenset(s for s, name in zip(shown_names, names, strict=True) if not name) if named else frozenset(),
    )


def _decided(columns: Sequence[Column], names: Sequence[str]) -> list[str]:
    """Tell how cells were understood, where they could have been meant otherwise."""
    named = list(zip(names, columns, strict=True))
    notices = []
    ways = dict.fromkeys(column.how for column in columns if column.how)
    found = [f"{listed(name for name, column in named if column.how == how)} ({how})" for how in ways]
    notices += [f"read as numbers: {'; '.join(found)}"] if found else []
    if marked := [(name, column) for name, column in named if column.marked]:
        words = listed(dict.fromkeys(word for _, column in marked for word in column.marked))
        where = listed(name for name, _ in marked)
        notices.append(f"{words} counted as missing in columns that are numbers otherwise ({where})")
    if odd := [(name, column.odd) for name, column in named if column.odd is not None]:
        where = f"{counted(len(odd), 'column')} of numbers ({listed(name for name, _ in odd)})"
        notices.append(f"{where} read as text because of cells such as {listed(word for _, word in odd)}")
    if merged := [name for name, column in named if column.merged]:
        notices.append(f"whole numbers beyond 2^53, which floats would merge, kept as text: {listed(merged)}")
    return notices
