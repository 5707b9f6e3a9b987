"""The ranking as JSON: everything a program needs to take the next step, at full precision."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from lyapscreen.report.formats import Format
from lyapscreen.report.formats.csv import columns
from lyapscreen.report.text.characters import json_text

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.edge import Edges
    from lyapscreen.results.ranking import Ranking
    from lyapscreen.results.records import Measures, Result
    from lyapscreen.results.row import Row
    from lyapscreen.spec.spec import Spec


def render(
    ranking: Ranking, *, spec: Spec, spec_hash: str, versions: Mapping[str, str], score_name: str,
    edge: Edges | None = None, train_rows: int | None = None,
) -> str:  # fmt: skip
    """Return the ranking as JSON text with the spec that made it; the same arguments give the same bytes.

    Rows are keyed by the CSV's columns and hold `per_seed` besides: of each seed what was measured at the end,
    `earlier` at the rungs before, `local`, the exponents over time, and `full`, how full training went, if there
    was one. What is undefined is null, and so is
    what is not finite (a seed that diverged): JSON has no NaN. `json_reader.read` makes all of it a ranking again.
    """
    from lyapscreen.results.records import SCHEMA

    rows = [_row(row, columns(ranking)) for row in ranking.rows]
    document = {
        "schema": SCHEMA,
        "spec": spec.plain(),
        "spec_hash": spec_hash,
        "versions": dict(sorted(versions.items())),
        "ranking": rows,
        "recommended": next((row for row in rows if row["recommended"]), None),
        "score_name": score_name,
        "train_rows": train_rows,
        "edge": None if edge is None else edge.plain(),
    }
    return json_text(document)


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


def of_document(document: Document) -> str:
    """Return a finished screening as JSON text."""
    return render(
        document.ranking, spec=document.spec, spec_hash=document.spec_hash, versions=document.versions,
        score_name=document.score_name, edge=document.edges, train_rows=document.train_rows,
    )  # fmt: skip


FORMAT = Format(
    name="json",
    order=2,
    help="Write spec, versions, ranking and values per seed as JSON; - is stdout.",
    render=lambda document, _: of_document(document),
)
