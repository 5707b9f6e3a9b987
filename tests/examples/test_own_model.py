"""The examples of one's own model run as their page has them, only shorter."""

import csv
import io
import shutil

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing
from tests.helpers.project import EXAMPLES

HERE = EXAMPLES / "own_model"


def commands():
    """The lines of the page that run something."""
    lines = (HERE / "README.md").read_text().splitlines()
    return [line.split()[1:] for line in lines if line.startswith("    lyapscreen ")]


def test_the_page_runs_every_spec():
    assert {command[-1] for command in commands()} == {path.name for path in HERE.glob("*.yaml")}


@pytest.mark.parametrize("command", commands(), ids=lambda command: command[-1])
def test_a_spec_of_ones_own_model_and_data(command, tmp_path, monkeypatch):
    folder = shutil.copytree(HERE, tmp_path / "own_model")
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(app, replacing(*command, "--steps", "4", "--seeds", "2", "--jobs", "1", "--csv", "-"))
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    # So short a probe may find nothing to recommend; what it measures has to be there all the same.
    assert done.exit_code in (0, 3), done.stderr
    assert all(float(row["lyapunov"]) for row in rows if row["regime"] != "diverged")
    assert len({row["lr"] for row in rows}) >= 4
    assert "model: " not in done.stderr, "nothing is to be said of models that torch takes whole"
