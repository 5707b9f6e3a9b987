"""--sweep on the command line."""

import csv
import io

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing


def run(*arguments):
    return CliRunner().invoke(app, replacing(*arguments))


FLAGS = ["rank", "--data", "wine", "--model", "mlp:4", "--steps", "10", "--seeds", "2", "--act", "relu", "--jobs", "1"]


def test_the_command_line_sweeps_and_shows_the_columns():
    flags = [*FLAGS, "--lr", "0.1,0.3", "--optimizer", "momentum", "--sweep", "momentum=0,0.9", "--sweep",
             "clip-norm=none,1"]  # fmt: skip
    result = run(*flags, "--csv", "-")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 8
    assert {(row["momentum"], row["clip_norm"]) for row in rows} == {("0", ""), ("0", "1"), ("0.9", ""), ("0.9", "1")}
    table = run(*flags).stdout
    assert " momentum  clip_norm  verdict" in table
    assert "relu momentum=0.9 clip_norm=none" in table
    assert "2 seeds x 2 momentum x 2 clip_norm" in run(*flags, "--dry-run").stdout


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--sweep", "momentum=0,0.9"], "error: --sweep momentum=0,0.9: the optimizer sgd has no momentum. Optimi"),
        (["--sweep", "batch-size=8,0"], "error: --sweep batch_size=0: it must be a whole number from 1 on, or full"),
        (["--sweep", "batch-size"], "error: --sweep batch-size: an axis is a name and its values. Write a name"),
        (["--sweep", "widht=3"], "error: --sweep widht=3: the built-in mlp has no keyword widht. You can sweep"),
    ],
)
def test_a_bad_axis_is_one_message_as_it_was_typed(flags, message):
    result = run("rank", *flags)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert result.stderr.startswith(message)
