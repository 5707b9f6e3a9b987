"""Files by their suffix: who reads each, and what is missing where nobody can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from lyapscreen.data import arrow, delimited, npz, sampling
from lyapscreen.data.frames import from_python
from lyapscreen.data.in_memory import Pieces, of_arrays, of_named, of_pair
from lyapscreen.data.reading import COMPRESSED, Reading, opened, suffix
from lyapscreen.data.rows import naming
from lyapscreen.data.tables import Table
from lyapscreen.errors import DataError, LyapscreenError

EXCEL = (".xlsx", ".xlsm")
SVMLIGHT = (".svmlight", ".svm", ".libsvm")
TENSORS = (".pt", ".pth")
SUFFIXES = (*delimited.SEPARATORS, *arrow.FORMATS, *EXCEL, ".arff", *SVMLIGHT, ".npz", ".npy", *TENSORS)
"""Suffixes of all files that can be read; those of text may end in `COMPRESSED` besides."""
TEXTS = (*delimited.SEPARATORS, ".arff", *SVMLIGHT)

NAMED = ".csv, .tsv, .parquet, .npz, .txt, .feather, .orc, .xlsx, .arff, .svmlight, .npy and .pt"


def require_known(value: str) -> None:
    """Refuse a file whose suffix says nothing.

    Raises:
        DataError: nobody reads it.

    """
    kind = suffix(value)
    packed = Path(value).suffix.lower() in COMPRESSED
    if kind not in SUFFIXES or (packed and kind not in TEXTS):
        fix = f"Give a file that ends in {NAMED.replace(' and ', ' or ')}, or FILE.py:function"
        raise DataError("data", value, f"only {NAMED} files can be read", fix)
    if not Path(value).is_file():
        raise DataError("data", value, "it is not a file", f"Give a {kind} file")


def read(value: str, how: Reading) -> Table | Pieces:
    """Read a file of any kind, or a sample of its rows where it is too large for memory.

    Raises:
        DataError: it cannot be read, or holds no data.

    """
    kind = suffix(value)
    if kind in delimited.SEPARATORS:
        return delimited.read(value, how)
    if kind in arrow.FORMATS:
        return arrow.read(value, how)
    with naming("data", value):
        try:
            match kind:
                case ".npz":
                    return npz.read(value, how.dtype, how.group, how.marks)
                case ".npy":
                    return _of_array(value, np.load(value, mmap_mode="r", allow_pickle=False), how)
                case ".arff":
                    return _arff(value, how)
                case _ if kind in SVMLIGHT:
                    return _svmlight(value, how)
                case _ if kind in TENSORS:
                    return _tensors(value, how)
                case _:
                    return _excel(value, how)
        except (LyapscreenError, MemoryError):
            raise
        except Exception as error:  # readers raise nearly anything on a damaged file
            reason = str(error).partition("\n")[0] or type(error).__name__
            if isinstance(error, OSError) and error.errno:
                reason = os.strerror(error.errno)
            if kind == ".npy" and ("pickle" in reason or "Python objects" in reason):
                reason = "it holds Python objects, and unpickling those could run code"
            rule = f"it cannot be read as {kind} ({reason})"
            raise DataError("data", value, rule, "Write it again, or as .csv or .npz") from None


def _of_array(value: str, array: np.ndarray, how: Reading) -> Table:
    """Return one array as a table, its columns by their place, or by name where it is structured."""
    import pandas as pd

    if array.dtype.names and array.ndim == 1:
        frame = pd.DataFrame({name: array[name] for name in array.dtype.names})
        return from_python(frame, how.marks)
    if array.ndim != 2 or array.shape[1] < 2:
        rule = f"it holds one array of shape {array.shape}, in which no column is the target"
        raise DataError("data", value, rule, "Write inputs and target to one file with np.savez('data.npz', X=X, y=y)")
    kept = sampling.chosen(array.shape[0], array.shape[1], how.dtype)
    table = from_python(np.asarray(array if kept is None else array[kept]), how.marks)
    return table if kept is None else table.noting(sampling.notice(kept, len(array)))


def _arff(value: str, how: Reading) -> Table:
    import csv
    from io import TextIOWrapper

    import pandas as pd
    from scipy.io import arff

    limit = csv.field_size_limit()  # scipy lifts it, for everybody
    try:
        with opened(value) as file, TextIOWrapper(file, encoding=how.encoding or "utf-8") as text:
            rows, meta = arff.loadarff(text)
    finally:
        csv.field_size_limit(limit)
    frame = pd.DataFrame({name: rows[name] for name in meta.names()})
    for name, kind in zip(meta.names(), meta.types(), strict=True):
        if kind == "nominal":
            frame[name] = frame[name].str.decode("utf-8")
    if not len(frame) or frame.shape[1] < 2:
        rule = "it has no rows" if not len(frame) else "it has only one column"
        raise DataError("data", value, rule, "Give a table with inputs and a target")
    return from_python(frame, how.marks)


def _svmlight(value: str, how: Reading) -> Pieces:
    from sklearn.datasets import load_svmlight_file

    with opened(value) as file:
        x, y = load_svmlight_file(file)
    return of_pair(x, y, how.dtype, how.marks)


def _tensors(value: str, how: Reading) -> Table | Pieces:
    import torch

    try:
        found: Any = torch.load(value, map_location="cpu", weights_only=True)
    except Exception as error:
        if "weights_only" not in str(error) and "WeightsUnpickler" not in str(error):
            raise
        rule = "it holds more than tensors, and unpickling that could run code"
        raise DataError("data", value, rule, "Save tensors alone: torch.save({'X': X, 'y': y}, path)") from None
    if isinstance(found, dict):
        return of_named(value, found, how.dtype, how.marks)
    if isinstance(found, tuple | list) and len(found) in (2, 4):
        return of_arrays(found, how.dtype, how.marks)
    if isinstance(found, torch.Tensor):
        return _of_array(value, found.detach().numpy(), how)
    rule = f"it holds an object of type {type(found).__name__}"
    raise DataError("data", value, rule, "Save tensors: torch.save({'X': X, 'y': y}, path)")


def _excel(value: str, how: Reading) -> Table:
    """Read the first sheet that has cells, laid out as a text table may be."""
    import pandas as pd

    try:
        every: dict[Any, Any] = pd.read_excel(
            value, sheet_name=None, header=None, dtype=object, na_filter=False, engine="openpyxl"
        )
    except ImportError:
        fix = "Run pip install 'lyapscreen[excel]'"
        raise DataError("data", value, "reading it needs openpyxl, which is not installed", fix) from None
    sheets = {str(name): sheet for name, sheet in every.items()}
    full = [name for name, sheet in sheets.items() if sheet.size]
    if not full:
        raise DataError("data", value, "it is empty", delimited.ROWS)
    rows = [[_excel_cell(cell) for cell in row] for row in sheets[full[0]].itertuples(index=False)]
    table = delimited.of_rows(value, rows, how)
    if len(full) == 1:
        return table
    return table.noting(f"sheet {full[0]} of {len(full)} is read; save another as a file of its own")


def _excel_cell(cell: Any) -> str:
    if cell is None or cell != cell:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    text = cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
    return text.removesuffix("T00:00:00")
