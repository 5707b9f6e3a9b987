"""A .parquet file, read a batch of rows at a time; pyarrow is an extra."""

from __future__ import annotations

from typing import Any

import numpy as np

from lyapscreen.data import sampling
from lyapscreen.data.tables import Table, from_python
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError, LyapscreenError

NEEDED = "pip install 'lyapscreen[parquet]'"


def read(value: str, dtype: str) -> Table:
    """Read a .parquet file, or a sample of its rows where it is too large for memory in this dtype.

    Raises:
        DataError: pyarrow is missing, the file is damaged, has no row or one column, or cells that are lists.

    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise DataError("data", value, "reading it needs pyarrow, which is not installed", f"Run {NEEDED}") from None
    try:
        with pyarrow.parquet.ParquetFile(value) as file:
            _check(value, file.schema_arrow, pyarrow.types)
            rows = file.metadata.num_rows
            kept = sampling.chosen(rows, len(file.schema_arrow), dtype)
            batches = file.iter_batches() if kept is None else _picked(file.iter_batches(), kept)
            frame = pyarrow.Table.from_batches(batches, schema=file.schema_arrow).to_pandas()
        if not len(frame) or frame.shape[1] < 2:
            rule = "it has no rows" if not len(frame) else "it has only one column"
            raise DataError("data", value, rule, "Give a table with inputs and a target")
        table = from_python(frame)
    except LyapscreenError:
        raise
    except Exception as error:  # pyarrow and pandas raise nearly anything on a damaged file
        rule = f"it cannot be read as Parquet ({str(error).partition(chr(10))[0]})"
        raise DataError("data", value, rule, "Write it again, for example with pandas' to_parquet") from None
    return table if kept is None else table.noting(sampling.notice(kept, rows))


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
