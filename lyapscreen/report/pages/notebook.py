"""A screening as a notebook shows it: the first screen as a fragment of HTML, a figure below it.

Every word is escaped, the figure is a picture by itself, and there is no script: a notebook that is only looked at
shows it too.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from lyapscreen.errors import OutputError
from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import edges
from lyapscreen.report.text.characters import symbols, visible

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.report.table.terminal_columns import Column
    from lyapscreen.results.row import Row

NEXT = (
    "next: screen(..., confirm=3) trains the best three; code() is the training as a script, to_html() the whole report"
)

_CELL = "padding:0.15em 0.7em;border:none;white-space:nowrap;text-align:{side}"


def render(document: Document) -> str:
    """Return the fragment; the same document gives the same bytes."""
    # The page shows the same words in the same order; a notebook's cell has them without its style.
    return f'<div class="lyapscreen tex2jax_ignore mathjax_ignore">\n{"".join(_parts(document))}</div>\n'


def _parts(document: Document) -> Iterator[str]:
    from lyapscreen.report.pages.first_screen import first_screen

    first = first_screen(document, "to_frame() has all")
    yield f"<p>{_text(first.run)}</p>\n<p><strong>{_text(first.headline)}</strong></p>\n"
    if first.settings:
        yield f"<p><code>{_text(first.settings)}</code></p>\n"
    if first.facts:
        yield f"<p>{'<br>'.join(f'<em>{_text(one.label)}:</em> {_text(one.text)}' for one in first.facts)}</p>\n"
    for label, words in (("Warning", document.warnings), ("Note", document.notices)):
        yield from (f"<p><em>{label}:</em> {_text(one)}</p>\n" for one in words)
    yield from _table(first.columns, first.rows)
    yield from (f"<p>{_text(one)}</p>\n" for one in [*first.notes, NEXT])
    yield _figure(document)


def _text(words: str) -> str:
    return escape(symbols(visible(words)))


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> Iterator[str]:
    sides = [_CELL.format(side="left" if one.left else "right") for one in columns]
    yield '<table style="border-collapse:collapse">\n<thead><tr>'
    yield from (
        f'<th style="{side}">{_text(" ".join(one.head.split()))}</th>' for one, side in zip(columns, sides, strict=True)
    )
    yield "</tr></thead>\n<tbody>\n"
    for row in rows:
        yield '<tr style="font-weight:bold">' if row.recommended else "<tr>"
        for one, side in zip(columns, sides, strict=True):
            yield f'<td style="{side}">{_text(one.cell(row) or "–")}</td>'
        yield "</tr>\n"
    yield "</tbody>\n</table>\n"


def _figure(document: Document) -> str:
    try:
        drawn = figures.plot(document.ranking, document.spec, "svg", edges(document.edges))
    except OutputError as missing:  # without matplotlib the words stand alone
        return f"<p>{_text(f'No figure: {missing.rule}. {missing.fix}.')}</p>\n"
    said = _text(document.title).replace('"', "&quot;")
    picture = base64.b64encode(drawn).decode("ascii")
    attributes = f'alt="Figures of the ranking: {said}" style="max-width:100%;background:white"'
    return f'<img {attributes} src="data:image/svg+xml;base64,{picture}">\n'
