"""The ranking as cells of a document's table: short for the eye, exact for whoever asks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from lyapscreen.report.text.characters import one_line
from lyapscreen.report.text.numbers import column, lr_names
from lyapscreen.spec import sweep
from lyapscreen.spec.measures import MEASURES, Measure

if TYPE_CHECKING:
    from lyapscreen.results.ranking import Ranking, Row
    from lyapscreen.results.records import Measures


@dataclass(frozen=True)
class Cell:
    """One value; an undefined one is empty."""

    shown: str = ""
    exact: str = ""
    """Every digit of a number; of words, what they are sorted by."""


@dataclass(frozen=True)
class Column:
    """A column of a table of configurations."""

    key: str
    head: str
    meaning: str
    """One sentence."""
    cell: Callable[[Row], Cell]
    number: bool = True
    """Whether it aligns, and sorts, as numbers do."""


@dataclass(frozen=True)
class Measured:
    """A column of numbers that were measured, of a row and of its seeds."""

    key: str
    head: str
    meaning: str
    of_row: Callable[[Row], float | None]
    of_seed: Callable[[Measures], float | None] | None
    """None where it is about the seeds together."""
    show: Callable[[float], str]

    @property
    def column(self) -> Column:
        """As a column of the table."""
        return Column(self.key, self.head, self.meaning, lambda row: number(self.of_row(row), self.show))


def number(value: float | None, show: Callable[[float], str]) -> Cell:
    """Return the cell of a number; None and what is not finite is undefined."""
    if value is None or not math.isfinite(value):
        return Cell()
    return Cell(show(value), repr(value))


def word(words: object) -> Cell:
    """Return the cell of words or of a whole number, without characters that no document may hold."""
    shown = one_line(str(words))
    return Cell(shown, shown)


def measured(ranking: Ranking, score_name: str) -> list[Measured]:
    """Return what was measured, as far as any row has it."""
    every = [one for measure in MEASURES if measure.head for one in _of(measure, ranking, score_name)]
    full = column(row.full_loss for row in ranking.rows)
    meaning = "Lowest held-out loss of full training, the mean over seeds."
    every.append(Measured("full_loss", "trained loss", meaning, lambda row: row.full_loss, None, full))
    return [one for one in every if any(one.of_row(row) is not None for row in ranking.rows)]


def _of(measure: Measure, ranking: Ranking, score_name: str) -> Iterator[Measured]:
    """Yield the column of a measure; behind the one whose interval is shown half of that."""

    def value(one: Row | Measures) -> float | None:
        found: float | None = getattr(one, measure.name)
        return None if found is None else found * ranking.times(measure, one)

    def half(row: Row) -> float | None:
        low, high = (getattr(row, name) for name in measure.columns[1:])
        return None if low is None or high is None else (high - low) / 2 * ranking.times(measure, row)

    like = measure.digits_of
    show = column([like] if isinstance(like, float) else (value(row) for row in ranking.rows))
    yield Measured(measure.name, measure.head.format(score=score_name), measure.meaning, value, value, show)
    if measure is ranking.measure:
        yield Measured("half", "± 95%", f"Half the 95% interval of {measure.head} over the seeds.", half, None, show)


def columns(ranking: Ranking, score_name: str) -> list[Column]:
    """Return the columns of a table of configurations; those without any value are left out."""
    names = lr_names(row.lr for row in ranking.rows)
    uneven = len({row.seeds for row in ranking.rows}) > 1
    grouped = any(row.group is not None for row in ranking.rows)

    def swept(name: str) -> Column:
        meaning = "A setting swept besides."
        return Column(f"sweep.{name}", name, meaning, lambda row: word(sweep.label(row.value(name))), number=False)

    found: Iterable[Column] = chain(
        [Column("rank", "#", "Place in the ranking.", lambda row: word(row.rank))],
        [Column("group", "tie", "The seeds cannot tell those of one number apart.", _group)] if grouped else [],
        [Column("activation", "act", "Activation.", lambda row: word(row.activation), number=False)],
        [Column("lr", "lr", "Learning rate.", lambda row: Cell(names[row.lr], repr(row.lr)))],
        (swept(name) for name in ranking.swept),
        [Column("regime", "regime", "How the probe ended, the worst among the seeds.", _regime, number=False)],
        (one.column for one in measured(ranking, score_name)),
        [Column("steps", "steps", "Optimizer steps, T, of the seed that came least far.", lambda row: word(row.steps))],
        [Column("seeds", "seeds", "How many.", lambda row: word(row.seeds))] if uneven else [],
    )
    return list(found)


def _group(row: Row) -> Cell:
    return Cell() if row.group is None else word(row.group)


def _regime(row: Row) -> Cell:
    return Cell(str(row.regime), str(row.regime.badness))
