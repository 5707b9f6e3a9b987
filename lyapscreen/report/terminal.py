"""The ranking on a terminal: the answer first, then the table it stands on, then where each activation works."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from lyapscreen.report.console import has_unicode, width_of
from lyapscreen.report.table import legend, terminal_columns
from lyapscreen.report.table.chosen import chosen
from lyapscreen.report.table.sparkline_lines import MOST_LINES, spark_lines
from lyapscreen.report.table.table import fitted, natural_width
from lyapscreen.report.text.answer import HALVING
from lyapscreen.report.text.characters import folded, printable, symbols
from lyapscreen.report.text.next_steps import next_steps
from lyapscreen.report.text.run_line import run_line

if TYPE_CHECKING:
    from lyapscreen.report.document import Document

LABEL_WIDTH = 10
"""Characters before the facts of the answer."""


@dataclass(frozen=True)
class Shown:
    """What a person asks to see."""

    top: int | None = None
    """Most rows of the table; None: ten that can win."""
    every: bool = False
    """All rows, those that cannot win too."""
    wide: bool = False
    """All columns, under their symbols."""
    can_probe: bool = True
    """Whether the command that prints takes flags that probe and train."""
    hints: bool = True
    """Whether to say what to do next."""
    seconds: float | None = None
    """What the run took; shown to terminals alone, so that what is piped is the same each time."""


def show(document: Document, console: Console, shown: Shown = Shown()) -> None:
    """Print a finished screening for a person.

    Narrow terminals lose columns, never digits, and which is said. A console that is no terminal (a pipe, a file) and
    has no `COLUMNS` gets one line a row and a sentence, however long; one that cannot print Unicode gets ASCII.
    """
    width = width_of(console)
    for part in _parts(document, console, shown, width):
        # Laid out by us: a line the terminal is too narrow for is left whole rather than cut.
        console.print(_Laid(part, width), crop=False, no_wrap=True, overflow="ignore", highlight=False)


def _parts(document: Document, console: Console, shown: Shown, width: int) -> Iterator[RenderableType]:
    unicode = has_unicode(console)

    def line(words: str, style: str = "", indent: int = 2) -> Text:
        return Text(folded(printable(symbols(words), unicode=unicode), width, indent), style)

    ranking = document.ranking
    yield line(run_line(document, shown.seconds if console.is_terminal else None), "dim")
    yield ""
    yield line(document.headline, "bold")
    for fact in document.facts:
        if fact.label == HALVING and not shown.wide:
            continue  # the column `steps` tells
        yield line(f"  {fact.label:<{LABEL_WIDTH}}{fact.text}", indent=LABEL_WIDTH + 2)
    if ranking.rows:
        rows, others = chosen(ranking, top=shown.top, every=shown.every)
        columns = (
            terminal_columns.with_symbols(ranking, ranking.rows, document.score_name)
            if shown.wide
            else terminal_columns.in_words(ranking, rows, document.score_name)
        )
        table, kept, missed = fitted(columns, rows, console, width, never=ranking.measure.name)
        yield ""
        yield table
        for words in legend.below(ranking, others, missed):
            yield line(words, "dim")
        yield ""
        for words in legend.of_table(ranking, rows, kept, document.spec, wide=shown.wide):
            yield line(words, "dim")
        if len({row.lr for row in ranking.rows}) > 1:
            yield ""
            yield from spark_lines(
                ranking, width, most=len(ranking.rows) if shown.every else MOST_LINES, unicode=unicode
            )
    if shown.hints and (words := next_steps(ranking, can_probe=shown.can_probe)):
        yield ""
        yield line(words)


class _Laid:
    """A part laid out for a width of our choice, also where the console believes it has less."""

    def __init__(self, part: RenderableType, width: int) -> None:
        self.part, self.width = part, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = natural_width(console, self.part) if isinstance(self.part, Table) else self.width
        yield from console.render(self.part, options.update_width(width))
