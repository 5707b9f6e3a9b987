"""The JSON Schema of spec files."""

import json

import pytest

from lyapscreen.cli import permissions, signature
from lyapscreen.cli.init import template
from lyapscreen.cli.schema import document
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved
from tests.helpers.spec_files import READABLE, run

KEYS = set(signature.keys()) - set(permissions.FLAG_ALONE)


def test_the_schema_knows_every_key_and_what_it_means():
    schema = json.loads(run("schema").stdout)
    assert schema == document()
    assert set(schema["properties"]) == KEYS | {key.replace("_", "-") for key in KEYS}
    assert all(field["description"] for field in schema["properties"].values())
    assert schema["properties"]["steps"]["anyOf"][0] == {"type": "integer", "minimum": 2, "maximum": 1_000_000}
    assert schema["properties"]["momentum"]["anyOf"][0] == {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
    assert schema["properties"]["lr"]["default"] == "1e-4:1"
    assert "nesterov" in schema["properties"]["optimizer"]["enum"]


def test_the_schema_takes_what_the_reader_takes():
    jsonschema = pytest.importorskip("jsonschema")
    import yaml

    validator = jsonschema.Draft202012Validator(document())
    texts = [text for name, (text, _) in READABLE.items() if name not in ("a date is a word", "Windows")]
    for text in [template(), resolved(Spec()), *texts]:
        assert not list(validator.iter_errors(yaml.safe_load(text))), text
    for text in ["lrr: 1", "steps: 0", "optimizer: sdg", "momentum: 2", "sweep: {lr: [1]}"]:
        assert list(validator.iter_errors(yaml.safe_load(text))), text
