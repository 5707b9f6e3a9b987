"""The ranking as JSON: everything a program needs to take the next step, at full precision."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from lyapscreen.report.formats import Format
from lyapscreen.report.formats.csv import columns
from lyapscreen.report.text.characters import json_text

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.records import Measures, Result
    from lyapscreen.results.row import Row


def render(document: Document) -> str:
    """Return a finished screening as JSON text with the spec that made it; the same screening gives the same bytes.

    Rows are keyed by the CSV's columns and hold `per_seed` besides: of each seed what was measured at the end,
    `earlier` at the rungs before, `local`, the exponents over time, and `full`, how full training went, if there
    was one. What is undefined is null, and so is what is not finite (a seed that diverged): JSON has no NaN.
    `json_reader.read` makes all of it a ranking again. `resolved` has the settings as they were used, `settings` those
    of the recommended configuration. The time it took is not in it: it is another in every run.
    """
    from lyapscreen.results.records import SCHEMA
    from lyapscreen.results.settings import Facts, resolved, settings_of

    ranking, facts = document.ranking, Facts(document.task, document.train_rows)
    rows, pick = [_row(row, columns(ranking)) for row in ranking.rows], ranking.recommended
    found = {
        "schema": SCHEMA,
        "spec": document.spec.plain(),
        "spec_hash": document.spec_hash,
        "versions": dict(sorted(document.versions.items())),
        "ranking": rows,
        "recommended": next((row for row in rows if row["recommended"]), None),
        "score_name": document.score_name,
        "train_rows": document.train_rows,
        "edge": None if document.edges is None else document.edges.plain(),
        "resolved": resolved(document.spec, facts),
        "settings": None if pick is None else settings_of(document.spec, pick.configuration, facts),
        "sentences": list(document.sentences),
        "warnings": list(document.warnings),
        "notices": list(document.notices),
        "task": document.task,
        "baseline_score": document.baseline_score,
        "held_out_rows": document.held_out_rows,
        "classes": document.classes,
    }
    return json_text(found)


def _row(row: Row, names: Sequence[str]) -> dict[str, Any]:
    cells = {name: _value(row.value(name)) for name in names}
    return cells | {"per_seed": [_seed(result) for result in row.results]}


def _seed(result: Result) -> dict[str, Any]:
    return {
        "seed": result.candidate.seed,
        **_measures(result.final),
        "reason": result.reason,
        "earlier": [_measures(measures) for measures in result.rungs[:-1]],
        "local": [_value(value) for value in result.local],
        "full": None if result.full is None else asdict(result.full),
    }


def _measures(measures: Measures) -> dict[str, Any]:
    return {field.name: _value(getattr(measures, field.name)) for field in fields(measures)}


def _value(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


FORMAT = Format(
    name="json",
    order=2,
    help="Write spec, versions, ranking and values per seed as JSON; - is stdout.",
    render=lambda document, _: render(document),
)
