"""The example workflow: its flags exist, and it gates against its own baseline."""

import re
import shlex
from xml.etree import ElementTree

import typer
import yaml
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing
from tests.helpers.project import EXAMPLES

EXAMPLE = EXAMPLES / "github-actions"


def workflow_commands():
    workflow = yaml.safe_load((EXAMPLE / ".github/workflows/hyper-parameters.yml").read_text())
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    lines = "\n".join(step.get("run", "") for step in steps) + "\n" + (EXAMPLE / "README.md").read_text()
    return [shlex.split(line)[1:] for line in map(str.strip, lines.splitlines()) if line.startswith("lyapscreen ")]


def test_the_example_workflow_names_flags_that_exist():
    known = typer.main.get_command(app).commands
    found = [[part for part in line if part.startswith("--")] for line in workflow_commands()]
    assert len(found) == 9
    for line, flags in zip(workflow_commands(), found, strict=True):
        assert set(flags) <= {name for p in known[line[0]].params for name in (*p.opts, *p.secondary_opts)}


def test_the_example_gates_against_its_own_baseline(tmp_path, monkeypatch):
    for file in EXAMPLE.glob("*.yaml"):
        (tmp_path / file.name).write_text(file.read_text())
    monkeypatch.chdir(tmp_path)
    short = ["--steps", "10", "--seeds", "2", "--data", "wine", "--model", "mlp:4", "--quiet"]
    (rank_line,) = [line for line in workflow_commands() if line[0] == "rank"]
    assert CliRunner().invoke(app, replacing(*rank_line, *short)).exit_code in (0, 3)
    (tmp_path / "choice.txt").write_text((EXAMPLE / "choice.txt").read_text())
    choice = (tmp_path / "choice.txt").read_text().strip()
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    gates = [
        [choice if part == "$CHOICE" else part for part in line]
        for line in workflow_commands()
        if line[:2] == ["gate", "lyapscreen.yaml"] and "||" not in line
    ]
    for line in gates:
        result = CliRunner().invoke(app, replacing(*line, *short))
        assert result.exit_code in (0, 1, 3), result.output
        assert len(ElementTree.parse("gate.xml").getroot()[0]) == (4 if "--baseline" in line else 3)


def test_a_pull_request_from_anybody_brings_one_line_of_text():
    text = (EXAMPLE / ".github/workflows/hyper-parameters.yml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in text
    steps = workflow["jobs"]["gate"]["steps"]
    (checkout,) = [step for step in steps if "checkout" in step.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z/-]+@[0-9a-f]{40}", action) for action in used)
    runs = [step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]
    assert not [run for run in runs if "${{" in run], "what others write is a variable, never part of a script"
    gates = [run for run in runs if "lyapscreen gate" in run]
    assert all("--no-code" in run and '--choice "$CHOICE"' in run and "--junit gate.xml" in run for run in gates)
    assert [run for run in runs if "pip install" in run] == ["pip install lyapscreen==0.1.0"] * 2
    assert "test -s gate.xml" in runs
    assert [step["with"]["if-no-files-found"] for step in steps if "upload" in step.get("uses", "")] == ["error"]
