"""The ranking as a table for a person, with as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table

from lyapscreen.report.text.characters import short, text
from lyapscreen.report.text.numbers import column, lr_names
from lyapscreen.results.ranking import MERITS, Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec import sweep

COLOURS = {
    Regime.CONVERGING: "green",
    Regime.STALLED: "yellow",
    Regime.CHAOTIC: "magenta",
    Regime.DEAD: "blue",
    Regime.DIVERGED: "red",
    Regime.FAILED: "bold red",
}

DROPPED = (
    "interval", "transverse", "lyapunov", "kantz_wolf", "held_out_loss", "half", "group", "held_out_score", "steps",
    "effective",
)  # fmt: skip
"""What a narrow terminal does without, the first the soonest; never what the ranking is sorted by."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    key: str
    """The field of `Row` it shows; `interval` and `half` are two ways to show that of `effective`."""
    head: str
    cell: Callable[[Row], str | None]
    """What stands there; None is undefined."""
    left: bool = False
    """Words and learning rates align at their left, other numbers at their right."""


def fitted(
    ranking: Ranking, rows: Sequence[Row], score_name: str, console: Console, width: int
) -> tuple[Table, frozenset[str]]:
    """Return a table of `rows` that is at most `width` wide if it can be, and the keys of its columns.

    A column without any value is left out, and so are the ties of a single row; then, for want of
    room, those in `DROPPED`, in that order.
    """
    columns = [c for c in _columns(ranking, rows, score_name) if any(c.cell(row) is not None for row in rows)]
    dropped: set[str] = set()
    for key in ("", *DROPPED):
        dropped |= {key} - {MERITS[ranking.rank_by]}
        kept = [c for c in columns if c.key not in dropped and (c.key != "half" or "interval" in dropped)]
        table = _drawn(kept, rows, console)
        if natural_width(console, table) <= width:
            break
    return table, frozenset(c.key for c in kept)


def natural_width(console: Console, part: RenderableType) -> int:
    """Return the width at which nothing of `part` is cut or wrapped."""
    return Measurement.get(console, console.options.update(width=100_000), part).maximum


def _columns(ranking: Ranking, rows: Sequence[Row], score_name: str) -> list[Column]:
    names = lr_names(row.lr for row in ranking.rows)
    exponent, transverse, kantz_wolf, loss, full = (
        column(getattr(row, field) for row in rows)
        for field in ("effective", "transverse", "kantz_wolf", "held_out_loss", "full_loss")
    )

    def interval(row: Row) -> str | None:
        low, high = row.effective_low, row.effective_high
        return None if low is None or high is None else f"{exponent(low)} to {exponent(high)}"

    def half(row: Row) -> str | None:
        low, high = row.effective_low, row.effective_high
        return None if low is None or high is None else f"±{exponent((high - low) / 2)}"

    return [
        Column("rank", "#", lambda row: f"▶ {row.rank}" if row.recommended else str(row.rank)),
        Column("group", "tie", lambda row: None if row.group is None or len(ranking.rows) == 1 else str(row.group)),
        Column("activation", "act", lambda row: short(row.activation), left=True),
        Column("lr", "lr", lambda row: names[row.lr], left=True),
        *(_swept(name) for name in ranking.swept),
        Column("regime", "regime", lambda row: str(row.regime), left=True),
        *([Column("steps", "steps", lambda row: str(row.steps))] if ranking.halved else []),
        Column("end", "at the end\nλ_end", lambda row: _shown(row.end, exponent)),
        Column("effective", "effective\nλ_eff", lambda row: _shown(row.effective, exponent)),
        Column("interval", "95%\ninterval", interval),
        Column("half", "95%\n±", half),
        Column("transverse", "learning\nλ_perp", lambda row: _shown(row.transverse, transverse)),
        Column("lyapunov", "growth\nT λ_1", lambda row: _shown(_growth(row), column([1.0]))),
        Column("kantz_wolf", "paper's\nλ_KW", lambda row: _shown(row.kantz_wolf, kantz_wolf)),
        Column("held_out_loss", "held-out\nloss", lambda row: _shown(row.held_out_loss, loss)),
        Column("held_out_score", f"held-out\n{score_name}", lambda row: _shown(row.held_out_score, column([0.1]))),
        Column("full_loss", "trained\nloss", lambda row: _shown(row.full_loss, full)),
    ]


def _swept(name: str) -> Column:
    # The key is no other column's, so that a narrow terminal never takes it for one it can do without.
    return Column(f"sweep.{name}", name, lambda row: short(sweep.label(row.value(name))), left=True)


def _shown(value: float | None, show: Callable[[float], str]) -> str | None:
    return None if value is None else show(value)


def _growth(row: Row) -> float | None:
    """T lambda_1: the logarithm of a perturbation's growth over the probe, what chaos is judged by."""
    return None if row.lyapunov is None else row.steps * row.lyapunov


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
        head = text(c.head, unicode=unicode)
        table.add_column(head, justify="left" if c.left else "right", vertical="bottom", no_wrap=True)
    for row in rows:
        cells = ((c.key, c.cell(row)) for c in columns)
        table.add_row(
            *(
                text("–" if cell is None else cell, COLOURS[row.regime] if key == "regime" else "", unicode=unicode)
                for key, cell in cells
            ),
            style="bold" if row.recommended else "",
        )
    return table
