"""What a page shows first: the words and the order of the terminal's first screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyapscreen.report.table import legend
from lyapscreen.report.table.chosen import chosen
from lyapscreen.report.table.terminal_columns import Column, in_words
from lyapscreen.report.text.answer import SETTINGS
from lyapscreen.report.text.next_steps import next_steps
from lyapscreen.report.text.not_shown import not_shown
from lyapscreen.report.text.run_line import run_line

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.report.text.answer import Fact
    from lyapscreen.results.ranking import Ranking, Row

WHICH = frozenset({"rank", "activation", "lr", "verdict", "went"})
"""Columns that say which configuration a row is, and how it ended: the others are numbers to expect."""


@dataclass(frozen=True)
class Number:
    """One number of the recommended configuration."""

    words: str
    value: str
    around: str
    """Half its interval, where it is shown."""


@dataclass(frozen=True)
class FirstScreen:
    """What stands before everything else, in this order."""

    run: str
    """What was run."""
    headline: str
    settings: str
    """To paste into a training script; empty where nothing is recommended."""
    facts: list[Fact]
    """What to take from it, each with its label."""
    numbers: list[Number]
    columns: list[Column]
    """Of the short table."""
    rows: list[Row]
    """The configurations that can win."""
    notes: list[str]
    """What the table leaves out, and what its words mean."""
    next: str
    """What to do next."""


@dataclass(frozen=True)
class Script:
    """The recommended training as code, or why there is none."""

    text: str = ""
    why_not: str = ""


def first_screen(document: Document, whole: str = "all stand in the table below") -> FirstScreen:
    """Return what the page shows first; `whole` says where the rows are that the short table leaves out."""
    ranking = document.ranking
    rows, others = chosen(ranking)
    columns = _columns(ranking, rows, document.score_name)
    left_out = [f"not shown: {'; '.join(not_shown(others, ranking))}; {whole}"] if others else []
    return FirstScreen(
        run=run_line(document),
        headline=document.headline,
        settings=next((fact.text for fact in document.facts if fact.label == SETTINGS), ""),
        facts=[fact for fact in document.facts if fact.label != SETTINGS],
        numbers=_numbers(ranking, columns),
        columns=columns,
        rows=rows,
        notes=[*left_out, *legend.of_table(ranking, rows, columns, document.spec, wide=False)],
        next=next_steps(ranking),
    )


def _columns(ranking: Ranking, rows: Sequence[Row], score_name: str) -> list[Column]:
    """Return the columns that have values; a page has room for the wider one where there are two."""
    every = [one for one in in_words(ranking, rows, score_name) if any(one.cell(row) is not None for row in rows)]
    keys = {one.key for one in every}
    return [one for one in every if one.instead_of not in keys]


def _numbers(ranking: Ranking, columns: Sequence[Column]) -> list[Number]:
    """Return what the row of the recommended configuration says, number by number."""
    row = ranking.recommended
    if row is None:
        return []
    which = WHICH | {f"sweep.{name}" for name in ranking.swept}
    found = []
    for one in columns:
        if one.key not in which and (value := one.cell(row)) is not None:
            mean, _, half = value.partition(" ±")
            found.append(Number(one.head.replace("\n", " ").removesuffix(" ±"), mean, half))
    return found
