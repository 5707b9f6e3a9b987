"""A table of losses over learning rates, as an LR finder or a sweep exports it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import pandas as pd

from lyapscreen.errors import DataError
from lyapscreen.spec import documents

NEEDED, OPTIONAL = ("lr", "loss"), ("train_loss", "growth")
"""Columns that are read."""


@dataclass(frozen=True)
class Curve:
    """Losses after some steps, by learning rate."""

    lrs: list[float]
    """Ascending."""
    losses: list[list[float]]
    """[rates, seeds], NaN where a cell is empty: it has diverged."""
    train_losses: list[list[float]] | None
    growth: list[list[float]] | None


def read(path: str) -> Curve:
    """Read the columns lr and loss, and train_loss and growth where they are; rows of one lr are its seeds.

    Raises:
        DataError: it cannot be read, lacks a column, has a cell that is not a number, or seeds for some rates alone.

    """
    table = _table(path)
    by_rate = table.groupby("lr", sort=True, dropna=False)
    counts = by_rate.size()
    if counts.nunique() > 1:
        rule = f"lr {counts.idxmax():g} has {counts.max()} rows, but lr {counts.idxmin():g} has {counts.min()}"
        raise _refusal(path, rule, "Give every lr the same number of rows, one for each seed")
    found = {str(name): [list(rows[name]) for _, rows in by_rate] for name in table.columns if name != "lr"}
    return Curve(list(counts.index), found["loss"], found.get("train_loss"), found.get("growth"))


def _table(path: str) -> pd.DataFrame:
    try:
        # Without a header, since pandas would give a second column of one name another one.
        table = pd.read_csv(
            BytesIO(documents.read(path)), dtype=str, header=None, keep_default_na=False, skipinitialspace=True
        )
    except (OSError, ValueError) as error:  # pandas' own errors of parsing are ValueErrors
        what = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise _refusal(path, f"it cannot be read ({what})", "Name a CSV file with a header") from None
    table, table.columns = table.iloc[1:], [str(name).strip() for name in table.iloc[0]]
    missing = [name for name in NEEDED if name not in table.columns]
    if missing or not len(table):
        rule = f"it has no column {missing[0]}" if missing else "it has no rows"
        raise _refusal(path, rule, "It needs the columns lr and loss; train_loss and growth are optional")
    known = [name for name in (*NEEDED, *OPTIONAL) if name in table.columns]
    twice = [name for name in known if list(table.columns).count(name) > 1]
    if twice:
        raise _refusal(path, f"it has two columns {twice[0]}", "Rename one of the two")
    cells = {name: [_number(path, name, row, cell) for row, cell in enumerate(table[name])] for name in known}
    return pd.DataFrame(cells)


def _number(path: str, column: str, row: int, cell: object) -> float:
    text = cell if isinstance(cell, str) else ""  # a row with too few cells has none here
    if not text.strip() and column != "lr":
        return float("nan")
    try:
        return float(text)
    except ValueError:
        rule = f"{column} in row {row + 1} is {text!r}, not a number"
        raise _refusal(path, rule, "Leave the cell of a loss that diverged empty") from None


def _refusal(path: str, rule: str, fix: str) -> DataError:
    return DataError("curve", path, rule, fix, where="CURVE.csv")
