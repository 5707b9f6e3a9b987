"""What a benchmark says: a number with its spread, what it should be, and the table of all."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    what: str
    """Its letter in issue 5, the contenders as a quotient, or the unit."""
    median: float | None
    """None where it could not be measured."""
    low: float | None = None
    """The lower quartile over the rounds."""
    high: float | None = None
    at_most: float | None = None
    """The aim, where smaller is better."""
    at_least: float | None = None
    """The aim, where larger is better."""
    note: str = ""
    """What was timed, or why nothing was."""

    @property
    def aim(self) -> str:
        """The aim in words."""
        if self.at_most is not None:
            return f"at most {number(self.at_most)}"
        return "" if self.at_least is None else f"at least {number(self.at_least)}"

    @property
    def met(self) -> bool | None:
        """Whether the median keeps to the aim; None without an aim or a median."""
        if self.median is None or not self.aim:
            return None
        return self.median <= self.at_most if self.at_most is not None else self.median >= (self.at_least or 0)

    def plain(self) -> dict[str, object]:
        """Return the row as JSON-ready values."""
        return {**asdict(self), "met": self.met}


def spread(
    what: str,
    values: Sequence[float],
    *,
    at_most: float | None = None,
    at_least: float | None = None,
    note: str = "",
) -> Row:
    """Return the row of values measured round by round: their median and quartiles."""
    low, middle, high = (float(value) for value in np.percentile(values, [25, 50, 75]))
    return Row(what, middle, low, high, at_most, at_least, note)


def quotient(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """Return a / b, round by round: what disturbed one disturbed its neighbour too."""
    return [x / y for x, y in zip(a, b, strict=True)]


def number(value: float | None) -> str:
    """Return a number as shown.

    >>> [number(x) for x in (None, 3.0, 0.7, 0.00213, 12.345, 2512.6)]
    ['-', '3', '0.70', '0.0021', '12.3', '2,513']
    """
    if value is None:
        return "-"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.2g}" if abs(value) < 0.1 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"


def table(rows: Sequence[Row]) -> Table:
    """Return the table that is printed."""
    shown = Table("what", "median", "quartiles", "aim", "met", box=None, pad_edge=False)
    for row in rows:
        quartiles = "" if row.low is None else f"{number(row.low)} to {number(row.high)}"
        met = {None: "", True: "yes", False: "NO"}[row.met]
        shown.add_row(row.what, number(row.median), quartiles, row.aim, met)
    return shown


def page_width() -> int | None:
    """Return the terminal's own width (None), or one that a table fits in where a file has none."""
    return None if sys.stdout.isatty() else 120


def save(path: Path, rows: Sequence[Row], **more: object) -> None:
    """Write versions and rows as JSON; the file is replaced whole."""
    about = {"torch": torch.__version__, "python": platform.python_version(), "machine": platform.machine()}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps({"versions": about, "rows": [row.plain() for row in rows], **more}, indent=2) + "\n")
    part.replace(path)
