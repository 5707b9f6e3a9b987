"""What Python hands over: arrays, frames and tensors into inputs and targets."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lyapscreen.data import parts, positions, sampling, several, targets
from lyapscreen.data.columns import LARGEST, from_values, missing
from lyapscreen.data.frames import as_array, is_frame
from lyapscreen.data.marks import Marks
from lyapscreen.data.several import Several
from lyapscreen.errors import DataError, InternalError


@dataclass(frozen=True)
class Pieces:
    """Inputs and targets of some rows, before it is known what the inputs are."""

    x: Any
    """A pandas frame, an array [rows, ...], or several arrays."""
    y: np.ndarray
    """One value per row, none missing: float64, or text in an object array; or float64 [rows, outputs]."""
    groups: np.ndarray | None = None
    """What rows belong together, one value per row."""
    held_out: Pieces | None = None
    """The part to measure on, when it came apart."""
    notices: tuple[str, ...] = ()


def pieces(
    shape: tuple[int, ...],
    read: Callable[[np.ndarray | None], Any],
    y: Any,
    dtype: str,
    *,
    groups: np.ndarray | None = None,
    marks: Marks | None = None,
    shapes: Sequence[tuple[int, ...]] = (),
) -> Pieces:
    """Return the rows that fit in memory.

    Args:
        shape: of all inputs X; of several arrays, (rows, numbers in one row of all).
        read: returns the inputs of the rows asked for, of all for None.
        y: the target of every row, or several.
        dtype: what the inputs will be held as.
        groups: what rows belong together.
        marks: what counts as missing.
        shapes: of each of several arrays.

    Raises:
        DataError: X and y differ in their rows, or y has no value somewhere.

    """
    target = as_array(y)
    of_x = " and ".join(map(str, shapes or [shape]))
    subject = f"arrays with X of shape {of_x} and y of shape {target.shape}"
    if not shape or 0 in shape[1:]:
        fix = "Give one row of X for each value of y"
        raise DataError("data", subject, "X must have the shape [rows, inputs], [rows, height, width] or similar", fix)
    if not shape[0]:
        raise DataError("data", subject, "there are no rows", f"Give at least {sampling.MIN_ROWS}")
    numbers = target.dtype.kind in "biuf" and target.shape[:1] == shape[:1]
    several = numbers and (
        (target.ndim == 2 and target.shape[1] > 1) or (target.ndim > 2 and _by_pixel(shapes or [shape], target))
    )
    if not several and (target.ndim == 0 or target.size != len(target)):
        fix = "Pass y with the shape [rows], or [rows, outputs] of numbers"
        raise DataError("data", subject, "y must have one value per row", fix)
    if len(target) != shape[0]:
        raise DataError("data", subject, "X and y have different numbers of rows", "Pass one target for each row of X")
    if groups is not None and groups.shape != (shape[0],):
        rule = f"the groups have shape {groups.shape}, not one value per row"
        raise DataError("data", subject, rule, "Give one group for each row of X")
    kept = sampling.chosen(shape[0], math.prod(shape[1:]), dtype)
    if kept is not None:
        target, groups = target[kept], None if groups is None else groups[kept]
    values, notices = _target(target if several else target.reshape(-1), marks or Marks())
    absent = missing(values.reshape(-1)).any()
    if absent or (values.dtype == np.float64 and (np.abs(values) > LARGEST).any()):
        rule = f"y has values that are missing, infinite or beyond {LARGEST:g}"
        raise DataError("data", subject, rule, "Keep only the rows where np.isfinite(y)")
    x = read(kept)
    notices += [] if kept is None else [sampling.notice(kept, shape[0])]
    return Pieces(x if is_frame(x) or isinstance(x, Several) else as_array(x), values, groups, notices=tuple(notices))


def _by_pixel(shapes: Sequence[tuple[int, ...]], target: np.ndarray) -> bool:
    """Tell whether there is a whole number for each pixel of images."""
    images = any(positions.match(shape, target.shape) for shape in shapes)
    return target.dtype.kind in "biu" and target.ndim == 3 and images


def _target(target: np.ndarray, marks: Marks) -> tuple[np.ndarray, list[str]]:
    """Return a target as numbers, or labels with None where there is none, and what to say of it."""
    if target.ndim > 1:
        return target.astype(np.float64), []
    column = from_values(target, marks)
    if column.values.dtype == np.float64:
        return column.values, [f"y: read as numbers ({column.how})"] if column.how else []
    values, _, notices = targets.labels(column.values, marks)
    return values, notices


def of_pair(x: Any, y: Any, dtype: str, marks: Marks | None = None) -> Pieces:
    """Return the pieces of inputs X and targets y.

    Raises:
        DataError: as for `pieces`; one of several arrays does not fit.

    """
    found = several.of(x, len(y) if hasattr(y, "__len__") else None)
    if found is not None:
        return of_several(found, y, dtype, marks)
    if is_frame(x):
        return pieces(x.shape, lambda rows: x if rows is None else x.iloc[rows], y, dtype, marks=marks)
    if hasattr(x, "toarray") and hasattr(x, "tocsr"):  # a sparse matrix is filled in once it is known to fit
        rows_of = x.tocsr()
        return pieces(
            x.shape, lambda rows: (rows_of if rows is None else rows_of[rows]).toarray(), y, dtype, marks=marks
        )
    array = as_array(x)
    return pieces(array.shape, lambda rows: array if rows is None else array[rows], y, dtype, marks=marks)


def of_several(x: Several, y: Any, dtype: str, marks: Marks | None = None) -> Pieces:
    """Return the pieces of several arrays and targets y.

    Raises:
        DataError: as for `pieces`.

    """
    width = several.numbers_per_row([(array.shape, array.dtype) for array in x.arrays], dtype)

    def read(rows: np.ndarray | None) -> Several:
        return x if rows is None else x.taken(rows)

    return pieces((len(x), width), read, y, dtype, marks=marks, shapes=x.shapes)


def of_arrays(value: Sequence[Any], dtype: str, marks: Marks | None = None) -> Pieces:
    """Return the pieces of (X, y) or (X, y, X_held_out, y_held_out)."""
    train = of_pair(value[0], value[1], dtype, marks)
    return train if len(value) == 2 else replace(train, held_out=of_pair(value[2], value[3], dtype, marks))


def of_named(subject: str, value: Mapping[str, Any], dtype: str, marks: Marks | None = None) -> Pieces:
    """Return the pieces of arrays by their names, as in an .npz file.

    Without any that is called X, all but the target are inputs that the network takes by their names.
    """
    if (named := parts.by_name(list(map(str, value)))) is not None:
        whole = dict(zip(map(str, value), value.values(), strict=True))
        return of_pair({name: whole[name] for name in named[0]}, whole[named[1]], dtype, marks)
    found = parts.found(subject, [str(name) for name in value])
    train, held = (
        None if pair is None else of_pair(value[pair[0]], value[pair[1]], dtype, marks)
        for pair in (found.train, found.held_out)
    )
    if train is None:
        raise InternalError(f"no training part of {subject}")
    return replace(train, held_out=held, notices=(*train.notices, *found.notices))
