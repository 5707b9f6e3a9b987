"""A text table, read a chunk at a time, so that it may be larger than memory."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TextIO

import numpy as np

from lyapscreen.data import arrow_text, sampling
from lyapscreen.data.columns import Column, Writing, cell, missing, plain, typed
from lyapscreen.data.dialect import Dialect, decimal_of, records, sniff
from lyapscreen.data.header import header_of
from lyapscreen.data.marks import Marks
from lyapscreen.data.reading import Reading, checked, lines_of, suffix
from lyapscreen.data.tables import Table, assembled
from lyapscreen.errors import DataError

SEPARATORS = {
    ".csv": ",",
    ".tsv": "\t",
    ".txt": ",",
    ".tab": "\t",
    ".psv": "|",
    ".dat": ",",
    ".data": ",",
    ".test": ",",
}
"""Suffixes of text tables, and what separates cells where nothing else is seen."""

CHUNK_ROWS = 2000
"""Rows held as text at a time."""

LOOKED_AT_ROWS, LOOKED_AT_CELLS = 50, 20_000
"""How much of the top of a table says what its header and its decimal mark are."""

ROWS = "Give a table with rows of numbers or text"


@dataclass(frozen=True)
class _Text:
    """A file of rows of cells."""

    value: str
    """The path as typed."""
    lines: Callable[[], TextIO]
    """Opens it from its start."""
    layout: Dialect

    def records(self) -> Iterator[list[str]]:
        """Yield the cells of every row, blank lines left out.

        Raises:
            DataError: a line cannot be split, or a row has more or fewer cells than the first.

        """
        fix = "Remove lines that are not rows, give every row all its fields, and put double quotes around a separator"
        layout = self.layout
        with self.lines() as lines:
            for _ in range(layout.skipped):
                lines.readline()
            first = width = 0
            try:
                for line, fields in records(lines, layout.separator):
                    if not first:
                        fields = self._first(fields)
                    elif layout.trailing and len(fields) == width + 1 and not fields[-1].strip():
                        fields = fields[:-1]
                    first, width = first or line, width or len(fields)
                    if len(fields) != width:
                        at, top = line + layout.skipped, first + layout.skipped
                        rule = f"line {at} has {len(fields)} fields, but line {top} has {width}"
                        raise DataError("data", self.value, rule, fix)
                    yield fields
            except csv.Error as error:
                what, line = error.args
                rule = f"line {line + layout.skipped} cannot be split into fields ({what})"
                raise DataError("data", self.value, rule, fix) from None

    def line_of(self, rows: int) -> int:
        """Return the line that the first so many rows end on."""
        with self.lines() as lines:
            for _ in range(self.layout.skipped):
                lines.readline()
            return max((line for line, _ in islice(records(lines, self.layout.separator), rows)), default=0)

    def _first(self, fields: list[str]) -> list[str]:
        """Return the first row with what its layout lacks."""
        if self.layout.uncommented:
            fields = [fields[0].lstrip().lstrip("#%/"), *fields[1:]]
        return ["", *fields] if self.layout.short_header else fields


def read(value: str, how: Reading) -> Table:
    """Read a text table, or a sample of its rows where it is too large for memory in this dtype.

    Cells lose white space and a pair of single quotes around them. A column is numbers when all its cells
    that are not missing are. What separates cells, what stands above the rows and whether the first of them is a header
    is found from the top of the file.

    Raises:
        DataError: the file cannot be read, is not text, its rows differ in length, or it has no row or one column.

    """
    encoding = checked(value, how.encoding, f"Give a text file that ends in {', '.join(SEPARATORS)}")
    packed = Path(value).suffix.lower() != suffix(value)
    direct = not packed and encoding in ("utf-8", "utf-8-sig") and Path(value).stat().st_size >= arrow_text.SMALLEST
    return _read(value, lambda: lines_of(value, encoding), how, large=_may_be_large(value, how.dtype), direct=direct)


def of_rows(value: str, rows: Iterable[Sequence[str]], how: Reading) -> Table:
    """Return the table of rows of cells that are text, laid out as a text table may be.

    Raises:
        DataError: as `read`.

    """
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    whole = text.getvalue()
    return _read(value, lambda: io.StringIO(whole, newline=""), replace(how, separator=","), large=False, direct=False)


def _read(value: str, opens: Callable[[], TextIO], how: Reading, *, large: bool, direct: bool) -> Table:
    with opens() as lines:
        layout = sniff(value, lines, SEPARATORS.get(suffix(value), ","), how.separator, how.skip_rows)
    text = _Text(value, opens, layout)
    top = next(_chunks(text.records()), [])
    if not top:
        raise DataError("data", value, "it is empty", ROWS)
    top = top[: max(LOOKED_AT_ROWS, LOOKED_AT_CELLS // len(top[0]))]
    decimal = how.decimal or decimal_of(top[1:], layout.separator)
    writing = Writing(how.marks, decimal, how.decimal is not None, layout.separator == ",")
    stated = "yes" if layout.uncommented or layout.short_header else how.header
    header = header_of(_cells(top), [[cell(f) or "" for f in row] for row in top[:4]], writing, stated)
    notices = [*layout.notices, *([header.notice] if header.notice else [])]
    if len(top) == header.lines:
        raise DataError("data", value, "it has a header but no rows", ROWS)
    width = len(top[0])
    if width < 2:
        fix = f"Give inputs and a target, separated by {layout.separator!r}, or name the --separator"
        raise DataError("data", value, "it has only one column", fix)
    kept = None
    if large and (not direct or sampling.chosen(arrow_text.lines_of(value), width, how.dtype) is not None):
        rows = sum(1 for _ in text.records()) - header.lines
        kept = sampling.chosen(rows, width, how.dtype)
        notices += [] if kept is None else [sampling.notice(kept, rows)]
    names = header.names or ("",) * width
    columns = None
    if direct and kept is None and decimal != "," and _numbers_only(_cells(top[header.lines :])):
        above = layout.skipped + text.line_of(header.lines)
        columns = arrow_text.columns(
            value, how.marks, separator=layout.separator, above=above, width=width, most_rows=arrow_text.lines_of(value)
        )
    columns = columns or _columns(text, header.lines, kept, writing)
    return assembled(columns, names, notices, named=bool(header.lines), marks=how.marks, decimal=decimal)


def _may_be_large(value: str, dtype: str) -> bool:
    """Return whether a file can hold more than the budget: a cell takes a byte at least, and may be compressed."""
    size = Path(value).stat().st_size * (1 if Path(value).suffix.lower() == suffix(value) else 1000)
    return size * np.dtype(dtype).itemsize > sampling.BUDGET_BYTES


def _cells(rows: Sequence[Sequence[str]]) -> list[list[str | None]]:
    return [[cell(field) for field in fields] for fields in rows]


def _numbers_only(rows: Sequence[Sequence[str | None]]) -> bool:
    """Return whether every column begins with plain numbers, at least one."""
    columns = (plain(cells, Marks()) for cells in zip(*rows, strict=True))
    return all(numbers is not None and not missing(numbers).all() for numbers in columns)


def _chunks(rows: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    left = iter(rows)
    while chunk := list(islice(left, CHUNK_ROWS)):
        yield chunk


def _columns(text: _Text, first_row: int, kept: np.ndarray | None, writing: Writing) -> list[Column]:
    """Return every column as `typed` does; read once more where one turns out text only after numbers."""
    as_text: set[int] = set()
    while True:
        rows = _picked(islice(text.records(), first_row, None), kept)
        chunks = [
            [_column(fields, writing, text=i in as_text) for i, fields in enumerate(zip(*chunk, strict=True))]
            for chunk in _chunks(rows)
        ]
        columns = [_stacked(parts, writing) for parts in zip(*chunks, strict=True)]
        if lost := {i for i, column in enumerate(columns) if column is None}:
            as_text |= lost
            continue
        found = [column for column in columns if column is not None]
        return [Column(values) if values.dtype == np.float64 else typed(values, writing) for values in found]


def _picked(rows: Iterator[list[str]], kept: np.ndarray | None) -> Iterator[list[str]]:
    if kept is None:
        yield from rows
        return
    wanted = iter(kept.tolist())
    row = next(wanted, -1)
    for i, fields in enumerate(rows):
        if i == row:
            yield fields
            row = next(wanted, -1)


def _column(fields: Sequence[str], writing: Writing, *, text: bool) -> np.ndarray:
    # In a file of decimal commas 1.234 is a thousand and more: only the whole column can tell.
    cells = [cell(field) for field in fields]
    numbers = None if text or writing.decimal == "," else plain(cells, writing.marks)
    if numbers is not None and not missing(numbers).all():
        return numbers
    # Categories repeat: each is held once.
    return np.array([None if cell is None else sys.intern(cell) for cell in cells], dtype=object)


def _stacked(parts: Sequence[np.ndarray], writing: Writing) -> np.ndarray | None:
    """Join the chunks of a column; None where the text of cells already taken for numbers is needed."""
    if len({part.dtype for part in parts}) == 1:
        return np.concatenate(parts)
    marked = writing.marks.missing
    if all(part.dtype == np.float64 or all(word is None or marked(word) for word in part) for part in parts):
        return np.concatenate([part if part.dtype == np.float64 else np.full(len(part), np.nan) for part in parts])
    return None
