"""A large text table of plain numbers, read by pyarrow where it is there: the same numbers, sooner."""

from __future__ import annotations

from importlib import import_module

import numpy as np

from lyapscreen.data.columns import LARGEST_WHOLE, Column
from lyapscreen.data.marks import EMPTY, WORDS, Marks

SMALLEST = 8 * 2**20
"""Bytes of a file from which on it pays to import pyarrow."""
BLOCK_BYTES = 4 * 2**20


def columns(value: str, marks: Marks, *, separator: str, above: int, width: int, most_rows: int) -> list[Column] | None:
    """Return the columns of a file whose cells are all plain numbers or marks; else, or without pyarrow, None.

    What it cannot read, a text among numbers or a row of another length, is left to the reader of every table: both
    round decimals correctly, so that it does not show who has read.

    Args:
        value: the path, of a file that is UTF-8 and not compressed.
        marks: what counts as missing.
        separator: what separates cells.
        above: lines above the first row.
        width: cells in a row.
        most_rows: how many rows there are at most.

    """
    if marks.given is not None:
        return None
    try:
        text, arrow = import_module("pyarrow.csv"), import_module("pyarrow")
    except ImportError:
        return None
    names = [str(i) for i in range(width)]
    words = {way(word) for word in WORDS | EMPTY for way in (str, str.upper, str.title)} | {"NaN", "-NaN"}
    try:
        reader = text.open_csv(
            value,
            read_options=text.ReadOptions(block_size=BLOCK_BYTES, skip_rows=above, column_names=names),
            parse_options=text.ParseOptions(delimiter=separator),
            convert_options=text.ConvertOptions(
                column_types=dict.fromkeys(names, arrow.float64()), null_values=sorted(words), strings_can_be_null=True
            ),
        )
        found, row = [np.empty(most_rows) for _ in names], 0
        for batch in reader:
            for values, column in zip(found, batch.columns, strict=True):
                values[row : row + len(batch)] = column.to_numpy(zero_copy_only=False)
            row += len(batch)
    except (arrow.ArrowInvalid, arrow.ArrowKeyError, ValueError):
        return None
    found = [values[:row] for values in found]
    # Whole numbers that floats cannot tell apart are for the other reader, which keeps them as text.
    if any(np.nanmax(np.abs(values), initial=0.0) > LARGEST_WHOLE for values in found):
        return None
    return [Column(values) for values in found]


def lines_of(value: str) -> int:
    """Return how many lines a file has at most."""
    with open(value, "rb") as file:  # noqa: PTH123  as quick as can be
        count = 1
        while piece := file.read(BLOCK_BYTES):
            count += piece.count(b"\n")
    return count
