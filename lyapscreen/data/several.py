"""Inputs that are several arrays, such as token ids and a mask: each goes to the network as it is.

A tuple or list of arrays is passed by position, a dict by name. Nothing in them is scaled or filled in: which of them
are masks, places or lengths is known to the network alone. Whole numbers and booleans stay what they are; other
numbers get the spec's dtype.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lyapscreen.data.dataset import Inputs
from lyapscreen.data.frames import as_array, is_frame
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError

FAR = 100.0
"""Size of an input's numbers from which on, or below whose inverse, a note says that nothing scales them."""


@dataclass(frozen=True)
class Several:
    """Several arrays that share their rows."""

    arrays: tuple[np.ndarray, ...]
    """Each [rows, ...], of real numbers or booleans."""
    names: tuple[str, ...] | None
    """What the network calls them; None: it takes them by position."""
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.arrays[0])

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shape of each array."""
        return tuple(array.shape for array in self.arrays)

    @property
    def called(self) -> tuple[str, ...]:
        """What messages call each."""
        return self.names or tuple(str(place) for place in range(1, len(self.arrays) + 1))

    @property
    def inputs(self) -> Inputs:
        """As the network is called with them."""
        return self.arrays if self.names is None else dict(zip(self.names, self.arrays, strict=True))

    def noting(self, *notices: str) -> Several:
        """Return the same with more notices."""
        return replace(self, notices=(*self.notices, *notices))

    def taken(self, rows: np.ndarray) -> Several:
        """Return the rows that an index or a mask names."""
        return replace(self, arrays=tuple(array[rows] for array in self.arrays))

    def cast(self, dtype: str) -> Several:
        """Return the arrays as a network takes them, contiguous: fractions in this dtype.

        Raises:
            DataError: a number overflows it.

        """
        found = []
        for name, array in zip(self.called, self.arrays, strict=True):
            if array.dtype.kind == "f":
                with np.errstate(over="ignore"):
                    given = array.astype(dtype)
                if (np.isinf(given) & ~np.isinf(array)).any():
                    rule = f"it holds numbers that overflow {dtype}"
                    raise DataError("data", f"the input {name}", rule, "Scale it, or use --dtype float64")
                array = given
            found.append(np.ascontiguousarray(array))
        return replace(self, arrays=tuple(found))

    def stacked(self, other: Several, name: str) -> Several:
        """Return the rows with those of another part below them.

        Raises:
            DataError: the other part has other inputs; they are called `name`.

        """
        fix = "Give both parts the same inputs"
        if (self.names is None) != (other.names is None) or set(self.called) != set(other.called):
            rule = f"it has the inputs {listed(other.called)}, but the training part has {listed(self.called)}"
            raise DataError("data", name, rule, fix)
        below = dict(zip(other.called, other.arrays, strict=True))
        found = []
        for own, array in zip(self.called, self.arrays, strict=True):
            if array.shape[1:] != below[own].shape[1:] or array.dtype.kind != below[own].dtype.kind:
                here, there = (f"{part.dtype} of shape {part.shape[1:]} a row" for part in (below[own], array))
                rule = f"its input {own} is {here}, but that of the training part is {there}"
                raise DataError("data", name, rule, fix)
            found.append(np.concatenate([array, below[own]]))
        return replace(self, arrays=tuple(found))


def of(x: Any, rows: int | None) -> Several | None:
    """Return inputs that are several arrays; None where they are one.

    A dict is several, whatever it holds; a tuple or list, where each part has all rows, or is part of a single row.

    Args:
        x: the inputs.
        rows: how many there are; None where x is a single row, as the item of a dataset.

    Raises:
        DataError: they are several, but do not fit together, or hold no numbers.

    """
    if isinstance(x, Mapping) and not is_frame(x):
        names = [str(key) for key in x]
        return checked([_array(n, part) for n, part in zip(names, x.values(), strict=True)], names, rows)
    if not isinstance(x, tuple | list) or not x:
        return None
    shapes = [getattr(part, "shape", None) for part in x]
    if rows is None:
        wide = len(x) > 1 and any(shapes)  # an array of at least one axis among them
        by_position = wide and all(s is not None or isinstance(p, int | float) for s, p in zip(shapes, x, strict=True))
    else:
        by_position = len(x) != rows and all(shapes) and all(len(part) == rows for part in x)
    return checked([_array(str(i), part) for i, part in enumerate(x, 1)], None, rows) if by_position else None


def checked(arrays: Sequence[np.ndarray], names: Sequence[str] | None, rows: int | None) -> Several:
    """Return several arrays, once each has numbers that a network can be given.

    Raises:
        DataError: one has not, or not as many rows as the others.

    """
    called = [str(i) for i in range(1, len(arrays) + 1)] if names is None else names
    if not arrays:
        raise DataError("data", "X", "it is an empty dict", "Give at least one array of inputs")
    for name, array in zip(called, arrays, strict=True):
        what = f"the input {name}"
        if names is not None and not name.isidentifier():
            raise DataError("data", what, "a network cannot take an input of this name", "Name it as forward does")
        if array.dtype.kind not in "biuf":
            rule = (
                "it holds no numbers, or rows of unlike lengths" if array.dtype.kind == "O" else "it holds no numbers"
            )
            raise DataError("data", what, rule, "Encode and pad it, or leave it out")
        if rows is not None and array.shape[:1] != (rows,):
            rule = f"it has the shape {array.shape}, but there are {rows} targets"
            raise DataError("data", what, rule, "Give every input one row for each target")
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise DataError("data", what, "it has missing values (NaN)", "Fill them in")
        if array.dtype == np.uint64 and array.size and int(array.max()) > np.iinfo(np.int64).max:
            raise DataError("data", what, "it holds whole numbers from 2^63 on", "Give smaller ones, or float64")
    if names is not None and len(set(names)) < len(names):
        raise DataError("data", "X", f"two of its inputs share a name ({listed(names)})", "Give each its own")
    return Several(tuple(map(_signed, arrays)), None if names is None else tuple(names))


def of_items(items: Sequence[Several], subject: str) -> Several:
    """Return the rows that are items of a dataset.

    Raises:
        DataError: they differ in their inputs, or in the shape of one.

    """
    first = items[0]
    if odd := next((item for item in items if item.called != first.called), None):
        rule = f"its items differ in their inputs ({listed(first.called)} and {listed(odd.called)})"
        raise DataError("data", subject, rule, "Give every item the same inputs")
    for at, name in enumerate(first.called):
        shapes = {item.arrays[at].shape for item in items}
        if len(shapes) > 1:
            rule = f"its input {name} differs in shape ({' and '.join(map(str, sorted(shapes)[:2]))})"
            raise DataError("data", subject, rule, "Pad or resize it to the same shape")
    return replace(
        first, arrays=tuple(np.stack([item.arrays[at] for item in items]) for at in range(len(first.arrays)))
    )


def of_columns(columns: Mapping[str, Sequence[Any]], rows: int) -> Several:
    """Return columns of cells that are numbers, or arrays of one shape.

    Raises:
        DataError: one holds text, or arrays that differ in shape.

    """
    found = []
    for name, cells in columns.items():
        each = [_array(name, cell) for cell in cells]
        shapes = sorted({cell.shape for cell in each})
        if len(shapes) > 1:
            rule = f"its rows differ in shape ({shapes[0]} and {shapes[1]})"
            raise DataError("data", f"the input {name}", rule, "Pad or resize them to the same shape")
        found.append(np.stack(each))
    return checked(found, list(columns), rows)


def numbers_per_row(rows: Sequence[tuple[tuple[int, ...], np.dtype]], dtype: str) -> int:
    """Return how many numbers of this dtype take as much memory as one row of arrays of these shapes and dtypes."""
    wide = np.dtype(dtype).itemsize
    each = (math.prod(shape[1:]) * (wide if kind.kind == "f" else kind.itemsize) for shape, kind in rows)
    return max(1, -(-sum(each) // wide))


def notices(several: Several, train: np.ndarray) -> list[str]:
    """Return what to say of several inputs, measured on the training part.

    Raises:
        DataError: none of them varies.

    """
    how = "by position" if several.names is None else f"by name ({listed(several.names)})"
    said = [f"inputs: {len(several.arrays)} passed {how}, as they are: none is scaled"]
    varies = False
    for name, array in zip(several.called, several.arrays, strict=True):
        part = array[train]
        varies = varies or bool((part != part[:1]).any())
        size = float(np.abs(part[np.isfinite(part)]).mean(dtype=np.float64)) if part.dtype.kind == "f" else 1.0
        if not 1 / FAR <= size <= FAR:
            said.append(f"inputs: the numbers of {name} have a mean size of {size:.2g}; scale them beforehand")
    if not varies:
        raise DataError("data", "X", "no input varies in the training part", "Give inputs that differ from row to row")
    return said


def _array(name: str, value: Any) -> np.ndarray:
    if value is None or isinstance(value, Mapping):
        rule = "it is None" if value is None else "it is a dict of its own"
        raise DataError("data", f"the input {name}", rule, "Give each input one array, or leave it out")
    try:
        return as_array(value)
    except DataError as error:
        raise DataError("data", f"the input {name}", error.rule, error.fix) from None


def _signed(array: np.ndarray) -> np.ndarray:
    """Return whole numbers that torch computes with: its wide unsigned ones lack most operations."""
    return array.astype(np.int64) if array.dtype.kind == "u" and array.dtype.itemsize > 1 else array
