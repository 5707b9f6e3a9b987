"""Tables in Arrow's formats, Parquet, Feather and ORC; pyarrow is an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from lyapscreen.data import sampling
from lyapscreen.data.frames import from_python
from lyapscreen.data.reading import Reading, suffix
from lyapscreen.data.tables import Table
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError, LyapscreenError

NEEDED = "pip install 'lyapscreen[parquet]'"
FORMATS = {".parquet": "Parquet", ".pq": "Parquet", ".feather": "Feather", ".arrow": "Feather", ".orc": "ORC"}
MODULES = {"Parquet": "pyarrow.parquet", "Feather": "pyarrow.feather", "ORC": "pyarrow.orc"}


def read(value: str, how: Reading) -> Table:
    """Read a .parquet, .feather, .arrow or .orc file, or a sample of its rows where it is too large for memory.

    Raises:
        DataError: pyarrow is missing, the file is damaged, has no row or one column, or cells that are lists.

    """
    form = FORMATS[suffix(value)]
    try:
        arrow, reader = import_module("pyarrow"), import_module(MODULES[form])
    except ImportError:
        raise DataError("data", value, "reading it needs pyarrow, which is not installed", f"Run {NEEDED}") from None
    try:
        if form == "Parquet":
            frame, kept, rows = _of_parquet(value, how, arrow, reader)
        else:
            found = reader.read_table(value)
            _check(value, found.schema, arrow.types)
            rows = len(found)
            kept = sampling.chosen(rows, found.num_columns, how.dtype)
            frame = (found if kept is None else found.take(kept)).to_pandas()
        if not len(frame) or frame.shape[1] < 2:
            rule = "it has no rows" if not len(frame) else "it has only one column"
            raise DataError("data", value, rule, "Give a table with inputs and a target")
        table = from_python(frame, how.marks)
    except LyapscreenError:
        raise
    except Exception as error:  # pyarrow and pandas raise nearly anything on a damaged file
        rule = f"it cannot be read as {form} ({str(error).partition(chr(10))[0]})"
        raise DataError("data", value, rule, f"Write it again, for example with pandas' to_{form.lower()}") from None
    return table if kept is None else table.noting(sampling.notice(kept, rows))


def _of_parquet(value: str, how: Reading, arrow: Any, reader: Any) -> tuple[Any, np.ndarray | None, int]:
    """Return the rows that fit in memory as a frame, which they are (None: all), and how many there are."""
    with reader.ParquetFile(value) as file:
        _check(value, file.schema_arrow, arrow.types)
        rows = file.metadata.num_rows
        kept = sampling.chosen(rows, len(file.schema_arrow), how.dtype)
        batches = file.iter_batches() if kept is None else _picked(file.iter_batches(), kept)
        return arrow.Table.from_batches(batches, schema=file.schema_arrow).to_pandas(), kept, rows


def _check(value: str, schema: Any, types: Any) -> None:
    lists = [field.name for field in schema if types.is_nested(field.type)]
    if lists:
        fix = "Give each value a column of its own, or use arrays in a .npz file"
        raise DataError("data", value, f"it has columns of lists or records ({listed(lists)})", fix)


def _picked(batches: Any, kept: np.ndarray) -> Any:
    """Yield batches of the rows `kept`, ascending."""
    start = 0
    for batch in batches:
        first, end = np.searchsorted(kept, [start, start + len(batch)])
        yield batch.take(kept[first:end] - start)
        start += len(batch)
