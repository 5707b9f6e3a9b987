"""`lyapscreen edge`: what it writes, and its exit codes."""

import csv
import io
import json

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.results.json_reader import read
from tests.helpers.flags import replacing


def run(*arguments):
    return CliRunner().invoke(app, replacing(*arguments))


COMMAND = ["edge", "--data", "wine", "--model", "mlp:8", "--steps", "20", "--seeds", "2", "--quiet"]


def test_the_command_writes_edges_and_the_ranking_they_belong_to(tmp_path):
    files = tmp_path / "e.csv", tmp_path / "e.json"
    result = run(*COMMAND, "--lr", "0.1:100:4", "--csv", files[0], "--json", files[1])
    assert result.exit_code == 0, result.stderr
    assert "relu" in result.stdout
    assert "headroom" in result.stdout
    rows = list(csv.DictReader(io.StringIO(files[0].read_text())))
    plain = json.loads(files[1].read_text())["edge"]
    assert [float(row["edge"]) for row in rows] == pytest.approx([f["edge"] for f in plain["families"]])
    assert sum(int(row["recommended"]) for row in rows) == 1
    saved = read(str(files[1]))
    assert saved.edge.plain() == plain
    assert len(saved.ranking.rows) == 8
    assert not saved.spec.halving


def test_no_edge_at_all_is_exit_code_3():
    result = run(*COMMAND, "--lr", "1e-4:1e-3:2", "--csv", "-")
    assert result.exit_code == 3
    assert result.stdout.count("beyond range") == 2
    assert "Try --lr 1e-4:0.01" in result.stderr


def test_one_learning_rate_has_no_edge():
    result = run(*COMMAND, "--lr", "0.1")
    assert result.exit_code == 2
    assert "--lr 0.1: the search for the edge needs at least two learning rates" in result.stderr
