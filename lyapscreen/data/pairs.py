"""The items of a dataset as pairs: the input, or several, and the target of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lyapscreen.data import parts, positions, several
from lyapscreen.data.frames import as_array
from lyapscreen.data.in_memory import Pieces, of_several, pieces
from lyapscreen.data.marks import Marks
from lyapscreen.data.several import Several
from lyapscreen.errors import DataError


def pair(item: Any, i: int, subject: str, target: Sequence[str]) -> tuple[np.ndarray | Several, Any] | None:
    """Return the input and the target of one item; None where it is a row of named cells.

    Raises:
        DataError: it is neither.

    """
    where = f"item {i} of {subject}"
    if isinstance(item, Mapping):
        names = [str(key) for key in item]
        inputs = [key for key in names if key.lower() in parts.INPUTS]
        known = [key for key in names if key in target or (not target and key.lower() in parts.TARGETS)]
        if len(inputs) != 1 or len(known) != 1 or len(names) != 2:
            return None
        item = (item[inputs[0]], item[known[0]])
    # Of (x, y, weight) nobody could tell which is the target; of several arrays and one value it is the value.
    if isinstance(item, tuple) and len(item) > 2 and all(getattr(part, "shape", ()) for part in item[:-1]):
        item = (item[:-1], item[-1])
    if not isinstance(item, tuple | list) or len(item) != 2:
        rule = f"it is of type {type(item).__name__}, not a pair (x, y)"
        raise DataError("data", where, rule, "Return a pair of input and target, or a dict with names for them")
    many = several.of(item[0], None)
    x: np.ndarray | Several = as_array(item[0]) if many is None else many
    y = as_array(item[1])
    shapes = x.shapes if isinstance(x, Several) else (x.shape,)
    if y.dtype.kind in "biu" and y.ndim and any(positions.match((1, *shape), (1, *y.shape)) for shape in shapes):
        return x, y
    if y.size != 1:
        raise DataError(
            "data", where, f"its target has shape {y.shape}, not one value", "Return one value as the target"
        )
    return x, y.item()


def stacked(pairs: Sequence[tuple[np.ndarray | Several, Any]], dtype: str, marks: Marks, subject: str) -> Pieces:
    """Return the items, inputs and target of each, as rows."""
    shapes = {np.shape(y) for _, y in pairs}
    if len(shapes) > 1:
        rule = f"its targets differ in shape ({' and '.join(map(str, sorted(shapes)[:2]))})"
        raise DataError("data", subject, rule, "Pad them to the same shape, with -100 where there is no label")
    each, targets = [x for x, _ in pairs], [y for _, y in pairs]
    many = [x for x in each if isinstance(x, Several)]
    if many:
        if len(many) < len(each):
            rule = "some of its items have several inputs, others one"
            raise DataError("data", subject, rule, "Give every item the same inputs")
        return of_several(several.of_items(many, subject), targets, dtype, marks)
    plain = [x for x in each if not isinstance(x, Several)]
    shape = plain[0].shape
    odd = next((x.shape for x in plain if x.shape != shape), None)
    if odd is not None:
        rule = f"its inputs differ in shape ({shape} and {odd})"
        raise DataError("data", subject, rule, "Pad or resize them to the same shape")
    x = np.stack(plain)
    return pieces(x.shape, lambda _: x, targets, dtype, marks=marks)


def width(first: tuple[np.ndarray | Several, Any] | None, dtype: str) -> int:
    """Return how many numbers one item has; 1 where it is a row of named cells."""
    if first is None:
        return 1
    x = first[0]
    if isinstance(x, np.ndarray):
        return x.size
    return several.numbers_per_row([((1, *array.shape), array.dtype) for array in x.arrays], dtype)
