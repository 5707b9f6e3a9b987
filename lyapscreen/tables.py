"""The text of a table, or arrays from Python, into columns that are each all numbers or all text.

pandas is imported where it is used: every worker imports this file by way of `Dataset`, and reads no table.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lyapscreen import ranges
from lyapscreen.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""Cells that mean "not known", whatever their case."""

SEPARATORS = {".csv": ",", ".tsv": "\t"}

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

    def noting(self, notice: str) -> Table:
        """Return the table with one more notice."""
        return replace(self, notices=(*self.notices, notice))

    def index(self, column: str | None) -> int:
        """Return where the column of this name is, else of this index; the last for None.

        Raises:
            DataError: on `target`, no column or more than one is meant.

        """
        names = self.names
        if column is None:
            return len(names) - 1
        if names.count(column) == 1:
            return names.index(column)
        fix = f"Columns are {listed(names)}; or give an index, 0 to {len(names) - 1}, -1 for the last"
        if column in names:
            raise DataError("target", column, f"{names.count(column)} columns have this name", fix)
        try:
            return range(len(names))[int(column)]
        except (ValueError, IndexError):
            hint = ranges.nearest(column, names)
            raise DataError("target", column, "the table has no such column", hint + fix) from None

    def part(self, rows: np.ndarray, columns: np.ndarray) -> Table:
        """Return the rows and columns where the masks [n_rows] and [n_columns] are true, labelled anew."""
        frame = self.frame.loc[rows, columns].reset_index(drop=True)
        names = tuple(name for name, kept in zip(self.names, columns, strict=True) if kept)
        return Table(frame.set_axis(range(len(names)), axis=1), names, self.notices)


def read(value: str, header: Literal["auto", "yes", "no"]) -> Table:
    """Read a .csv or .tsv file.

    Cells lose white space and a pair of single quotes around them. A column is numbers when all its cells
    that are not missing are. With `auto` the first row is a header if it has text above a column of numbers;
    or if it has no number, its cells differ from each other, and none appears again below.

    Raises:
        DataError: the file cannot be read, is not text, its rows differ in length, or it has no row or one column.

    """
    text = _text(value)
    separator, notices = _separator(value, text)
    rows = _rows(value, text, separator)
    if header == "auto" and _has_header(rows):
        notices.append(f"header: the first row names the columns ({listed(rows[0])}); --header no overrides")
        header = "yes"
    body = rows[1:] if header == "yes" else rows
    if not body:
        raise DataError("data", value, "it has a header and no rows", "Give a table with rows of numbers or text")
    if len(rows[0]) < 2:
        raise DataError("data", value, "it has one column", f"Give inputs and a target, {separator!r} between cells")
    names = [name or "" for name in rows[0]] if header == "yes" else [""] * len(rows[0])
    columns = [typed(cells) for cells in zip(*body, strict=True)]
    return _table(columns, names, notices)


def from_python(value: Any) -> Table:
    """Take a table from numpy, torch, pandas, or lists; a vector becomes one column.

    Raises:
        DataError: it is no table of numbers or text.

    """
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [typed_values(value.iloc[:, i].to_numpy()) for i in range(value.shape[1])]
        return _table(columns, [str(name) for name in value.columns], [])
    array = as_array(value)
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        fix = "Flatten each row yourself, for example X.reshape(len(X), -1)"
        raise DataError("data", f"arrays with X of shape {array.shape}", "X has the shape [rows, inputs]", fix)
    columns = [typed_values(column) for column in np.atleast_2d(array.T)]
    return _table(columns, [""] * len(columns), [])


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
        rule, fix = f"numpy makes no array of it: {error}", "Pass X and y as arrays of numbers, rows first"
        raise DataError("data", f"arrays ({type(value).__name__})", rule, fix) from None
    if array.dtype.kind not in "biufOUMm":
        raise DataError("data", f"arrays of {array.dtype}", "X and y hold real numbers or text", "Convert them first")
    return array


def typed_values(values: np.ndarray) -> np.ndarray:
    """Return a column from Python as float64 where it is numbers, else as text with None for missing."""
    if values.dtype.kind in "biuf":
        return values.astype(np.float64)
    import pandas as pd

    return typed([None if absent else _cell(str(value)) for value, absent in zip(values, pd.isna(values), strict=True)])


def typed(cells: Cells) -> np.ndarray:
    """Return a column of text as float64 when every cell present is a number, else unchanged.

    >>> typed(["1", None, "2.5"])
    array([1. , nan, 2.5])

    """
    values, numbers = np.array(cells, dtype=object), _numbers(cells)
    return numbers if np.array_equal(np.isnan(numbers), missing(values)) else values


def missing(column: np.ndarray) -> np.ndarray:
    """Return where a column as `typed` returns it has no value."""
    return np.isnan(column) if column.dtype == np.float64 else np.array([cell is None for cell in column], dtype=bool)


def is_text(cell: str) -> bool:
    """Return whether a cell that is not missing is no number."""
    return typed([cell]).dtype == object


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


def _text(value: str) -> str:
    path = Path(value)
    fix = f"Give a text file that ends in {' or '.join(SEPARATORS)}"
    if path.suffix.lower() not in SEPARATORS:
        raise DataError("data", value, f"only {' and '.join(SEPARATORS)} tables are read", fix)
    if not path.is_file():
        raise DataError("data", value, "it is not a file", fix)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("data", value, f"byte {error.start} is not UTF-8", "Save the table as UTF-8 text") from None
    except OSError as error:
        raise DataError("data", value, f"it cannot be read ({os.strerror(error.errno or 0)})", fix) from None
    if "\0" in text:
        raise DataError("data", value, "it holds NUL bytes, so it is no text", "Save the table as UTF-8 text")
    if not text.strip():
        raise DataError("data", value, "it is empty", fix)
    return text


def _separator(value: str, text: str) -> tuple[str, list[str]]:
    """Return what separates the cells: by the suffix, unless a .csv has no comma in its first line."""
    usual = SEPARATORS[Path(value).suffix.lower()]
    first = io.StringIO(text.lstrip(), newline=None).readline()
    for other, word in ((";", "semicolons"), ("\t", "tabs")):
        if usual == "," and "," not in first and other in first:
            return other, [f"separator: {word}, since the first line has no comma"]
    return usual, []


def _rows(value: str, text: str, separator: str) -> list[Cells]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True, strict=True)
    fix = "Remove lines that are no rows, give each row every field, and put double quotes around one with a separator"
    first, rows = 0, list[Cells]()
    try:
        for fields in reader:
            if len(fields) < 2 and not "".join(fields).strip():
                continue  # a blank line
            first = first or reader.line_num
            if rows and len(fields) != len(rows[0]):
                rule = f"line {reader.line_num} has {len(fields)} fields and line {first} has {len(rows[0])}"
                raise DataError("data", value, rule, fix)
            rows.append([_cell(field) for field in fields])
    except csv.Error as error:
        raise DataError("data", value, f"line {reader.line_num} cannot be split into fields ({error})", fix) from None
    return rows


def _cell(text: str) -> str | None:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == "'":
        text = text[1:-1].strip()
    return None if text.casefold() in MISSING else text


def _has_header(rows: list[Cells]) -> bool:
    first, body = rows[0], rows[1:]
    text = [i for i, cell in enumerate(first) if cell is not None and is_text(cell)]
    for column in (typed([row[i] for row in body]) for i in text):
        if column.dtype == np.float64 and not np.isnan(column).all():
            return True
    if len(text) + first.count(None) < len(first) or len(set(first)) < len(first):
        return False
    return not any(cell == row[i] for i, cell in enumerate(first) for row in body)


def _numbers(cells: Cells) -> np.ndarray:
    """Return cells as float64, NaN where one is missing or no number."""
    import pandas as pd

    return np.asarray(pd.to_numeric(np.array(cells, dtype=object), errors="coerce"), dtype=np.float64)


def _table(columns: list[np.ndarray], names: list[str], notices: list[str]) -> Table:
    import pandas as pd

    told = tuple(name or f"column {i}" for i, name in enumerate(names))
    huge = 0
    for column in columns:
        if column.dtype == np.float64:
            huge += int((beyond := np.abs(column) > LARGEST).sum())
            column[beyond] = np.nan
    if huge:
        notices = [*notices, f"{counted(huge, 'number')} infinite or beyond {LARGEST:g} counted as missing"]
    return Table(pd.DataFrame(dict(enumerate(columns))), told, (*notices, *_suspicious(columns, told)))


def _suspicious(columns: list[np.ndarray], names: Sequence[str]) -> list[str]:
    """Tell of columns that are mostly numbers: one typing mistake makes text, hence categories, of them."""
    found, cells = [], []
    for column, name in zip(columns, names, strict=True):
        if column.dtype == object:
            present = [cell for cell in column if cell is not None]
            if 2 * np.isfinite(_numbers([cell.translate(_GROUPING) for cell in present])).sum() > len(present):
                found.append(name)
                cells.append(next(filter(is_text, present)))
    told = f"{counted(len(found), 'column')} of numbers ({listed(found)}) read as text, because of cells such as "
    return [told + shown(cells[0])] if found else []
