"""`lyapscreen schema`: the JSON Schema of a spec file, for editors, and of a ranking, for programs that read one."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from lyapscreen.cli import failures, flags, messages, permissions, signature
from lyapscreen.cli.init import SHORT, description
from lyapscreen.cli.setting_flags import SETTINGS

Schema = dict[str, Any]

WORD: Schema = {"type": ["string", "number", "boolean"]}
"""`mlp:64,64` and `1e-4:1`; but a column called `3` or `true` is no text to YAML."""

ONE_OR_MORE: Schema = {"anyOf": [WORD, {"type": "array", "items": WORD, "minItems": 1}]}

NUMBER_AS_TEXT: Schema = {"type": "string", "pattern": r"^[-+]?[0-9._]+([eE][-+]?[0-9]+)?$"}

VALUE: Schema = {"type": ["string", "number", "boolean", "null"]}

BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""Pydantic leaves its own names where a field looks at its value before the bound does."""


def schema(
    ranking: Annotated[bool, typer.Option("--ranking", help="Of what --json writes, instead of a spec file.")] = False,
    debug: flags.Debug = False,
) -> None:
    """Print the JSON Schema of a spec file, for editors that complete and check, or of what --json writes.

    Example: lyapscreen schema > lyapscreen.schema.json, and as the first line of the spec
    # yaml-language-server: $schema=lyapscreen.schema.json
    """
    with failures.errors_reported(debug=debug):
        from lyapscreen.report import console

        console.write(json.dumps(_of_rankings() if ranking else document(), indent=2) + "\n")


def _of_rankings() -> Schema:
    from lyapscreen.report.commands.published_schema import ranking_schema  # half a second: it reads the rows' fields

    return ranking_schema()


def document() -> Schema:
    """Return the JSON Schema of what `lyapscreen rank SPEC.yaml` reads.

    Pydantic knows types, bounds and names, the flags what they mean; both are loosened to what
    people write in YAML: ranges such as 1e-4:1, one value where a list may stand, numbers as text.
    """
    from lyapscreen.spec.spec import Spec

    fields = Spec.model_json_schema()["properties"]
    properties: Schema = {}
    for flag in SETTINGS:
        properties[flag.name] = {"description": description(flag), **_field(flag.name, fields[flag.name])}
    for name in sorted(set(signature.keys()) - set(properties) - set(permissions.FLAG_ALONE)):
        properties[name] = {"description": f"As the flag {messages.as_flag(name)}.", **VALUE}
    hyphened = {name.replace("_", "-"): field for name, field in properties.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A spec for lyapscreen",
        "type": "object",
        "properties": properties | hyphened,
        "additionalProperties": False,
    }


def _field(name: str, plain: Schema) -> Schema:
    default = {"default": SHORT.get(name, plain["default"])}
    if name == "sweep":
        return _sweep()
    if name == "act":
        return {"anyOf": [_names(), {"type": "string"}, {"type": "array", "items": _names()}], **default}
    if plain.get("type") == "array":
        return {**ONE_OR_MORE, **default}
    kinds = [kind for part in plain.get("anyOf", [plain]) for kind in _loosened(part)]
    return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), **default}


def _loosened(plain: Schema) -> list[Schema]:
    """Return what people may write for one of pydantic's types."""
    match plain.get("type"):
        case "number" | "integer":
            bounds = {BOUNDS.get(key, key): value for key, value in plain.items() if key not in ("title", "default")}
            return [bounds, NUMBER_AS_TEXT]
        case "boolean":
            return [{"type": "boolean"}, {"enum": list(signature.SWITCHES)}]
        case "string" if "enum" in plain or "const" in plain:
            names = plain.get("enum", [plain.get("const")])
            # To YAML 1.1 `yes` is a truth value.
            return [{"enum": names}, *([{"type": "boolean"}] if "yes" in names else [])]
        case "null":
            return [{"type": "null"}]
        case _:
            return [WORD]


def _names() -> Schema:
    from lyapscreen.spec.activations import ACTIVATIONS

    return {"enum": ["all", *ACTIVATIONS]}


def _sweep() -> Schema:
    from lyapscreen.spec.constraints import AXES_OF_THEIR_OWN, SWEEPABLE

    axis = {"anyOf": [VALUE, {"type": "array", "items": VALUE, "minItems": 1}]}
    by_name = {
        "type": "object",
        "properties": dict.fromkeys(SWEEPABLE, axis),
        "additionalProperties": axis,
        "propertyNames": {"not": {"enum": list(AXES_OF_THEIR_OWN)}},
    }
    as_flags = {"type": "array", "items": {"type": "string", "pattern": "="}}
    return {"anyOf": [by_name, as_flags], "default": {}}
