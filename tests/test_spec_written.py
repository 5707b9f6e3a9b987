"""Spec files written by ourselves: by --print-spec, by init, and the JSON Schema of them."""

import json
import re

import pytest
from specfiles import READ, printed, run, spec_of, written

from lyapscreen.cli import setting_flags, signature
from lyapscreen.cli.init import template
from lyapscreen.cli.schema import document
from lyapscreen.spec import yaml_reader
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved

KEYS = set(signature.keys())


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--lr", "1e-7:1e-2", "--act", "all", "--seeds", "seed=7", "--target", "yes", "--header", "yes"],
        ["--optimizer", "adamw", "--weight-decay", "1e-9", "--clip-norm", "1", "--batch-size", "full", "--no-code"],
        ["--sweep", "optimizer=momentum,nesterov", "--sweep", "momentum=0,1e-9", "--schedule", "cosine:1500"],
        ["--model", "net.py:f", "--sweep", "norm=none,layer,1e-3,true"],
        ["--data", "sub/t: 1 # x.csv", "--target", "null", "--held-out", "0.1"],
    ],
    ids=" ".join,
)
def test_a_printed_spec_is_the_same_spec(arguments):
    result = run("rank", *arguments, "--print-spec")
    assert result.exit_code == 0, result.output
    assert run("rank", written(result.stdout), "--print-spec").stdout == result.stdout
    spec = printed(*arguments)
    assert spec_of(result.stdout).hash({}, "") == spec.hash({}, "")
    assert spec.act == (("relu", "sigmoid") if "--act" not in arguments else spec.act)


def test_printing_a_spec_does_nothing_else(directory):
    assert run("rank", "--data", "nowhere.csv", "--csv", "r.csv", "--print-spec").exit_code == 0
    assert list(directory.iterdir()) == []


def test_words_that_look_like_numbers_stay_words():
    spec = Spec.of(model="net.py:f", sweep={"norm": ["1e-4", "none", "true", "0x1", "word", "a: b", "1"]})
    assert spec_of(resolved(spec)) == spec


def test_the_spec_that_init_writes_is_all_defaults(directory):
    result = run("init")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "lyapscreen.yaml is written" in result.stderr
    text = (directory / "lyapscreen.yaml").read_text()
    assert spec_of(text) == Spec()
    assert set(yaml_reader.parse(text.encode(), "").settings) == set(Spec.model_fields)
    assert max(len(line) for line in text.splitlines()) <= 100
    for flag in setting_flags.SETTINGS:
        assert re.search(rf"(?m)^# .*\n{flag.name}: ", text), "every key stands under what is said of it"
    assert all(re.search(rf"\b{key}\b", text) for key in KEYS)


def test_init_writes_where_it_is_told_and_keeps_what_is_there(directory):
    assert run("init", "-").stdout == template()
    assert run("init", "my.yaml").exit_code == 0
    written("lr: 1\n", "my.yaml")
    refused = run("init", "my.yaml")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "error: PATH my.yaml: it already exists. Name another file, or replace it with --force\n"
    assert (directory / "my.yaml").read_text() == "lr: 1\n"
    assert run("init", "my.yaml", "--force").exit_code == 0
    assert (directory / "my.yaml").read_text() == template("my.yaml")
    assert run("init", "nowhere/my.yaml").stderr.startswith("error: PATH nowhere/my.yaml: there is no directory ")
    assert run("init", ".").exit_code == 2


# The JSON Schema


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
    texts = [text for name, (text, _) in READ.items() if name not in ("a date is a word", "Windows")]
    for text in [template(), resolved(Spec()), *texts]:
        assert not list(validator.iter_errors(yaml.safe_load(text))), text
    for text in ["lrr: 1", "steps: 0", "optimizer: sdg", "momentum: 2", "sweep: {lr: [1]}"]:
        assert list(validator.iter_errors(yaml.safe_load(text))), text
