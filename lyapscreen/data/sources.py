"""What a spec's `data` and `held_out` name into rows: a dataset by name, a file, a function, or arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from lyapscreen.data import arrays, delimited, npz, parquet
from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Task
from lyapscreen.data.in_memory import FORMS, Pieces, from_object, is_data
from lyapscreen.data.raw import Raw, aligned, joined
from lyapscreen.data.sampling import MIN_ROWS
from lyapscreen.data.tables import Table, from_python, missing
from lyapscreen.data.text import counted, listed, shown
from lyapscreen.errors import DataError
from lyapscreen.spec import parsing, user_code, user_mistakes
from lyapscreen.spec.spec import NAMED_DATA, Spec

SUFFIXES = (*delimited.SEPARATORS, ".parquet", ".npz")

REGRESSIONS = frozenset({"diabetes", "friedman1"})


def raw(spec: Spec) -> Raw:
    """Return all rows that the spec names.

    Raises:
        DataError: `data`, `held_out`, `header`, `target`, `split` or `inputs` does not fit the data.

    """
    name, found = _found(spec)
    held_out = _held_out(spec, found)
    rows = _rows(spec, name, found)
    if len(rows.target) < MIN_ROWS and name != "xor":
        rule = f"it has only {counted(len(rows.target), 'row')} with a target"
        raise DataError("data", name, rule, f"Give at least {MIN_ROWS}")
    if isinstance(spec.held_out, str) and held_out is not None:
        with _naming("held_out", spec.held_out):
            rows = joined(rows, _rows(spec, spec.held_out, held_out))
    elif held_out is not None:
        rows = joined(rows, _rows(spec, f"the held-out part of {name}", held_out))
    if len(np.unique(rows.target)) < 2:
        rule = f"it is {shown(str(rows.target[0]))} in every row"
        raise DataError("target", rows.target_name, rule, "Choose a target that differs from row to row")
    return _without_empty_columns(rows)


def _found(spec: Spec) -> tuple[str, Table | Pieces]:
    """Return what `data` is called, and what is there under that name."""
    value = spec.data
    if isinstance(value, str | os.PathLike):
        name = os.fsdecode(value)
        return name, _named(spec, name) if name in NAMED_DATA else _read(spec, name, spec.header)
    if is_data(value):
        return "arrays", from_object(value, spec.dtype)
    if callable(value):
        named = isinstance(value, user_code.Named)
        name = value.value if named else getattr(value, "__qualname__", type(value).__name__)
        return name, _returned(spec, name, value.function if named else value)
    rule = f"data must be a name, the path of a table, or {FORMS}"
    raise DataError("data", type(value).__name__, rule, f"The named datasets are {', '.join(NAMED_DATA)}")


def _held_out(spec: Spec, found: Table | Pieces) -> Table | Pieces | None:
    """Return the held-out part that came with the data or in a file of its own, a table's columns as in `found`."""
    own: Table | Pieces | None = found.held_out if isinstance(found, Pieces) else None
    if isinstance(spec.held_out, str):
        if own is not None:
            raise DataError("held_out", spec.held_out, "the data already has a held-out part", "Leave out held_out")
        if not (os.path.exists(spec.held_out) or user_code.names_code(spec.held_out)):  # noqa: PTH110  as in _read
            fix = "Write a fraction such as 0.25, or the path of a file with the same columns"
            raise DataError("held_out", spec.held_out, "it is neither a fraction between 0 and 1 nor a file", fix)
        with _naming("held_out", spec.held_out):
            own = _beside(spec, spec.held_out, found)
    if own is not None and spec.split != "random":
        raise DataError(
            "split", spec.split, "the held-out part is given, so nothing is left to split", "Leave split out"
        )
    return own


def _beside(spec: Spec, value: str, found: Table | Pieces) -> Table | Pieces:
    """Read a file that has the form of the one already read."""
    other = _read(spec, value, "yes" if isinstance(found, Table) and found.named else "no")
    if isinstance(other, Table) and isinstance(found, Table):
        return aligned(other, found, value)
    if isinstance(other, Pieces) and isinstance(found, Pieces):
        if other.held_out is None:
            return other
        raise DataError("data", value, "it has a held-out part of its own", "Give a file with one part only")
    kinds = ("a table", "arrays") if isinstance(other, Table) else ("arrays", "a table")
    rule = f"it holds {kinds[0]}, but the training data are {kinds[1]}"
    raise DataError("data", value, rule, "Give both in the same form")


def _named(spec: Spec, name: str) -> Pieces:
    from sklearn import datasets

    _refuse_table_settings(spec, f"{name} has its own target and no header")
    if name == "xor":
        x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    elif name == "moons":
        x, y = datasets.make_moons(n_samples=1000, noise=0.2, random_state=0)
    elif name == "friedman1":
        x, y = datasets.make_friedman1(n_samples=1000, noise=1.0, random_state=0)
    else:
        x, y = getattr(datasets, f"load_{name.replace('-', '_')}")(return_X_y=True)
    if name == "digits" and (spec.inputs == "images" or (spec.inputs == "auto" and spec.model == "cnn")):
        x = x.reshape(-1, 8, 8)
    return Pieces(x, y.astype(np.float64))


def _read(spec: Spec, value: str, header: Literal["auto", "yes", "no"]) -> Table | Pieces:
    """Read a file, or call the function that `FILE.py:function` names."""
    if user_code.names_code(value):
        allowed = not spec.no_code
        return _returned(spec, value, user_code.load("data", value, allowed=allowed, error=DataError))
    suffix, known = Path(value).suffix.lower(), f"{', '.join(SUFFIXES[:-1])} and {SUFFIXES[-1]}"
    if not os.path.exists(value):  # noqa: PTH110  unlike Path's, false for a name too long or with NUL in it
        files = known.replace(" and ", " or ")
        fix = f"The named datasets are {', '.join(NAMED_DATA)}; or give the path of a {files} file"
        hint = parsing.nearest(value.lower(), NAMED_DATA)
        raise DataError("data", value, "no such file or named dataset", hint + fix)
    if suffix not in SUFFIXES:
        fix = f"Give a file that ends in {known.replace(' and ', ' or ')}, or FILE.py:function"
        raise DataError("data", value, f"only {known} files can be read", fix)
    if not Path(value).is_file():
        raise DataError("data", value, "it is not a file", f"Give a {suffix} file")
    if suffix == ".npz":
        with _naming("data", value):
            return npz.read(value, spec.dtype, _group(spec))
    return parquet.read(value, spec.dtype) if suffix == ".parquet" else delimited.read(value, header, spec.dtype)


def _returned(spec: Spec, value: str, function: Callable[[], Any]) -> Pieces:
    """Return what a user's function gives; errors in it name the function's own file and line."""
    returned = user_code.call("data", value, function, error=DataError)
    where = user_mistakes.defined_at(value, function)
    if not is_data(returned):
        rule = f"{where}: it returned {'None' if returned is None else f'an object of type {type(returned).__name__}'}"
        raise DataError("data", value, rule, f"Return {FORMS}")
    with _naming("data", value, f"{where}: "):
        return from_object(returned, spec.dtype, value)


@contextmanager
def _naming(setting: str, value: str, where: str = "") -> Iterator[None]:
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


def _rows(spec: Spec, name: str, found: Table | Pieces) -> Raw:
    """Tell inputs, target and groups apart."""
    if isinstance(found, Table):
        return _from_table(spec, name, found)
    if name not in NAMED_DATA:
        _refuse_table_settings(spec, "arrays have no header, and their target is y")
    x, groups = found.x, found.groups
    if _group(spec) and groups is None:
        if getattr(x, "ndim", 2) > 2:
            rule = f"X of shape {x.shape} has no column {_group(spec)}"
            raise DataError("split", spec.split, rule, "Put an array of that name beside X in a .npz file")
        table = from_python(x)
        at = table.index(_group(spec), "split", spec.split)
        x, groups = table.without(at), table.column(at)
    task: Task | None = None
    if name in NAMED_DATA:
        task = "regression" if name in REGRESSIONS else "classification"
    return Raw(name, _inputs(spec, name, x).noting(*found.notices), found.y, "y", groups, task)


def _from_table(spec: Spec, name: str, table: Table) -> Raw:
    at = table.index(spec.target)
    together = table.index(_group(spec), "split", spec.split) if _group(spec) else None
    if together == at:
        raise DataError("split", spec.split, "this column is the target", "Choose another column to group the rows by")
    target = table.column(at)
    known = ~missing(target)
    if not known.any():
        fix = "Choose another with --target; if every line ends with a separator, the last column is empty"
        raise DataError("target", spec.target or table.names[at], "the column has no values", fix)
    if not known.all():
        table = table.noting(f"dropped {counted((~known).sum(), 'row')} without a target")
    inputs = table.part(known, ~np.isin(np.arange(len(table.names)), [at] if together is None else [at, together]))
    groups = None if together is None else table.column(together)[known]
    return Raw(name, _inputs(spec, name, inputs), target[known], spec.target or "last column", groups)


def _inputs(spec: Spec, name: str, x: Any) -> Table | Block:
    if isinstance(x, Table) and not x.names:
        raise DataError("data", name, "it has no columns besides the target and the groups", "Add inputs")
    return arrays.taken(spec.inputs, x)


def _group(spec: Spec) -> str:
    """Return the column that groups the rows, or nothing."""
    return spec.split.removeprefix("group:") if spec.split.startswith("group:") else ""


def _refuse_table_settings(spec: Spec, rule: str) -> None:
    for setting, value, usual in (("target", spec.target, None), ("header", spec.header, "auto")):
        if value != usual:
            raise DataError(setting, value, rule, f"Leave {setting} out; it is for .csv and .tsv files")


def _without_empty_columns(raw: Raw) -> Raw:
    if not isinstance(raw.inputs, Table):
        return raw
    filled = raw.inputs.frame.notna().any().to_numpy()
    if not filled.any():
        raise DataError(
            "data", raw.name, "none of its inputs has a value", "Give a table with inputs besides its target"
        )
    if filled.all():
        return raw
    empty = [name for name, has_value in zip(raw.inputs.names, filled, strict=True) if not has_value]
    noted = raw.inputs.noting(f"dropped {counted(len(empty), 'column')} without any value ({listed(empty)})")
    return replace(raw, inputs=noted.part(np.full(len(raw.target), True), filled))
