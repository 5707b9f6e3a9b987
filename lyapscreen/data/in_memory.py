"""What Python hands over: arrays, frames, tensors and datasets into inputs and targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lyapscreen.data import sampling
from lyapscreen.data.tables import LARGEST, as_array, missing, typed_values
from lyapscreen.errors import DataError
from lyapscreen.spec import user_code

FORMS = "arrays (X, y), arrays of both parts (X, y, X_held_out, y_held_out), or a Dataset with len() and [i]"


@dataclass(frozen=True)
class Pieces:
    """Inputs and targets of some rows, before it is known what the inputs are."""

    x: Any
    """A pandas frame, or an array [rows, ...]."""
    y: np.ndarray
    """One value per row, none missing: float64, or text in an object array."""
    groups: np.ndarray | None = None
    """What rows belong together, one value per row."""
    held_out: Pieces | None = None
    """The part to measure on, when it came apart."""
    notices: tuple[str, ...] = ()


def is_data(value: object) -> bool:
    """Return whether something has one of the forms that `from_object` takes."""
    return is_dataset(value) or (isinstance(value, tuple | list) and len(value) in (2, 4))


def from_object(value: Any, dtype: str, name: str = "arrays") -> Pieces:
    """Take (X, y), (X, y, X_held_out, y_held_out), a map-style dataset, or one for each part.

    Raises:
        DataError: its rows do not fit together; a dataset's own code failed.

    """
    if is_dataset(value):
        return _from_dataset(value, dtype, name)
    if len(value) == 2 and all(map(is_dataset, value)):
        train, held_out = (_from_dataset(part, dtype, name) for part in value)
        return replace(train, held_out=held_out)
    train = _from_pair(value[0], value[1], dtype)
    return train if len(value) == 2 else replace(train, held_out=_from_pair(value[2], value[3], dtype))


def is_dataset(value: object) -> bool:
    """Return whether something gives items by index and is no array: a map-style torch Dataset, or alike."""
    indexed = hasattr(type(value), "__len__") and hasattr(type(value), "__getitem__")
    return indexed and not hasattr(value, "__array__") and not isinstance(value, str | bytes | Sequence | Mapping)


def pieces(
    shape: tuple[int, ...],
    read: Callable[[np.ndarray | None], Any],
    y: Any,
    dtype: str,
    *,
    groups: np.ndarray | None = None,
) -> Pieces:
    """Return the rows that fit in memory.

    Args:
        shape: of all inputs X.
        read: returns the inputs of the rows asked for, of all for None.
        y: the target of every row.
        dtype: what the inputs will be held as.
        groups: what rows belong together.

    Raises:
        DataError: X and y differ in their rows, or y has no value somewhere.

    """
    target = as_array(y)
    subject = f"arrays with X of shape {shape} and y of shape {target.shape}"
    if not shape or 0 in shape[1:]:
        fix = "Give one row of X for each value of y"
        raise DataError("data", subject, "X must have the shape [rows, inputs], [rows, height, width] or similar", fix)
    if not shape[0]:
        raise DataError("data", subject, "there are no rows", f"Give at least {sampling.MIN_ROWS}")
    if target.ndim == 0 or target.size != len(target):
        raise DataError("data", subject, "y must have one value per row", "Pass y with the shape [rows]")
    if len(target) != shape[0]:
        raise DataError("data", subject, "X and y have different numbers of rows", "Pass one target for each row of X")
    if groups is not None and groups.shape != (shape[0],):
        rule = f"the groups have shape {groups.shape}, not one value per row"
        raise DataError("data", subject, rule, "Give one group for each row of X")
    kept = sampling.chosen(shape[0], math.prod(shape[1:]), dtype)
    if kept is not None:
        target, groups = target[kept], None if groups is None else groups[kept]
    target = typed_values(target.reshape(-1))
    if missing(target).any() or (target.dtype == np.float64 and (np.abs(target) > LARGEST).any()):
        rule = f"y has values that are missing, infinite or beyond {LARGEST:g}"
        raise DataError("data", subject, rule, "Keep only the rows where np.isfinite(y)")
    x = read(kept)
    notices = () if kept is None else (sampling.notice(kept, shape[0]),)
    return Pieces(x if hasattr(x, "iloc") else as_array(x), target, groups, notices=notices)


def _from_pair(x: Any, y: Any, dtype: str) -> Pieces:
    import pandas as pd

    if isinstance(x, pd.DataFrame):
        return pieces(x.shape, lambda rows: x if rows is None else x.iloc[rows], y, dtype)
    array = as_array(x)
    return pieces(array.shape, lambda rows: array if rows is None else array[rows], y, dtype)


def _from_dataset(dataset: Any, dtype: str, name: str) -> Pieces:
    """Read the items (x, y) of a dataset, a sample of them where they are too many for memory."""
    subject = f"the dataset {type(dataset).__name__}"
    count = user_code.call("data", name, dataset.__len__, error=DataError)
    if not count:
        raise DataError("data", subject, "it has no items", f"Give at least {sampling.MIN_ROWS}")
    kept = sampling.chosen(count, _item(dataset, 0, name)[0].size, dtype)
    items = [_item(dataset, i, name) for i in (range(count) if kept is None else kept.tolist())]
    shape = items[0][0].shape
    odd = next((x.shape for x, _ in items if x.shape != shape), None)
    if odd is not None:
        rule = f"its inputs differ in shape ({shape} and {odd})"
        raise DataError("data", subject, rule, "Pad or resize them to the same shape")
    x = np.stack([x for x, _ in items])
    found = pieces(x.shape, lambda _: x, [y for _, y in items], dtype)
    return found if kept is None else replace(found, notices=(sampling.notice(kept, count),))


def _item(dataset: Any, i: int, name: str) -> tuple[np.ndarray, Any]:
    """Return the input and the target of one item."""
    subject = f"item {i} of the dataset {type(dataset).__name__}"
    item = user_code.call("data", name, dataset.__getitem__, i, error=DataError)
    if not isinstance(item, tuple | list) or len(item) != 2:
        rule = f"it is of type {type(item).__name__}, not a pair (x, y)"
        raise DataError("data", subject, rule, "Return a pair of input and target")
    x, y = (as_array(part) for part in item)
    if y.size != 1:
        raise DataError(
            "data", subject, f"its target has shape {y.shape}, not one value", "Return one value as the target"
        )
    return x, y.item()
