"""Spec files written by ourselves: what --print-spec prints is the same spec."""

import pytest

from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved
from tests.helpers.spec_files import printed_spec, run, spec_of, write_spec

pytestmark = pytest.mark.usefixtures("directory")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--lr", "1e-7:1e-2", "--act", "all", "--seeds", "seed=7", "--target", "yes", "--header", "yes"],
        ["--optimizer", "adamw", "--weight-decay", "1e-9", "--clip-norm", "1", "--batch-size", "full", "--no-code"],
        ["--sweep", "optimizer=momentum,nesterov", "--sweep", "momentum=0,1e-9", "--schedule", "wsd:0.25"],
        ["--model", "net.py:f", "--sweep", "norm=none,layer,1e-3,true"],
        ["--data", "sub/t: 1 # x.csv", "--target", "null", "--held-out", "0.1"],
    ],
    ids=" ".join,
)
def test_a_printed_spec_is_the_same_spec(arguments):
    result = run("rank", *arguments, "--print-spec")
    assert result.exit_code == 0, result.output
    assert run("rank", write_spec(result.stdout), "--print-spec").stdout == result.stdout
    spec = printed_spec(*arguments)
    assert spec_of(result.stdout).hash({}, "") == spec.hash({}, "")
    assert spec.act == (("relu", "sigmoid") if "--act" not in arguments else spec.act)


def test_printing_a_spec_does_nothing_else(directory):
    assert run("rank", "--data", "nowhere.csv", "--csv", "r.csv", "--print-spec").exit_code == 0
    assert list(directory.iterdir()) == []


def test_words_that_look_like_numbers_stay_words():
    spec = Spec.of(model="net.py:f", sweep={"norm": ["1e-4", "none", "true", "0x1", "word", "a: b", "1"]})
    assert spec_of(resolved(spec)) == spec
