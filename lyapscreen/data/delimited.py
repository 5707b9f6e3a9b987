"""A .csv or .tsv file, read a chunk at a time, so that it may be larger than memory."""

from __future__ import annotations

import codecs
import csv
import io
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np

from lyapscreen.data import sampling
from lyapscreen.data.tables import Table, assembled, cell, is_text, missing, numbers_of, typed
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError

SEPARATORS = {".csv": ",", ".tsv": "\t"}

CHUNK_ROWS = 2000
"""Rows held as text at a time."""

CHECKED_BYTES = 2**20


@dataclass(frozen=True)
class _Text:
    """A file of rows of cells."""

    value: str
    """The path as typed."""
    separator: str

    def records(self) -> Iterator[list[str]]:
        """Yield the cells of every row, blank lines left out.

        Raises:
            DataError: a line cannot be split, or a row has more or fewer cells than the first.

        """
        fix = "Remove lines that are not rows, give every row all its fields, and put double quotes around a separator"
        with Path(self.value).open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=self.separator, skipinitialspace=True, strict=True)
            first = width = 0
            try:
                for fields in reader:
                    if len(fields) < 2 and not "".join(fields).strip():
                        continue  # a blank line
                    first, width = first or reader.line_num, width or len(fields)
                    if len(fields) != width:
                        rule = f"line {reader.line_num} has {len(fields)} fields, but line {first} has {width}"
                        raise DataError("data", self.value, rule, fix)
                    yield fields
            except csv.Error as error:
                rule = f"line {reader.line_num} cannot be split into fields ({error})"
                raise DataError("data", self.value, rule, fix) from None


def read(value: str, header: Literal["auto", "yes", "no"], dtype: str) -> Table:
    """Read a .csv or .tsv file, or a sample of its rows where it is too large for memory in this dtype.

    Cells lose white space and a pair of single quotes around them. A column is numbers when all its cells
    that are not missing are. With `auto` the first row is a header if it has text above a column of numbers;
    or if it has no number, its cells differ from each other, and none appears again below (in the first `CHUNK_ROWS`).

    Raises:
        DataError: the file cannot be read, is not text, its rows differ in length, or it has no row or one column.

    """
    _check_text(value)
    separator, notices = _separator(value)
    text = _Text(value, separator)
    top = next(_chunks(text.records()), [])
    if not top:
        raise DataError("data", value, "it is empty", "Give a table with rows of numbers or text")
    if header == "auto" and _has_header([[cell(field) for field in fields] for fields in top]):
        names = [cell(field) or "" for field in top[0]]
        notices.append(f"header: the first row names the columns ({listed(names)}); --header no overrides this")
        header = "yes"
    first_row, width = int(header == "yes"), len(top[0])
    if len(top) == first_row:
        raise DataError("data", value, "it has a header but no rows", "Give a table with rows of numbers or text")
    if width < 2:
        raise DataError(
            "data", value, "it has only one column", f"Give inputs and a target, separated by {separator!r}"
        )
    kept = None
    if Path(value).stat().st_size * np.dtype(dtype).itemsize > sampling.BUDGET_BYTES:  # a cell takes a byte at least
        rows = sum(1 for _ in text.records()) - first_row
        kept = sampling.chosen(rows, width, dtype)
        notices += [] if kept is None else [sampling.notice(kept, rows)]
    names = [cell(field) or "" for field in top[0]] if first_row else [""] * width
    del top
    return assembled(_columns(text, first_row, kept), names, notices, named=bool(first_row))


def _check_text(value: str) -> None:
    """Refuse a file that is no UTF-8 text; read in pieces, since it may be large."""
    fix = f"Give a text file that ends in {' or '.join(SEPARATORS)}"
    decoder, done, blank = codecs.getincrementaldecoder("utf-8")(), 0, True
    try:
        with Path(value).open("rb") as file:
            while piece := file.read(CHECKED_BYTES):
                pending = len(decoder.getstate()[0])
                text = decoder.decode(piece)
                if "\0" in text:
                    rule = "it holds NUL bytes, so it is not a text file"
                    raise DataError("data", value, rule, "Save the table as UTF-8 text")
                blank = blank and not text.removeprefix("\ufeff").strip()
                done += len(piece)
        pending = len(decoder.getstate()[0])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = done - pending + error.start
        raise DataError("data", value, f"byte {at} is not valid UTF-8", "Save the table as UTF-8 text") from None
    except OSError as error:
        raise DataError("data", value, f"it cannot be read ({os.strerror(error.errno or 0)})", fix) from None
    if blank:
        raise DataError("data", value, "it is empty", fix)


def _separator(value: str) -> tuple[str, list[str]]:
    """Return what separates the cells: by the suffix, unless a .csv has no comma in its first line."""
    usual = SEPARATORS[Path(value).suffix.lower()]
    with Path(value).open(encoding="utf-8-sig") as file:
        first = io.StringIO(file.read(CHECKED_BYTES).lstrip()).readline()
    for other, word in ((";", "semicolons"), ("\t", "tabs")):
        if usual == "," and "," not in first and other in first:
            return other, [f"separator: {word}, since the first line has no comma"]
    return usual, []


def _has_header(rows: Sequence[Sequence[str | None]]) -> bool:
    first, body = rows[0], rows[1:]
    text = [i for i, cell in enumerate(first) if cell is not None and is_text(cell)]
    for column in (typed([row[i] for row in body]) for i in text):
        if column.dtype == np.float64 and not np.isnan(column).all():
            return True
    if len(text) + list(first).count(None) < len(first) or len(set(first)) < len(first):
        return False
    return not any(cell == row[i] for i, cell in enumerate(first) for row in body)


def _chunks(records: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    rows = iter(records)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _columns(text: _Text, first_row: int, kept: np.ndarray | None) -> list[np.ndarray]:
    """Return every column as `typed` does; read once more where one turns out text only after numbers."""
    as_text: set[int] = set()
    while True:
        rows = _picked(islice(text.records(), first_row, None), kept)
        chunks = [
            [_column(fields, text=i in as_text) for i, fields in enumerate(zip(*chunk, strict=True))]
            for chunk in _chunks(rows)
        ]
        columns = [_stacked(parts) for parts in zip(*chunks, strict=True)]
        if lost := {i for i, column in enumerate(columns) if column is None}:
            as_text |= lost
            continue
        return [column for column in columns if column is not None]


def _picked(records: Iterator[list[str]], kept: np.ndarray | None) -> Iterator[list[str]]:
    if kept is None:
        yield from records
        return
    wanted = iter(kept.tolist())
    row = next(wanted, -1)
    for i, fields in enumerate(records):
        if i == row:
            yield fields
            row = next(wanted, -1)


def _column(fields: Sequence[str], *, text: bool) -> np.ndarray:
    if not text and not np.isnan(numbers := numbers_of(fields)).any():
        return numbers  # nothing missing, nothing quoted: most columns of most tables
    cells = [cell(field) for field in fields]
    if not text and (column := typed(cells)).dtype == np.float64:
        return column
    # Categories repeat: each is held once.
    return np.array([None if cell is None else sys.intern(cell) for cell in cells], dtype=object)


def _stacked(parts: Sequence[np.ndarray]) -> np.ndarray | None:
    """Join the chunks of a column; None where the text of cells already taken for numbers is needed."""
    if len({part.dtype for part in parts}) == 1:
        return np.concatenate(parts)
    if any(part.dtype == np.float64 and not missing(part).all() for part in parts):
        return None
    return np.concatenate([part if part.dtype == object else np.full(len(part), None) for part in parts])
