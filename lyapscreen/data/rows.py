"""A source into inputs, target and groups of all its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from lyapscreen.data import arrays, features, targets
from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Task
from lyapscreen.data.frames import from_python
from lyapscreen.data.in_memory import Pieces
from lyapscreen.data.raw import Raw
from lyapscreen.data.reading import Reading
from lyapscreen.data.several import Several
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import NAMED_DATA, Spec

REGRESSIONS = frozenset({"diabetes", "friedman1"})

TABLES_ONLY = {
    "target": None, "header": "auto", "skip_rows": None, "separator": None, "decimal": "auto", "encoding": None,
    "drop": None,
}  # fmt: skip
"""Settings that only tables have, with the values they have where nobody set them."""


def of_source(spec: Spec, name: str, found: Table | Pieces, kept_labels: frozenset[str] = frozenset()) -> Raw:
    """Tell inputs, target and groups apart.

    Args:
        spec: all settings.
        name: what the source is called.
        found: its rows.
        kept_labels: the labels of the training part, where this is the held-out part.

    Raises:
        DataError: a column that is named is not there, or what is left is no data.

    """
    if isinstance(found, Table):
        rows = _from_table(spec, name, found, kept_labels)
    else:
        if name not in NAMED_DATA:
            refuse_table_settings(spec, "arrays have no header, and their target is y")
        rows = _from_pieces(spec, name, found)
    return rows if spec.ignore_label is None else _labelled(spec, rows)


def refuse_table_settings(spec: Spec, rule: str) -> None:
    """Refuse settings of tables for what is none.

    Raises:
        DataError: one of them is set.

    """
    for setting, usual in TABLES_ONLY.items():
        if (value := getattr(spec, setting)) != usual:
            shown = ",".join(value) if isinstance(value, tuple) else value
            raise DataError(setting, shown, rule, f"Leave {setting} out; it is for tables such as .csv files")


def inputs_only(spec: Spec, raw: Raw) -> Raw:
    """Return the rows without the columns that are no inputs.

    Raises:
        DataError: none is left, or `drop` names no column.

    """
    table = raw.inputs
    if not isinstance(table, Table):
        return raw
    if not table.frame.notna().any().any():
        fix = "Give a table with inputs besides its target"
        raise DataError("data", raw.name, "none of its inputs has a value", fix)
    if not table.named and not raw.file:
        left = table.frame.notna().any().to_numpy()
        lost = listed(name for name, kept in zip(table.names, left, strict=True) if not kept)
        words = [] if left.all() else [f"dropped {counted(int((~left).sum()), 'column')} without any value ({lost})"]
    else:
        left, words = features.chosen(table, spec.drop, raw.n_train)
    return replace(raw, inputs=table.noting(*words) if left.all() else table.noting(*words).part(None, left))


def _from_pieces(spec: Spec, name: str, found: Pieces) -> Raw:
    x, groups = found.x, found.groups
    group, marks = Reading.of(spec).group, Reading.of(spec).marks
    if group and groups is None and isinstance(x, Several):
        rule = f"several arrays of inputs have no column {group}"
        raise DataError("split", spec.split, rule, "Put an array of that name beside them in a .npz file")
    if group and groups is None:
        if getattr(x, "ndim", 2) > 2:
            rule = f"X of shape {x.shape} has no column {group}"
            raise DataError("split", spec.split, rule, "Put an array of that name beside X in a .npz file")
        table = from_python(x, marks)
        at = table.index(group, "split", spec.split)
        x, groups = table.without(at), table.column(at)
    task: Task | None = None
    if name in NAMED_DATA:
        task = "regression" if name in REGRESSIONS else "classification"
    inputs = _inputs(spec, name, x).noting(*found.notices)
    return Raw(name, inputs, found.y, "y", groups, task, file=hasattr(found.x, "iloc"))


def _from_table(spec: Spec, name: str, table: Table, kept_labels: frozenset[str]) -> Raw:
    at = targets.places(spec, table)
    group = Reading.of(spec).group
    together = table.index(group, "split", spec.split) if group else None
    if together in at:
        raise DataError("split", spec.split, "this column is the target", "Choose another column to group the rows by")
    target = targets.of_table(spec, table, at, kept_labels)
    if not target.known.any():
        fix = "Choose another with --target, or say with --missing what holds no value"
        raise DataError("target", spec.target or table.names[at[0]], "the column has no values", fix)
    table = table.noting(*target.notices)
    apart = [*at, *([] if together is None else [together])]
    inputs = table.part(target.known, ~np.isin(np.arange(len(table.names)), apart)).gapped()
    groups = None if together is None else table.gapped().column(together)[target.known]
    called = spec.target or "last column"
    return Raw(name, _inputs(spec, name, inputs), target.values[target.known], called, groups, file=True)


def _inputs(spec: Spec, name: str, x: Any) -> Table | Block | Several:
    if isinstance(x, Table) and not x.names:
        raise DataError("data", name, "it has no columns besides the target and the groups", "Add inputs")
    return arrays.taken(spec.inputs, x, Reading.of(spec).marks)


def _labelled(spec: Spec, rows: Raw) -> Raw:
    """Return the rows that have another label than the one to ignore."""
    kept = targets.without_label(spec, rows.target)
    said = f"left out {counted(int((~kept).sum()), 'row')} with the label to ignore, {spec.ignore_label}"
    groups = None if rows.groups is None else rows.groups[kept]
    inputs: Table | Block | Several
    if isinstance(rows.inputs, Table):
        inputs = rows.inputs.part(kept, np.full(len(rows.inputs.names), True))
    elif isinstance(rows.inputs, Several):
        inputs = rows.inputs.taken(kept)
    else:
        inputs = replace(rows.inputs, values=rows.inputs.values[kept])
    return replace(rows, inputs=inputs.noting(said), target=rows.target[kept], groups=groups)


@contextmanager
def naming(setting: str, value: str, where: str = "") -> Iterator[None]:
    """Report what is wrong with the data as wrong with this setting."""
    try:
        yield
    except DataError as error:
        if (error.setting, error.value) == (setting, value):
            raise
        what = "" if error.value == value else f"{error.value}: "
        if error.setting not in ("data", setting):
            what = f"{error.setting} {what}"
        raise DataError(setting, value, f"{where}{what}{error.rule}", error.fix) from None
