"""What a spec's `data` and `held_out` name into rows: a dataset by name, a file, a function, or arrays."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from lyapscreen.data import files
from lyapscreen.data.in_memory import Pieces
from lyapscreen.data.items import FORMS, from_object, is_data
from lyapscreen.data.raw import Raw, aligned, joined
from lyapscreen.data.reading import Reading
from lyapscreen.data.repeated import fingerprint
from lyapscreen.data.rows import inputs_only, naming, of_source, refuse_table_settings
from lyapscreen.data.sampling import MIN_ROWS
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, shown
from lyapscreen.errors import DataError
from lyapscreen.spec import parsing, user_code, user_mistakes
from lyapscreen.spec.spec import NAMED_DATA, Spec


def raw(spec: Spec) -> Raw:
    """Return all rows that the spec names.

    Raises:
        DataError: `data`, `held_out`, `header`, `target`, `split`, `drop` or `inputs` does not fit the data.

    """
    name, found = _found(spec)
    held_out = _held_out(spec, found)
    rows = of_source(spec, name, found)
    if len(rows.target) < MIN_ROWS and name != "xor":
        rule = f"it has only {counted(len(rows.target), 'row')} with a target"
        raise DataError("data", name, rule, f"Give at least {MIN_ROWS}")
    kept_labels = frozenset(word for word in np.unique(rows.target)) if rows.target.dtype == object else frozenset()
    if isinstance(spec.held_out, str) and held_out is not None:
        with naming("held_out", spec.held_out):
            rows = joined(rows, of_source(spec, spec.held_out, held_out, kept_labels))
    elif held_out is not None:
        rows = joined(rows, of_source(spec, f"the held-out part of {name}", held_out, kept_labels))
    if len(np.unique(rows.target, axis=0)) < 2:
        rule = f"it is {shown(str(rows.target[0]))} in every row"
        raise DataError("target", rows.target_name, rule, "Choose a target that differs from row to row")
    return inputs_only(spec, rows)


def _found(spec: Spec) -> tuple[str, Table | Pieces]:
    """Return what `data` is called, and what is there under that name."""
    value = spec.data
    if isinstance(value, str | os.PathLike):
        name = os.fsdecode(value)
        return name, _named(spec, name) if name in NAMED_DATA else _read(spec, name, Reading.of(spec))
    if is_data(value):
        how = Reading.of(spec)
        return "arrays", from_object(value, spec.dtype, how.marks, how.target)
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
        with naming("held_out", spec.held_out):
            own = _beside(spec, spec.held_out, found)
    if own is not None and spec.split != "random":
        raise DataError(
            "split", spec.split, "the held-out part is given, so nothing is left to split", "Leave split out"
        )
    return own


def _beside(spec: Spec, value: str, found: Table | Pieces) -> Table | Pieces:
    """Read a file that has the form of the one already read."""
    how = Reading.of(spec)
    if isinstance(found, Table):
        how = how.beside(named=found.named, decimal=found.decimal)
    other = _read(spec, value, how)
    if isinstance(other, Table) and isinstance(found, Table):
        _require_target(spec, other, found, value)
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

    refuse_table_settings(spec, f"{name} has its own target and no header")
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


def _require_target(spec: Spec, other: Table, found: Table, value: str) -> None:
    """Refuse a held-out file that has all columns but the target, as those of competitions do."""
    lacks = [name for name in found.names if name not in other.names]
    wanted = spec.target or found.names[-1]
    if found.named and other.named and lacks == [wanted]:
        fix = "Give a file with the answers, or a fraction such as 0.25"
        raise DataError("data", value, f"it has no column {wanted}, the target: nothing can be measured on it", fix)
    if not found.named and len(other.names) == len(found.names) - 1:
        rule = (
            f"it has a column less than the training part: {counted(len(other.names), 'column')}, so perhaps no target"
        )
        raise DataError("data", value, rule, "Give both parts the same columns, the target among them")


def _read(spec: Spec, value: str, how: Reading) -> Table | Pieces:
    """Read a file, or call the function that `FILE.py:function` names."""
    if user_code.names_code(value):
        allowed = not spec.no_code
        return _returned(spec, value, user_code.load("data", value, allowed=allowed, error=DataError))
    if not os.path.exists(value):  # noqa: PTH110  unlike Path's, false for a name too long or with NUL in it
        names = files.NAMED.replace(" and ", " or ")
        fix = f"The named datasets are {', '.join(NAMED_DATA)}; or give the path of a {names} file"
        hint = parsing.nearest(value.lower(), NAMED_DATA)
        raise DataError("data", value, "no such file or named dataset", hint + fix)
    files.require_known(value)
    return files.read(value, how)


def _returned(spec: Spec, value: str, function: Callable[[], Any]) -> Pieces | Table:
    """Return what a user's function gives; errors in it name the function's own file and line.

    It is called twice: every probe, and every later run, has to see the same rows.
    """
    where, how = user_mistakes.defined_at(value, function), Reading.of(spec)
    found = _taken(value, where, user_code.call("data", value, function, error=DataError), how)
    first = fingerprint(found)
    again = _taken(value, where, user_code.call("data", value, function, error=DataError), how)
    if first != fingerprint(again):
        rule = f"{where}: a second call gives other rows"
        raise DataError("data", value, rule, "Seed what it draws, for example with np.random.default_rng(0)")
    return found


def _taken(value: str, where: str, returned: Any, how: Reading) -> Pieces | Table:
    if not is_data(returned):
        rule = f"{where}: it returned {'None' if returned is None else f'an object of type {type(returned).__name__}'}"
        raise DataError("data", value, rule, f"Return {FORMS}")
    with naming("data", value, f"{where}: "):
        return from_object(returned, how.dtype, how.marks, how.target, value)
