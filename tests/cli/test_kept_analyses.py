"""`edge` and `validate` as `rank`: kept in a run directory, resumed, only planned, and written as tables and pages."""

import csv
import io
import re

import pytest
from typer.testing import CliRunner

from lyapscreen.analysis import edge as edges
from lyapscreen.cli import app
from lyapscreen.screening import full_training

SMALL = ["--data", "wine", "--model", "mlp:8", "--steps", "20", "--seeds", "2", "--quiet", "--jobs", "1"]
EDGE = ["edge", *SMALL, "--lr", "0.1:100:4", "--memory", "60kB"]
VALIDATE = ["validate", *SMALL, "--lr", "0.01:10:6", "--full-steps", "40", "--sample", "8", "--memory", "60kB"]


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def without_seconds(text):
    return re.sub(r'"seconds": [0-9.e-]+', "", text)


def test_an_interrupted_search_for_the_edge_goes_on_with_the_same_bytes(tmp_path, monkeypatch):
    whole = run(*EDGE, "--json", tmp_path / "whole.json")
    assert whole.exit_code == 0, whole.stderr
    measured, rounds = edges._measured, []

    def interrupted(*arguments):
        rounds.append(len(arguments[1]))
        if len(rounds) == 3:
            raise KeyboardInterrupt
        return measured(*arguments)

    kept = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(edges, "_measured", interrupted)
        stopped = run(*EDGE, "--run", kept)
    assert stopped.exit_code == 130
    assert f"lyapscreen edge --run {kept} --resume" in stopped.stderr
    probed = []
    with monkeypatch.context() as patch:
        probe = edges.probe.probe
        patch.setattr(edges.probe, "probe", lambda *given, **more: probed.append(1) or probe(*given, **more))
        resumed = run("edge", "--run", kept, "--resume", "--quiet", "--jobs", "1", "--json", tmp_path / "resumed.json")
    assert resumed.exit_code == 0, resumed.stderr
    assert (tmp_path / "resumed.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    assert (kept / "ranking.json").read_bytes() == (tmp_path / "whole.json").read_bytes()
    assert 0 < len(probed) < 2 * sum(rounds)


def test_an_interrupted_validation_goes_on_with_the_same_bytes(tmp_path, monkeypatch):
    whole = run(*VALIDATE, "--json", tmp_path / "whole.json")
    assert whole.exit_code == 0, whole.stderr
    train_batch, trained = full_training.train_batch, []

    def interrupted(*arguments, **keywords):
        trained.append(1)
        if len(trained) == 3:
            raise KeyboardInterrupt
        return train_batch(*arguments, **keywords)

    kept = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(full_training, "train_batch", interrupted)
        stopped = run(*VALIDATE, "--run", kept)
    assert stopped.exit_code == 130
    assert f"lyapscreen validate --run {kept} --resume --sample 8" in stopped.stderr
    again = []
    with monkeypatch.context() as patch:
        patch.setattr(full_training, "train_batch", lambda *a, **k: again.append(1) or train_batch(*a, **k))
        command = ["validate", "--run", kept, "--resume", "--quiet", "--jobs", "1", "--json", tmp_path / "resumed.json"]
        resumed = run(*command)
    assert resumed.exit_code == 0, resumed.stderr
    texts = [without_seconds((tmp_path / f"{name}.json").read_text()) for name in ("whole", "resumed")]
    assert texts[0] == texts[1]
    assert len(again) >= 1


@pytest.mark.parametrize("command", ["rank", "validate"])
def test_another_command_does_not_go_on_with_a_run(tmp_path, command):
    assert run(*EDGE, "--run", tmp_path / "run").exit_code == 0
    refused = run(command, "--run", tmp_path / "run", "--resume", "--rank-by", "projected")
    assert refused.exit_code == 2
    assert "it holds a different run, command: name edge there" in refused.stderr
    assert run(*EDGE, "--run", tmp_path / "run").exit_code == 2


@pytest.mark.parametrize("command", [EDGE, VALIDATE], ids=lambda command: command[0])
def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path, command):
    done = run(*command, "--dry-run", "--run", tmp_path / "run", "--csv", tmp_path / "t.csv")
    assert done.exit_code == 0, done.stderr
    assert "candidates: 2 activations x" in done.stdout
    assert "s in all, start-up included" in done.stdout
    assert "then " in done.stdout
    assert not list(tmp_path.iterdir())


def test_a_validation_is_written_as_a_table_and_as_a_page(tmp_path):
    hostile = tmp_path / "=1+1<script>.csv"
    rows = "".join(f"{i % 7},{i % 3},{i % 2}\n" for i in range(60))
    hostile.write_text(rows)
    table, page = tmp_path / "v.csv", tmp_path / "v.html"
    done = run("validate", "--data", hostile, *SMALL[2:], "--lr", "0.1,1", "--act", "relu", "--full-steps", "30",
               "--csv", table, "--html", page, "--sweep", "batch-size=8,16")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    found = list(csv.DictReader(io.StringIO(table.read_text())))
    assert list(found[0])[:4] == ["rule", "activation", "lr", "batch_size"]
    assert {row["rule"] for row in found} >= {"projected", "held_out_loss", "random"}
    assert found[-1]["lr"] == ""
    text = page.read_text()
    assert "On this task" in text
    assert text.count("<tr>") == len(found) + 1
    assert "<script" not in text
    assert "default-src 'none'" in text
    assert "http" not in re.sub(r'"http://www.w3.org/[^"]*"', "", text).replace("http-equiv", "")


def test_what_is_read_is_no_target(tmp_path):
    data = tmp_path / "t.csv"
    data.write_text("".join(f"{i % 7},{i % 3},{i % 2}\n" for i in range(60)))
    for command in ("edge", "validate"):
        refused = run(command, "--data", data, "--csv", data)
        assert refused.exit_code == 2
        assert "would be replaced" in refused.stderr
    assert data.read_text().startswith("0,0,0\n")
    missing = run("edge", "--resume")
    assert (missing.exit_code, "Name its directory with --run" in missing.stderr) == (2, True)
