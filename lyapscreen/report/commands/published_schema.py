"""The JSON Schema of what `--json` writes: published, so that other programs can check what they are given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_type_hints

from lyapscreen.report.formats import csv
from lyapscreen.results.edge import EdgeRegime
from lyapscreen.results.records import SCHEMA, Measures, Regime
from lyapscreen.results.row import Row

Schema = dict[str, Any]

NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
SWITCH: Schema = {"type": "boolean"}
REGIME: Schema = {"enum": [str(regime) for regime in Regime]}
VALUE: Schema = {"type": ["string", "number", "boolean", "null"]}
LINES: Schema = {"type": "array", "items": TEXT}
OBJECT: Schema = {"type": "object"}

OF_TYPE = {int: WHOLE, float: NUMBER, str: TEXT, bool: SWITCH, Regime: REGIME}
"""By the type of a field that is always there."""

POLICY = (
    "`schema` is raised when a key changes its meaning or goes; keys are added without that, so that a reader passes "
    "over "
    "those it does not know."
)


def ranking_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of a ranking's JSON, with its edges where those were searched for."""
    row = _row()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A ranking by lyapscreen",
        "description": f"{POLICY} What is undefined is null.",
        **_object(
            {
                "schema": {"const": SCHEMA},
                "spec": OBJECT,
                "spec_hash": TEXT,
                "versions": {"type": "object", "additionalProperties": TEXT},
                "ranking": {"type": "array", "items": row},
                "recommended": _or_null(row),
                "score_name": TEXT,
                "train_rows": _or_null(WHOLE),
                "edge": _or_null(_edges()),
                "resolved": OBJECT,
                "settings": _or_null({"type": "object", "additionalProperties": VALUE, "required": ["lr"]}),
                "sentences": LINES,
                "warnings": LINES,
                "notices": LINES,
                "task": _or_null(TEXT),
                "baseline_score": _or_null(NUMBER),
                "held_out_rows": _or_null(WHOLE),
                "classes": _or_null(WHOLE),
            }
        ),
    }


def _row() -> Schema:
    hints = get_type_hints(Row)
    always = [*csv.COLUMNS, *csv.INTERVALS]
    columns = {name: _of(hints[name]) for name in (*always, *csv.CONFIRMED)}
    seeds = {"type": "array", "items": _seed(), "minItems": 1}
    # Settings that are swept are columns too, whatever their names.
    return _object(columns | {"per_seed": seeds}, [*always, "per_seed"])


def _seed() -> Schema:
    measured = _object({name: _of(hint) for name, hint in get_type_hints(Measures).items()})
    full = _object({"steps": WHOLE, "best": _or_null(NUMBER), "best_steps": _or_null(WHOLE), "final": _or_null(NUMBER)})
    own = {
        "seed": WHOLE,
        "reason": TEXT,
        "earlier": {"type": "array", "items": measured},
        "local": {"type": "array", "items": _or_null(NUMBER)},
        "full": _or_null(full),
    }
    return _object(measured["properties"] | own)


def _edges() -> Schema:
    rate = _or_null({"type": "number", "exclusiveMinimum": 0})
    regime = {"enum": [str(regime) for regime in EdgeRegime]}
    rates = ("edge", "edge_low", "edge_high", "best_lr", "headroom", "headroom_low", "headroom_high")
    seed = _object(
        {"seed": WHOLE, "regime": regime} | dict.fromkeys(("edge", "stable", "unstable", "stable_above"), rate)
    )
    family = _object(
        {
            "activation": TEXT,
            "settings": {"type": "object", "additionalProperties": VALUE},
            "regime": regime,
            **dict.fromkeys((*rates, "largest_stable", "safe_lr"), rate),
            "recommended": SWITCH,
            "per_seed": {"type": "array", "items": seed, "minItems": 1},
        }
    )
    ends = {"steps": WHOLE, "max_growth": NUMBER, "lr_low": NUMBER, "lr_high": NUMBER}
    return _object(ends | {"families": {"type": "array", "items": family}})


def _of(hint: Any) -> Schema:
    """Return the schema of a field by its type; `float | None` may be null."""
    for kind, schema in OF_TYPE.items():
        if hint == kind | None:
            return _or_null(schema)
    return OF_TYPE[hint]


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(properties: Schema, required: Iterable[str] | None = None) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties if required is None else required)}
