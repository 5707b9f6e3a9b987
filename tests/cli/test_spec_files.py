"""Spec files given to the command: flags that win, keys that are no settings, and code that may be refused."""

import json
import re

import pytest

from lyapscreen.cli import setting_flags
from lyapscreen.cli.schema import document
from lyapscreen.spec.spec import Spec
from tests.helpers.spec_files import SMALL, printed_spec, run, write_spec

pytestmark = pytest.mark.usefixtures("directory")


def test_flags_win_over_the_file():
    path = write_spec("steps: 50\nlr: 0.1\nkantz_wolf: false\noptimizer: momentum\nsweep: {momentum: [0, 0.9]}")
    used = {"steps": 50, "optimizer": "momentum", "weight_decay": 0, "task": "classification", "loss": "cross-entropy"}
    assert printed_spec(path) == Spec.of(lr="0.1", sweep={"momentum": [0, 0.9]}, **used)
    assert printed_spec(path, "--lr", "1,2", "--kantz-wolf", "--sweep", "clip_norm=1,2") == Spec.of(
        lr=[1, 2], kantz_wolf=True, momentum=0.9, sweep={"clip_norm": [1, 2]}, **used
    )


def test_a_flag_that_wins_is_blamed_itself():
    path = write_spec("lr: abc\nsteps: 50\n")
    assert run("rank", path, "--lr", "xyz").stderr.startswith("error: --lr xyz: 'xyz' is not a number")
    assert run("rank", path, "--lr", "0.1", "--optimizer", "sdg").stderr.startswith("error: --optimizer sdg: ")


def test_every_flag_is_a_key():
    known = {parameter.split("=")[0] for parameter in re.findall(r"--([a-z-]+)", run("rank", "--help").stdout)}
    callers_alone = {"help", "allow-spec-address", "log-to", "print"}
    callers_alone |= {alias.strip("-") for flag in setting_flags.SETTINGS for alias in flag.aliases}
    assert known - {*callers_alone, *(flag.off.strip("-") for flag in setting_flags.SETTINGS)} <= set(
        document()["properties"]
    )
    assert {flag.name for flag in setting_flags.SETTINGS} == set(Spec.model_fields)


def test_the_keys_that_are_no_settings_work(directory):
    result = run("rank", write_spec(SMALL + "quiet: on\ncsv: '-'\njson: r.json\n"))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("rank,group,")
    assert "note: " not in result.stderr
    assert json.loads((directory / "r.json").read_text())["spec"]["steps"] == 10
    dry = run("rank", write_spec(SMALL + "dry-run: true\n"))
    assert "4 candidates: 1 activations x 2 learning rates x 2 seeds" in dry.stdout
    assert "Traceback" in run("rank", write_spec("lr: abc\ndebug: true\n")).stderr
    assert "Traceback" not in run("rank", write_spec("lr: abc\ndebug: false\n")).stderr


NET = """
import pathlib, torch
pathlib.Path("ran").touch()
def net(activation, n_inputs, n_outputs, width=3):
    return torch.nn.Sequential(torch.nn.Linear(n_inputs, width), activation(), torch.nn.Linear(width, n_outputs))
"""


def test_a_spec_runs_the_code_that_it_names_and_none_where_that_is_refused(directory):
    (directory / "sub").mkdir()
    write_spec(NET, "sub/net.py")
    path = write_spec(SMALL.replace("mlp:4", "net.py:net") + "quiet: true\nsweep: {width: [3, 4]}\n", "sub/spec.yaml")
    for flags_, text in (["--no-code"], ""), ([], "no_code: yes\n"):
        write_spec((directory / "sub/spec.yaml").read_text() + text, "sub/careful.yaml")
        result = run("rank", "sub/careful.yaml", *flags_)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        assert result.stderr.startswith("error: sub/careful.yaml line 2, model sub/net.py:net: ")
        assert not (directory / "ran").exists()
    assert run("rank", path, "--print-spec").exit_code == 0
    assert not (directory / "ran").exists()
    result = run("rank", path, "--csv", "-")
    assert result.exit_code in (0, 3), result.output
    assert result.stdout.startswith("rank,group,activation,lr,width,regime")
    assert (directory / "ran").exists()


def test_a_spec_from_standard_input():
    assert run("rank", "-", "--csv", "-", "--quiet", stdin=SMALL).stdout.startswith("rank,group,")
    assert run("rank", "-", stdin="lr: abc").stderr.startswith("error: stdin line 1, lr abc: 'abc' is not a number")


def test_a_spec_gives_what_its_flags_give():
    of_file = run("rank", write_spec(SMALL + "sweep: {batch_size: [8, 16]}\n"), "--csv", "-")
    of_flags = run("rank", "--data", "wine", "--model", "mlp:4", "--steps", "10", "--seeds", "2", "--lr", "0.05,0.2",
                   "--act", "relu", "--jobs", "1", "--sweep", "batch-size=8,16", "--csv", "-")  # fmt: skip
    assert of_file.exit_code == 0
    assert of_file.stdout == of_flags.stdout
