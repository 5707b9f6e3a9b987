"""Inputs that are no plain numbers: images, sequences and tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from lyapscreen.data.columns import LARGEST, LARGEST_WHOLE
from lyapscreen.data.dataset import Kind
from lyapscreen.data.frames import from_python, is_frame
from lyapscreen.data.marks import Marks
from lyapscreen.data.several import Several
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError

CHUNK_ROWS = 4096

MAX_VOCABULARY = 1_000_000
"""Tokens from here on are refused: an embedding has a row for each."""

_SHAPES = {
    "images": "[rows, height, width], [rows, channels, height, width] or [rows, height, width, channels]",
    "sequences": "[rows, length, channels], or [rows, length] for one channel",
    "tokens": "[rows, length]",
}
MOST_CHANNELS = 16
"""Longest axis that is taken for the channels of an image, where it is the shortest of the three."""


@dataclass(frozen=True)
class Block:
    """Inputs of one kind that is not a table."""

    kind: Kind
    values: np.ndarray
    """Numbers [rows, inputs], NaN where one is missing; images [rows, channels, height, width]; sequences
    [rows, length, channels]; all of any real dtype; or tokens [rows, length], int64."""
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def noting(self, *notices: str) -> Block:
        """Return the block with more notices."""
        return replace(self, notices=(*self.notices, *notices))


def taken(inputs: Literal["auto"] | Kind, x: Any, marks: Marks | None = None) -> Table | Block | Several:
    """Return X as what `inputs` asks for: columns of numbers and text, images, sequences or tokens.

    With `auto`, an X of three or four dimensions is images, any other is numbers. `numbers` flattens each row.

    Args:
        inputs: as in the spec.
        x: a table, a pandas frame, an array [rows, ...], or several arrays.
        marks: what counts as missing.

    Raises:
        DataError: X does not have the shape for it, or values that are missing, no numbers, or no tokens.

    """
    if isinstance(x, Several):
        if inputs != "auto":
            rule = f"X is {counted(len(x.arrays), 'array')} ({listed(x.called)}), each passed on as it is"
            raise DataError("inputs", inputs, rule, "Leave inputs out")
        return x
    if inputs not in ("auto", "numbers"):
        block = {"images": _images, "sequences": _sequences, "tokens": _tokens}[inputs](_numbers(inputs, x))
        return block.noting(*x.notices) if isinstance(x, Table) else block
    if isinstance(x, Table):
        return x
    if inputs == "numbers" and not is_frame(x) and x.ndim > 2:
        return _plain(x.reshape(len(x), -1), marks or Marks())
    if is_frame(x) or x.ndim not in (3, 4):
        return _plain(x, marks or Marks())
    notice = f"inputs: images, since X has shape {x.shape}; --inputs sequences or --inputs numbers overrides this"
    return _images(_numbers("images", x)).noting(notice)


def _plain(x: Any, marks: Marks) -> Table | Block:
    """Return numbers as a block that is read in place, and anything else as a table."""
    if is_frame(x) or x.dtype.kind not in "biuf" or x.ndim not in (1, 2) or 0 in x.shape[1:]:
        return from_python(x, marks)
    # As text, whole numbers that floats would merge stay apart.
    if x.dtype.kind in "iu" and x.dtype.itemsize == 8 and max(-int(x.min()), int(x.max())) > LARGEST_WHOLE:
        return from_python(x, marks)
    values = marks.blank(x.reshape(len(x), -1))
    if values.dtype.kind != "f":
        return Block("numbers", values)
    beyond, known = 0, np.zeros(values.shape[1], dtype=bool)
    for start in range(0, len(values), CHUNK_ROWS):
        size = np.abs(values[start : start + CHUNK_ROWS])
        beyond += int((size > np.float64(LARGEST)).sum())  # which no float32 can be compared with
        known |= (size <= np.float64(LARGEST)).any(axis=0)
    said = [f"{counted(beyond, 'number')} infinite or beyond {LARGEST:g}, counted as missing"] if beyond else []
    if not known.all() and known.any():
        empty = listed(f"column {i}" for i in np.flatnonzero(~known))
        said.append(f"dropped {counted(int((~known).sum()), 'column')} without any value ({empty})")
        values = values[:, known]
    elif not known.any():
        fix = "Give a table with inputs besides its target"
        raise DataError("data", "arrays", "none of its inputs has a value", fix)
    return Block("numbers", values, tuple(said))


def _images(values: np.ndarray) -> Block:
    if values.ndim == 3:
        return Block("images", values[:, None])
    if values.ndim != 4:
        raise _refused("images", values)
    first, height, width, last = values.shape[1], *values.shape[1:3], values.shape[3]
    if last <= MOST_CHANNELS and last < min(height, width) and not first < min(values.shape[2:]):
        notice = f"images: X of shape {values.shape} is read as [rows, height, width, channels]"
        return Block("images", np.moveaxis(values, -1, 1), (notice,))
    return Block("images", values)


def _sequences(values: np.ndarray) -> Block:
    if values.ndim not in (2, 3):
        raise _refused("sequences", values)
    return Block("sequences", values.reshape(*values.shape[:2], -1))


def _tokens(values: np.ndarray) -> Block:
    if values.ndim != 2:
        raise _refused("tokens", values)
    low, high = values.min(), values.max()
    if low < 0 or high >= MAX_VOCABULARY or not np.array_equal(values, np.floor(values)):
        odd = low if low < 0 else high if high >= MAX_VOCABULARY else values[values != np.floor(values)][0]
        rule = f"tokens must be whole numbers from 0 to {MAX_VOCABULARY - 1}, but X holds {odd:.15g}"
        raise DataError("inputs", "tokens", rule, "Number the tokens from 0, or use --inputs numbers")
    return Block("tokens", values.astype(np.int64))


def _refused(kind: str, values: np.ndarray) -> DataError:
    rule = f"X has shape {values.shape}, but {kind} need {_SHAPES[kind]}"
    return DataError("inputs", kind, rule, "Reshape X, or leave inputs out")


def _numbers(kind: str, x: Any) -> np.ndarray:
    """Return X as an array of real numbers, none of them missing.

    Raises:
        DataError: it is not.

    """
    if isinstance(x, Table) or is_frame(x):
        table = x if isinstance(x, Table) else from_python(x)
        texts = [name for name, dtype in zip(table.names, table.frame.dtypes, strict=True) if dtype != np.float64]
        if texts:
            rule = f"{kind} must be numbers, but X has {counted(len(texts), 'column')} of text ({listed(texts)})"
            raise DataError("inputs", kind, rule, "Encode the text as numbers, or leave inputs out")
        x = table.frame.to_numpy(np.float64)
    if x.dtype.kind not in "biuf":
        try:
            x = x.astype(np.float64)
        except (TypeError, ValueError) as error:
            rule, fix = f"{kind} must be numbers ({error})", "Convert X to numbers"
            raise DataError("inputs", kind, rule, fix) from None
    if not max(-float(x.min()), float(x.max())) <= LARGEST:  # a NaN in X is the result of both
        rule = f"X has values that are missing, infinite or beyond {LARGEST:g}"
        raise DataError("inputs", kind, rule, "Fill them in, or use --inputs numbers, which does so for you")
    return np.asarray(x)
