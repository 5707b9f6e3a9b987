"""What every tracker is given: the ranking row by row, the recommendation, the figures and the spec."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyapscreen.report.figures import families, figures
from lyapscreen.report.formats import csv, json, markdown
from lyapscreen.report.text.characters import one_line
from lyapscreen.report.text.naming import name
from lyapscreen.spec.yaml_writer import resolved

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.row import Row

PROJECT = "lyapscreen"
"""The experiment or project that screenings are logged under."""

Setting = str | float | int | bool


@dataclass(frozen=True)
class Entry:
    """One row of the ranking."""

    name: str
    """In words: `relu at lr 0.1`."""
    settings: Mapping[str, Setting]
    """Activation, learning rate and what is swept besides, named as the CSV's columns."""
    measures: Mapping[str, float]
    """The CSV's other numbers, named as its columns; what is undefined is left out, for it is no number."""
    labels: Mapping[str, str]
    """`regime` and `recommended` (`true` or `false`)."""


@dataclass(frozen=True)
class Logged:
    """A finished screening as trackers take it."""

    title: str
    """The recommendation in a few words."""
    note: str
    """Recommendation and ranking as Markdown."""
    spec: Mapping[str, Setting]
    """Every setting that has a value; lists as they are typed, `1e-3, 0.01`."""
    about: Mapping[str, str]
    """Hash of the spec, and versions."""
    columns: tuple[str, ...]
    """Of the CSV."""
    rows: tuple[tuple[Setting | None, ...], ...]
    """Its cells; None is undefined."""
    entries: tuple[Entry, ...]
    """The rows, best first."""
    recommended: Entry | None
    files: Mapping[str, str]
    """`spec.yaml`, `ranking.csv`, `ranking.json` and their content."""
    figures: bytes
    """The figures as PNG."""


def logged(document: Document) -> Logged:
    """Return a finished screening as trackers take it.

    Raises:
        OutputError: matplotlib is not installed.

    """
    ranking = document.ranking
    names = csv.columns(ranking)
    entries = tuple(_entry(document, row, names) for row in ranking.rows)
    best = next((entry for entry, row in zip(entries, ranking.rows, strict=True) if row.recommended), None)
    return Logged(
        title=one_line(document.title),
        note=markdown.render(document),
        spec={key: _typed(value) for key, value in document.spec.plain().items() if value not in (None, {})},
        about={"spec_hash": document.spec_hash, **{f"{k}_version": v for k, v in sorted(document.versions.items())}},
        columns=names,
        rows=tuple(tuple(_cell(row.value(name)) for name in names) for row in ranking.rows),
        entries=entries,
        recommended=best,
        files={
            "spec.yaml": resolved(document.spec),
            "ranking.csv": csv.render(ranking),
            "ranking.json": json.render(document),
        },
        figures=figures.plot(ranking, document.spec, "png", families.edges(document.edges)),
    )


def _entry(document: Document, row: Row, names: tuple[str, ...]) -> Entry:
    settings = {"activation": row.activation, "lr": row.lr, **dict(row.configuration.settings)}
    numbers = {key: row.value(key) for key in names if key not in settings}
    return Entry(
        name=one_line(name(document.ranking, row)),
        settings={key: _typed(value) for key, value in settings.items()},
        measures={
            key: float(value)
            for key, value in numbers.items()
            if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        },
        labels={"regime": str(row.regime), "recommended": str(row.recommended).lower()},
    )


def _cell(value: object) -> Setting | None:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, bool | int | float) else one_line(str(value))


def _typed(value: object) -> Setting:
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return ", ".join(str(_typed(one)) for one in value)
    return one_line(str(value))
