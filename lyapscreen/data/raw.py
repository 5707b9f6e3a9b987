"""All rows before anything is learnt from them: one part, or a training part with a held-out part below it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lyapscreen.data.arrays import Block
from lyapscreen.data.columns import missing
from lyapscreen.data.dataset import Task
from lyapscreen.data.several import Several
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed, shown
from lyapscreen.errors import DataError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Raw:
    """Inputs and targets of all rows."""

    name: str
    """As in `Dataset`."""
    inputs: Table | Block | Several
    """All but the target, and the column that groups rows."""
    target: np.ndarray
    """One value per row, none missing: float64, or text in an object array; or float64 [rows, outputs]."""
    target_name: str
    """What messages call it."""
    groups: np.ndarray | None = None
    """What rows are held out together, one value per row."""
    task: Task | None = None
    """What named datasets are for."""
    file: bool = False
    """Whether the inputs are a table with whatever columns people keep in one, not arrays made to learn from."""
    n_train: int | None = None
    """The first so many rows are the training part, the others the held-out part; None: they are to be split."""


def aligned(other: Table, table: Table, name: str) -> Table:
    """Return another table with the columns of the first, in its order.

    Raises:
        DataError: it lacks a column, or has one more.

    """
    fix = "Give both parts the same columns"
    if not (table.named and other.named):
        if len(other.names) != len(table.names):
            rule = f"it has {counted(len(other.names), 'column')}, but the training part has {len(table.names)}"
            raise DataError("data", name, rule, fix)
        return replace(other, names=table.names, named=table.named, nameless=table.nameless)
    if other.names == table.names:
        return other
    lacks, more = ([n for n in a if n not in b] for a, b in ((table.names, other.names), (other.names, table.names)))
    if lacks or more or len(set(table.names)) < len(table.names) or len(other.names) != len(table.names):
        parts = [f"it lacks {listed(lacks)}"] if lacks else []
        parts += [f"it has {listed(more)}, which the training part lacks"] if more else []
        raise DataError(
            "data", name, ", and ".join(parts) or "its columns are in a different order, and two share a name", fix
        )
    order = [other.names.index(column) for column in table.names]
    frame = other.frame[order].set_axis(range(len(order)), axis=1)
    return replace(other, frame=frame, names=table.names, styles=tuple(other.styles[i] for i in order))


def joined(train: Raw, held_out: Raw) -> Raw:
    """Return one part with the other below it.

    Raises:
        DataError: they differ in their columns, in what is numbers and what text, or in the shape of a row.

    """
    if isinstance(train.inputs, Table) and isinstance(held_out.inputs, Table):
        inputs: Table | Block | Several = _stacked_tables(train.inputs, held_out.inputs, held_out.name)
    elif isinstance(train.inputs, Block) and isinstance(held_out.inputs, Block):
        inputs = _stacked_blocks(train.inputs, held_out.inputs, held_out.name)
    elif isinstance(train.inputs, Several) and isinstance(held_out.inputs, Several):
        inputs = train.inputs.stacked(held_out.inputs, held_out.name)
    elif isinstance(train.inputs, Several) or isinstance(held_out.inputs, Several):
        rule = "one part has several arrays of inputs, the other a single one"
        raise DataError("data", held_out.name, rule, "Give both parts the same inputs")
    else:
        rule = "one part is a table, but the rows of the other have a different shape"
        raise DataError("data", held_out.name, rule, "Give both parts rows of one shape")
    if train.target.ndim != held_out.target.ndim or train.target.shape[1:] != held_out.target.shape[1:]:
        rule = f"y has shape {held_out.target.shape} here but {train.target.shape} in the training part"
        raise DataError("data", held_out.name, rule, "Give both parts the same targets")
    if train.target.dtype != held_out.target.dtype:
        words = _clash(f"the target {train.target_name}", train.target, held_out.target)
        raise DataError("data", held_out.name, words, "Write the target the same way in both parts")
    notices = [f"held-out part: {notice}" for notice in held_out.inputs.notices if notice not in train.inputs.notices]
    return replace(
        train,
        inputs=inputs.noting(*notices),
        target=np.concatenate([train.target, held_out.target]),
        n_train=len(train.target),
    )


def _stacked_tables(train: Table, held_out: Table, name: str) -> Table:
    import pandas as pd

    held_out = aligned(held_out, train, name)
    columns = {i: _stacked_columns(train, held_out, i, name) for i in range(len(train.names))}
    styles = tuple(first or second for first, second in zip(train.styles, held_out.styles, strict=True))
    return replace(train, frame=pd.DataFrame(columns), styles=styles)


def _stacked_columns(train: Table, held_out: Table, at: int, name: str) -> pd.Series[Any]:
    import pandas as pd

    first, second = train.column(at), held_out.column(at)
    styles = train.styles[at], held_out.styles[at]
    numbers = not missing(first).all() and not missing(second).all() and first.dtype == second.dtype == np.float64
    if styles[0] != styles[1] and numbers:
        here, there = (f"written as {shown(style)}" if style else "plain numbers" for style in (styles[1], styles[0]))
        rule = f"the column {shown(train.names[at])} is {here} here but {there} in the training part"
        raise DataError("data", name, rule, "Write the column the same way in both parts")
    if first.dtype != second.dtype:
        if missing(second).all():
            second = np.full(len(second), np.nan if first.dtype == np.float64 else None, first.dtype)
        elif missing(first).all():
            first = np.full(len(first), np.nan if second.dtype == np.float64 else None, second.dtype)
        else:
            words = _clash(f"the column {shown(train.names[at])}", first, second)
            raise DataError("data", name, words, "Write the column the same way in both parts")
    return pd.Series(np.concatenate([first, second]))


def _stacked_blocks(train: Block, held_out: Block, name: str) -> Block:
    shapes = train.values.shape[1:], held_out.values.shape[1:]
    if shapes[0] != shapes[1] or train.kind != held_out.kind:
        rule = f"its rows have shape {shapes[1]}, but those of the training part have {shapes[0]}"
        raise DataError("data", name, rule, "Give both parts rows of one shape")
    return replace(train, values=np.concatenate([train.values, held_out.values]))


def _clash(what: str, first: np.ndarray, second: np.ndarray) -> str:
    cells = next(values for values in (first, second) if values.dtype == object)
    here, there = ("text", "numbers") if second.dtype == object else ("numbers", "text")
    text = shown(next(str(cell) for cell in cells if cell is not None))
    return f"{what} is {here} here but {there} in the training part (text such as {text})"
