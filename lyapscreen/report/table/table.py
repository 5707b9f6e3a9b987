"""The ranking as a table for a person, with as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table

from lyapscreen.report.table.terminal_columns import WORST, Column
from lyapscreen.report.text.characters import heading, text
from lyapscreen.results.ranking import Row
from lyapscreen.results.records import Regime
from lyapscreen.spec.measures import MEASURES

COLOURS = {
    Regime.CONVERGING: "green",
    Regime.STALLED: "yellow",
    Regime.CHAOTIC: "magenta",
    Regime.DEAD: "blue",
    Regime.DIVERGED: "red",
    Regime.FAILED: "bold red",
}

COLOURED = frozenset({"regime", "verdict", "short_verdict"})
"""Columns that say how a row ended, in its colour."""

_DROPPED = {"interval": 0, "verdict": 0, WORST: 6, "half": 5, "group": 6, "steps": 8} | {
    measure.name: measure.dropped for measure in MEASURES if measure.dropped is not None
}
DROPPED = tuple(sorted(_DROPPED, key=lambda key: _DROPPED[key]))
"""What a narrow terminal does without, the first the soonest; never what the ranking is sorted by."""


def fitted(
    columns: Sequence[Column], rows: Sequence[Row], console: Console, width: int, never: str
) -> tuple[Table, list[Column], list[str]]:
    """Return a table of `rows` that is at most `width` wide if it can be, its columns, and the names of those left out.

    A column without any value is left out; then, for want of room, those in `DROPPED`, in that order.

    Args:
        columns: all that there are.
        rows: what to show.
        console: where it will be printed.
        width: of that.
        never: the key of the column that is never left out.

    """
    filled = [c for c in columns if any(c.cell(row) is not None for row in rows)]
    keys = {c.key for c in filled}
    dropped: set[str] = set()
    for key in ("", *DROPPED):
        dropped |= {key} - {never}
        kept = [c for c in filled if c.key not in dropped and c.instead_of not in keys - dropped]
        table = _drawn(kept, rows, console)
        if natural_width(console, table) <= width:
            break
    shown = {c.key for c in kept}
    missed = [c.name for c in filled if c.name and c.key not in shown and c.instead_of not in shown]
    return table, kept, missed


def natural_width(console: Console, part: RenderableType) -> int:
    """Return the width at which nothing of `part` is cut or wrapped."""
    return Measurement.get(console, console.options.update(width=100_000), part).maximum


def _drawn(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> Table:
    unicode = console.encoding.startswith("utf")
    # A line under the head where it can be drawn; in a pipe it would only be in the way.
    ruled = console.is_terminal and unicode
    table = Table(
        box=box.SIMPLE_HEAD if ruled else None,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0) if ruled else (0, 2, 0, 0),
    )
    for c in columns:
        head = heading(c.head, unicode=unicode)
        table.add_column(head, justify="left" if c.left else "right", vertical="bottom", no_wrap=True)
    for row in rows:
        cells = ((c.key, c.cell(row)) for c in columns)
        table.add_row(
            *(
                text("–" if cell is None else cell, COLOURS[row.regime] if key in COLOURED else "", unicode=unicode)
                for key, cell in cells
            ),
            style="bold" if row.recommended else "",
        )
    return table
