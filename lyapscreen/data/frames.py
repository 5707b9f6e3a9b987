"""What Python holds as tables: frames, arrays, structured and sparse ones, lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from lyapscreen.data.columns import Column, from_values
from lyapscreen.data.marks import Marks
from lyapscreen.data.tables import Table, assembled
from lyapscreen.errors import DataError


def is_frame(value: Any) -> bool:
    """Return whether something is a pandas frame, known without importing pandas."""
    return hasattr(value, "iloc")


def from_python(value: Any, marks: Marks | None = None) -> Table:
    """Take a table from numpy, torch, pandas, or lists; a vector becomes one column.

    Raises:
        DataError: it is no table of numbers or text.

    """
    marks = marks or Marks()
    if is_frame(value):
        names = [str(name) if name is not None else "" for name in value.columns]
        if isinstance(value.columns[0] if len(names) else None, tuple):  # several header lines
            names = [" ".join(str(part) for part in name if str(part)) for name in value.columns]
        columns = [_of_frame(name, value.iloc[:, i], marks) for i, name in enumerate(names)]
        return assembled(columns, names, [], named=True, marks=marks)
    array = as_array(value)
    if array.ndim not in (1, 2) or 0 in array.shape[1:]:
        fix = "Flatten each row, for example with X.reshape(len(X), -1)"
        raise DataError("data", f"arrays with X of shape {array.shape}", "X must have the shape [rows, inputs]", fix)
    columns = [from_values(column, marks) for column in np.atleast_2d(array.T)]
    return assembled(columns, [""] * len(columns), [], named=False, marks=marks)


def _of_frame(name: str, series: Any, marks: Marks) -> Column:
    """Return one column of a frame, whatever pandas keeps it in."""
    import pandas as pd

    kind = series.dtype
    if isinstance(kind, pd.DatetimeTZDtype) or (not isinstance(kind, np.dtype) and "timestamp" in str(kind)):
        series = pd.Series(pd.to_datetime(series, utc=True)).dt.tz_localize(None)
    yes_or_no = isinstance(kind, pd.BooleanDtype)
    values = series.to_numpy(dtype=np.float64, na_value=np.nan) if yes_or_no else series.to_numpy()
    if values.dtype.kind == "c":
        rule = "it holds complex numbers"
        raise DataError("data", f"the column {name}", rule, "Give their real and imaginary parts columns of their own")
    if values.dtype.kind == "O":
        nested = next((cell for cell in values if isinstance(cell, list | dict | set | tuple | np.ndarray)), None)
        if nested is not None:
            fix = "Give each value a column of its own, or use arrays in a .npz file"
            raise DataError("data", f"the column {name}", f"it has cells of type {type(nested).__name__}", fix)
    return from_values(values, marks)


def as_array(value: Any) -> np.ndarray:
    """Return anything that looks like an array as one of numpy's.

    Raises:
        DataError: numpy cannot make one of it.

    """
    try:
        if hasattr(value, "detach"):  # a torch tensor, known without importing torch
            value = value.detach().cpu()
            value = (value.float() if str(value.dtype) in ("torch.bfloat16", "torch.float8_e4m3fn") else value).numpy()
        if hasattr(value, "toarray") and hasattr(value, "nnz"):  # scipy's sparse matrices
            value = value.toarray()
        if isinstance(value, np.ma.MaskedArray):
            value = np.ma.filled(value.astype(object), None)
        array = np.asarray(value)
        if array.dtype.kind == "S":
            array = array.astype(str)
        if array.dtype.names and array.ndim == 1:
            array = np.column_stack([array[name] for name in array.dtype.names])
        if array.dtype.kind == "V" and "bfloat16" in str(array.dtype):
            array = array.astype(np.float32)
    except Exception as error:  # a foreign __array__ may raise anything
        rule, fix = f"numpy cannot make an array of it: {error}", "Pass X and y as arrays of numbers, rows first"
        raise DataError("data", f"arrays ({type(value).__name__})", rule, fix) from None
    if array.dtype.kind not in "biufOUMm":
        raise DataError(
            "data", f"arrays of {array.dtype}", "X and y must be real numbers or text", "Convert them first"
        )
    return array
