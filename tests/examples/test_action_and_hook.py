"""The composite action and the pre-commit hook parse, and their commands run as GitHub and pre-commit run them."""

import os
import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import typer
import yaml

from lyapscreen.cli import app
from tests.helpers.project import EXAMPLES, ROOT

ACTION = ROOT / ".github" / "actions" / "gate" / "action.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"

SPEC = """data: wine
model: mlp:4
act: relu
lr: [0.1, 0.2]
seeds: 2
steps: 10
choice: act=relu,lr=0.1
"""


@pytest.fixture
def job(directory):
    """Runs the action's own script with some inputs; returns exit code, outputs and what it printed."""
    action = yaml.safe_load(ACTION.read_text())
    (step,) = [step for step in action["runs"]["steps"] if step.get("id") == "gate"]
    (directory / "bin").mkdir()
    command = directory / "bin" / "lyapscreen"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m lyapscreen "$@"\n')
    command.chmod(0o755)
    (directory / "lyapscreen.yaml").write_text(SPEC)

    def run(**inputs):
        values = {name: one["default"] for name, one in action["inputs"].items()} | inputs
        said = {
            name: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: values[found[1]], text)
            for name, text in step["env"].items()
        }
        environment = {
            **os.environ, **said, "PATH": f"{directory / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
            "GITHUB_OUTPUT": str(directory / "output"), "GITHUB_ACTIONS": "",
        }  # fmt: skip
        (directory / "output").write_text("")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            env=environment, cwd=directory, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, (directory / "output").read_text(), done.stdout + done.stderr

    return run


def test_the_action_says_what_became_of_the_gate(job, directory):
    code, output, said = job(arguments="--no-code --min-score 0.01 --max-loss 100")
    assert (code, output) == (0, "outcome=pass\n"), said
    assert [case.get("name") for case in ElementTree.parse(directory / "gate.xml").getroot()[0]] == [
        "converging", "max-loss", "min-score",
    ]  # fmt: skip
    code, output, said = job(choice="act=relu,lr=0.2", arguments="--max-loss 0", junit="other.xml")
    assert (code, output) == (1, "outcome=fail\n"), said
    assert "relu at lr 0.2" in said
    assert (directory / "other.xml").exists()


def test_what_is_inconclusive_fails_unless_that_is_let_through(job):
    assert job(arguments="--max-loss 9 --seeds 1")[:2] == (3, "outcome=inconclusive\n")
    assert job(arguments="--max-loss 9 --seeds 1", inconclusive="pass")[:2] == (0, "outcome=inconclusive\n")
    code, output, said = job(inconclusive="maybe")
    assert (code, output) == (2, "")
    assert "inconclusive is fail or pass, not maybe" in said


def test_a_mistake_is_no_outcome(job):
    code, output, said = job(choice="act=relu; touch stolen")
    assert (code, output) == (2, "")
    assert "--choice" in said


def test_nothing_that_is_typed_is_run(job, directory):
    job(
        choice='$(touch stolen)"; touch stolen',
        arguments="--quiet `touch stolen` $(touch stolen)",
        spec="; touch stolen",
    )
    assert not (directory / "stolen").exists()


def test_a_baseline_that_is_not_there_yet_is_left_out(job):
    code, _, said = job(baseline="baseline.json")
    assert code == 0, said
    assert "baseline" not in said


def test_the_action_installs_this_repository_and_pins_what_it_uses():
    action = yaml.safe_load(ACTION.read_text())
    assert (ACTION.parent / ".." / ".." / "..").resolve() == ROOT
    steps = action["runs"]["steps"]
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    runs = [step["run"] for step in steps if "run" in step]
    assert not [run for run in runs if "${{" in run]
    assert any("$GITHUB_ACTION_PATH/../../.." in run for run in runs)


def test_the_hook_runs_where_the_spec_holds_the_choice(directory):
    (hook,) = yaml.safe_load(HOOKS.read_text())
    assert (hook["id"], hook["language"], hook["pass_filenames"]) == ("lyapscreen-gate", "python", False)
    assert re.search(hook["files"], "lyapscreen.yaml")
    assert not re.search(hook["files"], "docs/lyapscreen.yaml")
    program, command = hook["entry"].split()
    assert program == "lyapscreen"
    assert command in typer.main.get_command(app).commands
    (directory / "lyapscreen.yaml").write_text(SPEC)
    line = [sys.executable, "-m", "lyapscreen", command, *hook["args"]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": ""}
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert "Gate passed for relu at lr 0.1" in done.stdout


def test_the_page_shows_the_action_as_it_is():
    page = (EXAMPLES / "github-actions" / "README.md").read_text()
    (shown,) = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.S) if "actions/gate" in block]
    (step,) = yaml.safe_load(shown)
    assert set(step["with"]) <= set(yaml.safe_load(ACTION.read_text())["inputs"])
    (hook,) = [block for block in re.findall(r"```yaml\n(.*?)```", page, re.S) if "hooks:" in block]
    ids = [one["id"] for repo in yaml.safe_load(hook)["repos"] for one in repo["hooks"]]
    assert ids == [one["id"] for one in yaml.safe_load(HOOKS.read_text())]
