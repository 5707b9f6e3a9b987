"""A screening as a notebook shows it: the first screen as a fragment of HTML, a figure below it.

Every word is escaped, the figure is a picture by itself, and there is no script: a notebook that is only looked at
shows it too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

from lyapscreen.errors import OutputError
from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import edges
from lyapscreen.report.table import cells
from lyapscreen.report.text.characters import symbols, visible

if TYPE_CHECKING:
    from lyapscreen.report.document import Document

MOST_ROWS = 10
"""Of the table."""

_CELL = "padding:0.15em 0.7em;border:none;text-align:{side}"


def render(document: Document) -> str:
    """Return the fragment; the same document gives the same bytes."""
    return f'<div class="lyapscreen tex2jax_ignore mathjax_ignore">\n{"".join(_parts(document))}</div>\n'


def _parts(document: Document) -> Iterator[str]:
    first, *rest = document.sentences
    yield f"<p><strong>{_text(first)}</strong></p>\n"
    if rest:
        yield f"<p>{'<br>'.join(map(_text, rest))}</p>\n"
    for label, words in (("Warning", document.warnings), ("Note", document.notices)):
        yield from (f"<p><em>{label}:</em> {_text(one)}</p>\n" for one in words)
    yield from _table(document)
    yield _figure(document)


def _text(words: str) -> str:
    return escape(symbols(visible(words)))


def _table(document: Document) -> Iterator[str]:
    ranking = document.ranking
    columns = cells.columns(ranking, document.score_name)
    yield '<table style="border-collapse:collapse">\n<thead><tr>'
    yield from (
        f'<th title="{escape(one.meaning)}" style="{_CELL.format(side="right" if one.number else "left")}">'
        f"{_text(one.head)}</th>"
        for one in columns
    )
    yield "</tr></thead>\n<tbody>\n"
    for row in ranking.rows[:MOST_ROWS]:
        yield '<tr style="font-weight:bold">' if row.recommended else "<tr>"
        for one in columns:
            side = "right" if one.number else "left"
            yield f'<td style="{_CELL.format(side=side)}">{_text(one.cell(row).shown) or "–"}</td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n"
    more = len(ranking.rows) - MOST_ROWS
    if more > 0:
        yield f"<p>{more:,} more configurations: to_frame() has all of them.</p>\n"


def _figure(document: Document) -> str:
    try:
        drawn = figures.plot(document.ranking, document.spec, "svg", edges(document.edges))
    except OutputError as missing:  # without matplotlib the words stand alone
        return f"<p>{_text(f'No figure: {missing.rule}. {missing.fix}.')}</p>\n"
    said = _text(document.title).replace('"', "&quot;")
    picture = base64.b64encode(drawn).decode("ascii")
    attributes = f'alt="Figures of the ranking: {said}" style="max-width:100%"'
    return f'<img {attributes} src="data:image/svg+xml;base64,{picture}">\n'
