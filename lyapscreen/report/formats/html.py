"""The ranking as one HTML file for a person: no network, readable on a phone and on paper, by day and by night.

The template escapes whatever it is given; the figures, the style and the script alone go in as they
are. A policy in the page's head admits this style and this script by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lyapscreen.report import extras
from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import COLOURS, FAINT, INK, OTHERS, edges
from lyapscreen.report.formats import Format
from lyapscreen.report.table import cells
from lyapscreen.report.table.cells import Cell, Column, Measured
from lyapscreen.report.text.characters import symbols, visible
from lyapscreen.spec.measures import MEASURES

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.records import Regime, Result
    from lyapscreen.results.row import Row

HERE = Path(__file__).parent

MOST_ROWS = 500
"""Configurations in the table: beyond that a browser is slow, and the CSV is for programs."""

NEEDS, EXTRA = ("jinja2", "matplotlib"), "report"

GLOSSARY = (
    *((symbols(measure.symbol), measure.glossary) for measure in MEASURES if measure.glossary),
    ("T", "Optimizer steps of a probe. Exponents over different numbers of steps are not comparable; N λ_proj is."),
    ("N", "Optimizer steps of the full training."),
    ("tie", "The seeds cannot distinguish configurations of one number."),
    ("converging", "It learns, and a small change stays small."),
    ("stalled", "It hardly learns within the probe."),
    ("chaotic", "A small change grows beyond the limit, in some seed: training will not repeat."),
    ("dead", "The outputs no longer depend on the inputs."),
    ("diverged", "The loss grew a thousandfold, or was no longer a number."),
    ("failed", "Its worker process died."),
)


FLAG = re.compile(r"--[a-z][a-z-]*(?: \d[^\s;<&]*)?")
"""A flag with the number or range that follows it."""


@dataclass(frozen=True)
class Tile:
    """One number of the recommended configuration."""

    column: Column
    cell: Cell
    half: str
    """Half its interval, where it is shown."""


@dataclass(frozen=True)
class Seed:
    """One seed of a configuration, as the table shows it."""

    seed: int
    regime: Regime
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


def render(document: Document) -> str:
    """Return the page; the same arguments give the same bytes.

    Raises:
        OutputError: jinja2 or matplotlib is not installed.

    """
    extras.require("html", "a report", *NEEDS, extra=EXTRA)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from lyapscreen.spec.yaml_writer import resolved

    pages = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def sentence(words: str) -> Markup:
        """Escape a sentence and keep its flags in one piece."""
        return Markup(FLAG.sub(r'<span class="flag">\g<0></span>', str(Markup.escape(symbols(visible(words))))))

    pages.filters.update(visible=visible, sentence=sentence)
    ranking, pick = document.ranking, document.ranking.recommended
    drawn = (ranking, document.spec, edges(document.edges))
    columns = cells.columns(ranking, document.score_name)
    measured = cells.measured(ranking, document.score_name)
    style = (HERE / "report.css").read_text(encoding="utf-8") + "".join(_night())
    script = (HERE / "report.js").read_text(encoding="utf-8")
    return pages.get_template("report.html.j2").render(
        document=document,
        facts=_facts(document),
        tiles=_tiles(measured, pick, ranking.with_interval.name) if pick else [],
        legend=figures.legend(*drawn),
        figures=[(panel, Markup(panel.svg)) for panel in figures.svgs(*drawn)],
        regimes=sorted(Counter(row.regime for row in ranking.rows).items(), key=lambda item: item[0].badness),
        columns=columns,
        by_seed=_by_seed(measured),
        lines=[_line(row, columns, _by_seed(measured)) for row in ranking.rows[:MOST_ROWS]],
        more=max(0, len(ranking.rows) - MOST_ROWS),
        spec_text="\n".join(visible(line) for line in resolved(document.spec).split("\n")),
        glossary=GLOSSARY,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
    )


def _facts(document: Document) -> list[tuple[str, str]]:
    spec = document.spec
    shown = spec.plain()
    return [
        *((name, str(shown[name])) for name in ("data", "model", "optimizer") if name in shown),
        ("configurations", str(len(document.ranking.rows))),
        ("seeds", str(len(spec.seeds))),
        ("steps of a probe", str(spec.steps)),
        ("steps of the full training", f"{spec.full_steps:,}"),
    ]


def _tiles(measured: Sequence[Measured], pick: Row, interval: str) -> list[Tile]:
    half = next((one.column.cell(pick).shown for one in measured if one.key == "half"), "")
    return [
        Tile(one.column, one.column.cell(pick), half if one.key == interval else "")
        for one in measured
        if one.key != "half"
    ]


def _by_seed(measured: Sequence[Measured]) -> list[Measured]:
    return [one for one in measured if one.of_seed is not None]


def _line(row: Row, columns: Sequence[Column], by_seed: Sequence[Measured]) -> Line:
    shown = [(column, column.cell(row)) for column in columns]
    name = " ".join(cell.shown for column, cell in shown if not column.number or column.key == "lr")
    return Line(row, name, shown, [_seed(result, by_seed) for result in row.results])


def _seed(result: Result, by_seed: Sequence[Measured]) -> Seed:
    end = result.final
    values = [cells.number(one.of_seed(end), one.show) for one in by_seed if one.of_seed]
    return Seed(result.candidate.seed, end.regime, result.reason, end.steps, values)


def _night() -> Iterator[str]:
    """Yield the colours of the figures on a dark screen; paper stays as it is."""
    yield "@media screen and (prefers-color-scheme: dark) {\n"
    for colour in (INK, FAINT, OTHERS, *COLOURS):
        for what in ("fill", "stroke"):
            yield f'  [{what}="{colour.light}"] {{ {what}: {colour.dark}; }}\n'
    yield "}\n"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


FORMAT = Format(
    name="html",
    order=5,
    help="Write a report with figures, one page that needs nothing else; - is stdout.",
    render=lambda document, _: render(document),
    needs=NEEDS,
    extra=EXTRA,
)
