"""Targets with a class for every position of a row: the next token, the class of each step or of each pixel."""

from __future__ import annotations

import math

import numpy as np

from lyapscreen.data.arrays import Block
from lyapscreen.data.raw import Raw
from lyapscreen.data.several import Several
from lyapscreen.data.splits import Split
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import Spec

UNLABELLED = -100
"""What stands for no label, as in torch."""

MAX_CLASSES = 1_000_000


def match(x: tuple[int, ...], y: tuple[int, ...]) -> bool:
    """Tell whether targets of shape y can be one for each position of inputs of shape x.

    >>> match((8, 3, 16, 16), (8, 16, 16)), match((8, 12), (8, 12)), match((8, 12, 2), (8, 12)), match((8, 12), (8, 3))
    (True, True, True, False)
    """
    if len(y) == 3:
        return y == x or (len(x) == 4 and y in ((x[0], *x[2:]), x[:3]))
    return len(y) == 2 and len(x) in (2, 3) and y == x[:2]


def of(spec: Spec, raw: Raw) -> bool:
    """Tell whether the rows have a class at every position.

    So it is where inputs are tokens, sequences or images, there is a whole number for each position, and no
    regression is asked for.

    Raises:
        DataError: there is one for each pixel, but not all can be classes.

    """
    target = raw.target
    if target.ndim < 2 or target.dtype != np.float64 or spec.task == "regression":
        return False
    if target.shape not in _places(raw.inputs):
        return False
    fits = (target == np.floor(target)) & (((target >= 0) & (target < MAX_CLASSES)) | (target == UNLABELLED))
    if fits.all():
        return True
    if target.ndim == 2 and spec.task != "classification":
        return False
    odd = f"{target[~fits][0]:.15g}"
    rule = f"classes of positions are whole numbers from 0, or {UNLABELLED} for none, but y holds {odd}"
    raise DataError("data", raw.name, rule, "Number the classes from 0")


def _places(inputs: Table | Block | Several) -> list[tuple[int, ...]]:
    """Return the shapes that targets for every position of some inputs can have."""
    if isinstance(inputs, Several):
        whole = [array.shape for array in inputs.arrays if array.dtype.kind in "biu" and array.ndim == 2]
        others = [array.shape for array in inputs.arrays if array.ndim in (3, 4)]
        return [*whole, *(s[:2] for s in others if len(s) == 3), *((s[0], *s[2:]) for s in others if len(s) == 4)]
    if not isinstance(inputs, Block) or inputs.kind == "numbers":
        return []
    shape = inputs.values.shape
    return [(shape[0], *shape[2:]) if inputs.kind == "images" else shape[:2]]


def notice(raw: Raw) -> str:
    """Return what to say of such targets."""
    count = int((raw.target == UNLABELLED).sum())
    said = f", {counted(count, 'position')} with {UNLABELLED} left out of loss and accuracy" if count else ""
    per_row = math.prod(raw.target.shape[1:])
    return f"task: classification of each of {per_row} positions of a row{said}; --task regression overrides this"


def targets(raw: Raw, rows: Split) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """Return the classes of both parts, int64 [rows, *positions], and how many classes there are.

    Raises:
        DataError: a row has no label at all, or there is one class only.

    """
    classes = raw.target.astype(np.int64)
    bare = (classes == UNLABELLED).reshape(len(classes), -1).all(axis=1)
    if bare.any():
        rule = f"{counted(int(bare.sum()), 'row')} of y holds nothing but {UNLABELLED}"
        raise DataError("data", raw.name, rule, "Leave such rows out")
    count = int(classes.max()) + 1
    if len(np.unique(classes[classes != UNLABELLED])) < 2:
        raise DataError("data", raw.name, "all positions have the same class", "Give at least two")
    return (classes[rows.train], classes[rows.held_out]), count
