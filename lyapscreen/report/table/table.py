"""The ranking as a table for a person, with as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table

from lyapscreen.report.text.characters import heading, one_line, short, text
from lyapscreen.report.text.numbers import column, lr_names
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec import sweep
from lyapscreen.spec.measures import MEASURES, Measure

COLOURS = {
    Regime.CONVERGING: "green",
    Regime.STALLED: "yellow",
    Regime.CHAOTIC: "magenta",
    Regime.DEAD: "blue",
    Regime.DIVERGED: "red",
    Regime.FAILED: "bold red",
}

_DROPPED = {"interval": 0, "half": 5, "group": 6, "steps": 8} | {
    measure.name: measure.dropped for measure in MEASURES if measure.dropped is not None
}
DROPPED = tuple(sorted(_DROPPED, key=lambda key: _DROPPED[key]))
"""What a narrow terminal does without, the first the soonest; never what the ranking is sorted by."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    key: str
    """The field of `Row` it shows; `interval` and `half` are two ways to show the interval of one."""
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
        dropped |= {key} - {ranking.measure.name}
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
    shown = [measure for measure in MEASURES if measure.terminal_head]
    return [
        Column("rank", "#", lambda row: f"▶ {row.rank}" if row.recommended else str(row.rank)),
        Column("group", "tie", lambda row: None if row.group is None or len(ranking.rows) == 1 else str(row.group)),
        Column("activation", "act", lambda row: short(row.activation), left=True),
        Column("lr", "lr", lambda row: names[row.lr], left=True),
        *(_swept(name) for name in ranking.swept),
        Column("regime", "regime", lambda row: str(row.regime), left=True),
        *([Column("steps", "steps", lambda row: str(row.steps))] if ranking.halved else []),
        *(column for measure in shown for column in _measured(measure, ranking, rows, score_name)),
        Column("full_loss", "trained\nloss", _trained(rows)),
    ]


def _measured(measure: Measure, ranking: Ranking, rows: Sequence[Row], score_name: str) -> Iterator[Column]:
    """Yield the column of a measure; behind the one whose interval is shown that, in two ways."""

    def value(row: Row, field: str) -> float | None:
        found: float | None = getattr(row, field)
        return None if found is None else found * ranking.times(measure, row)

    like = measure.digits_of or measure.name
    show = column([like] if isinstance(like, float) else (value(row, like) for row in rows))

    def cell(row: Row) -> str | None:
        return None if (found := value(row, measure.name)) is None else show(found)

    yield Column(measure.name, measure.terminal_head.format(score=score_name), cell)
    if measure is not ranking.with_interval:
        return

    def interval(row: Row) -> str | None:
        low, high = (value(row, name) for name in measure.columns[1:])
        return None if low is None or high is None else f"{show(low)} to {show(high)}"

    def half(row: Row) -> str | None:
        low, high = (value(row, name) for name in measure.columns[1:])
        return None if low is None or high is None else f"±{show((high - low) / 2)}"

    yield Column("interval", "95%\ninterval", interval)
    yield Column("half", "95%\n±", half)


def _trained(rows: Sequence[Row]) -> Callable[[Row], str | None]:
    show = column(row.full_loss for row in rows)
    return lambda row: None if row.full_loss is None else show(row.full_loss)


def _swept(name: str) -> Column:
    # The key is no other column's, so that a narrow terminal never takes it for one it can do without.
    return Column(f"sweep.{name}", one_line(name), lambda row: short(sweep.label(row.value(name))), left=True)


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
                text("–" if cell is None else cell, COLOURS[row.regime] if key == "regime" else "", unicode=unicode)
                for key, cell in cells
            ),
            style="bold" if row.recommended else "",
        )
    return table
