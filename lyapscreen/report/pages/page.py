"""The ranking as one HTML file for a person: no network, readable on a phone and on paper, by day and by night.

The template escapes whatever it is given; the figures, the style and the script alone go in as they
are. A policy in the page's head admits this style and this script by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import COLOURS, FAINT, INK, OTHERS, edges
from lyapscreen.report.pages.first_screen import Script, first_screen
from lyapscreen.report.pages.page_table import table
from lyapscreen.report.text import glossary
from lyapscreen.report.text.characters import symbols, visible
from lyapscreen.report.text.verdicts import WORDS

if TYPE_CHECKING:
    from lyapscreen.report.document import Document

HERE = Path(__file__).parent

FLAG = re.compile(r"--[a-z][a-z-]*(?: \d[^\s;<&]*)?")
"""A flag with the number or range that follows it."""


def render(document: Document, script: Script | None) -> str:
    """Return the page; the same arguments give the same bytes.

    Args:
        document: what the page is of.
        script: the recommended training as code; None where nothing is recommended.

    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from lyapscreen.spec.yaml_writer import resolved

    pages = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def sentence(words: str) -> Markup:
        """Escape a sentence and keep its flags in one piece."""
        return Markup(FLAG.sub(r'<span class="flag">\g<0></span>', str(Markup.escape(symbols(visible(words))))))

    pages.filters.update(visible=visible, sentence=sentence, lines=_lines)
    ranking = document.ranking
    drawn = (ranking, document.spec, edges(document.edges))
    style = (HERE / "report.css").read_text(encoding="utf-8") + "".join(_night())
    behaviour = (HERE / "report.js").read_text(encoding="utf-8")
    return pages.get_template("report.html.j2").render(
        document=document,
        first=first_screen(document),
        table=table(ranking, document.score_name),
        regimes=sorted(Counter(row.regime for row in ranking.rows).items(), key=lambda item: item[0].badness),
        legend=figures.legend(*drawn),
        figures=[(panel, Markup(panel.svg)) for panel in figures.svgs(*drawn)] if ranking.rows else [],
        script_of_pick=script,
        spec_text=resolved(document.spec),
        glossary=[term for term in glossary.terms() if term.kind != glossary.COLUMN],
        words=WORDS,
        style=Markup(style),
        style_hash=_hash(style),
        behaviour=Markup(behaviour),
        behaviour_hash=_hash(behaviour),
    )


def _lines(text: str) -> str:
    return "\n".join(visible(line) for line in text.split("\n"))


def _night() -> Iterator[str]:
    """Yield the colours of the figures on a dark screen; paper stays as it is."""
    yield "@media screen and (prefers-color-scheme: dark) {\n"
    for colour in (INK, FAINT, OTHERS, *COLOURS):
        for what in ("fill", "stroke"):
            yield f'  [{what}="{colour.light}"] {{ {what}: {colour.dark}; }}\n'
    yield "}\n"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
