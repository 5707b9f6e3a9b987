"""The table of all configurations in the report: what people compare first comes first, and each has its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lyapscreen.report.table import cells
from lyapscreen.report.table.cells import Cell, Column, Measured
from lyapscreen.report.text.verdicts import WORDS, verdict
from lyapscreen.spec.measures import MEASURES

if TYPE_CHECKING:
    from lyapscreen.results.ranking import Ranking
    from lyapscreen.results.records import Result
    from lyapscreen.results.row import Row

MOST_ROWS = 500
"""Configurations in the table: beyond that a browser is slow, and the CSV is for programs."""

FIRST = ("held_out_score", "full_loss", "held_out_loss", "lyapunov", "projected")
"""Measures that come first, in this order: what is known from any training before the exponents."""


@dataclass(frozen=True)
class Seed:
    """One seed of a configuration, as the table shows it."""

    seed: int
    ended: str
    """How it ended, in words."""
    reason: str
    steps: int
    cells: list[Cell]


@dataclass(frozen=True)
class Line:
    """A configuration, as the table shows it."""

    row: Row
    name: str
    """What the filter looks through."""
    cells: list[tuple[Column, Cell]]
    seeds: list[Seed]


@dataclass(frozen=True)
class Table:
    """The table, as the page is given it."""

    columns: list[Column]
    by_seed: list[Measured]
    """Columns of the seeds of a configuration."""
    lines: list[Line]
    more: int
    """Configurations that are left out, the last of the ranking."""


def table(ranking: Ranking, score_name: str) -> Table:
    """Return the best of a ranking as a table."""
    every = {column.key: column for column in cells.columns(ranking, score_name)}
    every["regime"] = replace(every["regime"], head="verdict", cell=_verdict)
    half = every.pop("half", None)
    columns = [_around(column, half, ranking.measure.name) for column in sorted(every.values(), key=_place)]
    by_seed = [one for one in cells.measured(ranking, score_name) if one.of_seed is not None]
    by_seed.sort(key=lambda one: _place(one.column))
    lines = [_line(row, columns, by_seed) for row in ranking.rows[:MOST_ROWS]]
    return Table(columns, by_seed, lines, max(0, len(ranking.rows) - MOST_ROWS))


def _place(column: Column) -> tuple[bool, bool, int]:
    """Sort columns: who it is, then the measures, those in `FIRST` first, then steps, seeds and ties."""
    is_measured = column.key == "full_loss" or any(column.key == measure.name for measure in MEASURES)
    place = FIRST.index(column.key) if column.key in FIRST else len(FIRST)
    return column.key in ("steps", "seeds", "group"), is_measured, place if is_measured else 0


def _around(column: Column, half: Column | None, key: str) -> Column:
    """Return a column whose cells have half their interval behind the number, if it is the one with an interval."""
    if half is None or column.key != key:
        return column

    def cell(row: Row) -> Cell:
        mean, around = column.cell(row), half.cell(row)
        return Cell(f"{mean.shown} ± {around.shown}" if around.shown else mean.shown, mean.exact)

    return Column(column.key, f"{column.head} ±", f"{column.meaning} {half.meaning}", cell)


def _verdict(row: Row) -> Cell:
    return Cell(verdict(row), str(row.regime.badness))


def _line(row: Row, columns: Sequence[Column], by_seed: Sequence[Measured]) -> Line:
    shown = [(column, column.cell(row)) for column in columns]
    name = " ".join(cell.shown for column, cell in shown if not column.number or column.key == "lr")
    return Line(row, name, shown, [_seed(result, by_seed) for result in row.results])


def _seed(result: Result, by_seed: Sequence[Measured]) -> Seed:
    end = result.final
    values = [cells.number(one.of_seed(end), one.show) for one in by_seed if one.of_seed]
    return Seed(result.candidate.seed, WORDS[end.regime], result.reason, end.steps, values)
