"""Inputs that are no plain numbers: images, sequences and tokens."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from lyapscreen.data.dataset import Kind
from lyapscreen.data.tables import LARGEST, Table, from_python
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError

MAX_VOCABULARY = 1_000_000
"""Tokens from here on are refused: an embedding has a row for each."""

_SHAPES = {
    "images": "[rows, height, width], [rows, channels, height, width] or [rows, height, width, channels]",
    "sequences": "[rows, length, channels], or [rows, length] for one channel",
    "tokens": "[rows, length]",
}
COLOURS = (1, 3)
"""Lengths of a last axis that is taken for the channels of an image."""


@dataclass(frozen=True)
class Block:
    """Inputs of one kind that is not a table."""

    kind: Kind
    values: np.ndarray
    """Images [rows, channels, height, width], sequences [rows, length, channels], both any real dtype; or tokens
    [rows, length], int64."""
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.values)

    def noting(self, *notices: str) -> Block:
        """Return the block with more notices."""
        return replace(self, notices=(*self.notices, *notices))


def taken(inputs: Literal["auto"] | Kind, x: Any) -> Table | Block:
    """Return X as what `inputs` asks for: columns of numbers and text, images, sequences or tokens.

    With `auto`, an X of three or four dimensions is images, any other is numbers. `numbers` flattens each row.

    Args:
        inputs: as in the spec.
        x: a table, a pandas frame, or an array [rows, ...].

    Raises:
        DataError: X does not have the shape for it, or values that are missing, no numbers, or no tokens.

    """
    if inputs not in ("auto", "numbers"):
        block = {"images": _images, "sequences": _sequences, "tokens": _tokens}[inputs](_numbers(inputs, x))
        return block.noting(*x.notices) if isinstance(x, Table) else block
    if isinstance(x, Table):
        return x
    if inputs == "numbers" and not hasattr(x, "iloc") and x.ndim > 2:
        return from_python(x.reshape(len(x), -1))
    if hasattr(x, "iloc") or x.ndim not in (3, 4):
        return from_python(x)
    notice = f"inputs: images, since X has shape {x.shape}; --inputs sequences or --inputs numbers overrides this"
    return _images(_numbers("images", x)).noting(notice)


def _images(values: np.ndarray) -> Block:
    if values.ndim == 3:
        return Block("images", values[:, None])
    if values.ndim != 4:
        raise _refused("images", values)
    if values.shape[-1] in COLOURS and values.shape[1] not in COLOURS:
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
    if isinstance(x, Table) or hasattr(x, "iloc"):
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
