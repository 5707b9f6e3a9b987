"""`lyapscreen init`: the spec it writes and what it keeps."""

import re

import pytest

from lyapscreen.cli import setting_flags, signature
from lyapscreen.cli.init import FOLLOWS, template
from lyapscreen.spec import yaml_reader
from lyapscreen.spec.spec import Spec
from tests.helpers.spec_files import run, spec_of, write_spec

KEYS = set(signature.keys())


pytestmark = pytest.mark.usefixtures("directory")


def test_the_spec_that_init_writes_is_all_defaults(directory):
    result = run("init")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "lyapscreen.yaml is written" in result.stderr
    text = (directory / "lyapscreen.yaml").read_text()
    assert spec_of(text) == Spec()
    assert set(yaml_reader.parse(text.encode(), "").settings) == set(Spec.model_fields) - FOLLOWS
    assert max(len(line) for line in text.splitlines()) <= 100
    for flag in setting_flags.SETTINGS:
        assert re.search(rf"(?m)^# .*\n(# )?{flag.name}: ", text), "every key stands under what is said of it"
    assert all(re.search(rf"\b{key}\b", text) for key in KEYS)


def test_a_probe_of_that_spec_is_as_long_as_its_full_training_wants(directory):
    run("init")
    text = (directory / "lyapscreen.yaml").read_text()
    assert spec_of(text.replace("full_steps: 1500", "full_steps: 30000")).steps == 300


def test_init_writes_where_it_is_told_and_keeps_what_is_there(directory):
    assert run("init", "-").stdout == template()
    assert run("init", "my.yaml").exit_code == 0
    write_spec("lr: 1\n", "my.yaml")
    refused = run("init", "my.yaml")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == "error: PATH my.yaml: it already exists. Name another file, or replace it with --force\n"
    assert (directory / "my.yaml").read_text() == "lr: 1\n"
    assert run("init", "my.yaml", "--force").exit_code == 0
    assert (directory / "my.yaml").read_text() == template("my.yaml")
    assert run("init", "nowhere/my.yaml").stderr.startswith("error: PATH nowhere/my.yaml: there is no directory ")
    assert run("init", ".").exit_code == 2
