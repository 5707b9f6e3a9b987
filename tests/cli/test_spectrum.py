"""`lyapscreen spectrum`: a table, CSV and JSON."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing

COMMAND = ["spectrum", "--data", "moons", "--model", "mlp:2", "--steps", "10", "--seeds", "2", "--k", "3"]


def test_the_command_prints_a_table_and_writes_csv_and_json(tmp_path):
    done = CliRunner().invoke(app, replacing(*COMMAND, "--json", str(tmp_path / "s.json")))
    assert done.exit_code == 0, done.output
    assert "leading directions are flat" in done.stdout
    plain = json.loads((tmp_path / "s.json").read_text())
    alone = CliRunner().invoke(app, replacing(*COMMAND, "--csv", "-"))
    rows = list(csv.DictReader(io.StringIO(alone.stdout)))
    assert [float(row["exponent"]) for row in rows] == pytest.approx([row["exponent"] for row in plain["exponents"]])
    assert (plain["activation"], plain["lr"], plain["seeds"]) == ("relu", 0.1, 2)


def test_a_k_that_is_no_number_is_told():
    done = CliRunner().invoke(app, [*COMMAND[:-1], "many"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--k many: it must be a whole number" in done.stderr
