"""The ranking as Markdown, for a pull request or an issue: the recommendation, the leaders, the rest folded away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lyapscreen.report.formats import Format
from lyapscreen.report.table.cells import Column, columns
from lyapscreen.report.text.characters import one_line, symbols

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.row import Row

LEADING = 10
"""Rows that are seen at once, unless half as many again are all there are."""

FOLDED = 200
"""Rows in the fold: a comment on GitHub has room for 65,536 characters."""

LEFT_OUT = frozenset({"train_loss", "seeds"})
"""Columns that a reader of a pull request can do without."""

SPECIAL = re.compile(r"[\\`*\[\]<>&|~$]|(?<!\w)_|_(?!\w)")
"""Characters that Markdown, its tables, its formulas or HTML would read as their own."""

ACTIVE = re.compile(r"@|#(?=\d)|:(?=//|[a-z+-][\w+-]*:)|\bwww(?=\.)|\bGH(?=-\d)", re.IGNORECASE)
"""What GitHub makes a mention, a link, a reference or a picture of, unless something unseen stands within."""


def render(document: Document) -> str:
    """Return the ranking as GitHub-flavoured Markdown; the same arguments give the same bytes."""
    return "\n".join(_lines(document)).encode("utf-8", "backslashreplace").decode()


def _lines(document: Document) -> Iterator[str]:
    ranking = document.ranking
    first, *others = document.sentences or ("Nothing is recommended.",)
    yield f"**{escaped(symbols(first))}**"
    yield ""
    for warning in document.warnings:
        yield from ("> [!WARNING]", f"> {escaped(symbols(warning))}", "")
    if others:
        yield from (f"- {escaped(symbols(sentence))}" for sentence in others)
        yield ""
    rows = ranking.rows
    left_out = LEFT_OUT if ranking.halved else LEFT_OUT | {"steps"}
    shown = [column for column in columns(ranking, document.score_name) if column.key not in left_out]
    leading = len(rows) if len(rows) <= LEADING + LEADING // 2 else LEADING
    if rows:
        yield from _table(shown, rows[:leading])
        yield ""
    if folded := rows[leading : leading + FOLDED]:
        yield from (f"<details><summary>{len(rows) - leading} more configurations</summary>", "")
        yield from _table(shown, folded)
        more = len(rows) - leading - len(folded)
        if more:
            yield from ("", f"… {more} more rows: --csv FILE has all")
        yield from ("", "</details>", "")
    spec = document.spec
    steps = f"{spec.steps} steps of a probe, {spec.full_steps:,} of the full training"
    yield f"<sub>{len(spec.seeds)} seeds, {steps}; {escaped(document.provenance)}</sub>"
    yield ""


def _table(shown: Sequence[Column], rows: Sequence[Row]) -> Iterator[str]:
    yield _line(escaped(column.head) for column in shown)
    yield _line("---:" if column.number else ":---" for column in shown)
    for row in rows:
        cells = [escaped(column.cell(row).shown) for column in shown]
        yield _line(f"**{cell}**" if row.recommended and cell else cell for cell in cells)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def escaped(words: str) -> str:
    r"""Write words so that Markdown shows them as they are, on one line, links nothing and notifies nobody.

    >>> escaped("<b>|leaky_relu|*"), escaped("@all")[1:]
    ('&lt;b&gt;\\|leaky_relu\\|\\*', '\u200ball')
    """
    entities = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
    plain = SPECIAL.sub(lambda found: entities.get(found[0], f"\\{found[0]}"), one_line(words))
    return ACTIVE.sub("\\g<0>\u200b", plain)


FORMAT = Format(
    name="markdown",
    order=4,
    help="Write the ranking as Markdown; - is stdout.",
    render=lambda document, _: render(document),
)
