"""The command as a person and a script meet it: output and exit codes."""

import csv
import io
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing

SMALL = ["rank", "--data", "wine", "--model", "mlp:8", "--steps", "20", "--seeds", "3", "--jobs", "1"]


def run(*arguments):
    return CliRunner().invoke(app, replacing(*arguments))


def test_csv_on_stdout_stands_alone_and_follows_the_contract():
    result = run(*SMALL, "--lr", "1e-3:1", "--act", "relu,tanh", "--csv", "-")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 20
    assert ",".join(rows[0]) == (
        "rank,group,activation,lr,regime,effective,effective_low,effective_high,transverse,transverse_low,"
        "transverse_high,lyapunov,lyapunov_low,lyapunov_high,kantz_wolf,train_loss,held_out_loss,held_out_score,"
        "seeds,steps,best_seed,recommended,projected,projected_low,projected_high,kantz_wolf_low,kantz_wolf_high,"
        "train_loss_low,train_loss_high,held_out_loss_low,held_out_loss_high,held_out_score_low,held_out_score_high"
    )
    assert [row["rank"] for row in rows] == [str(i) for i in range(1, 21)]
    assert [row["recommended"] for row in rows] == ["1"] + ["0"] * 19
    assert {row["kantz_wolf"] for row in rows} == {""}


def test_json_and_csv_files_agree_with_each_other_and_the_table_is_printed(tmp_path):
    paths = tmp_path / "r.csv", tmp_path / "r.json"
    result = run(*SMALL, "--lr", "0.01:1", "--csv", paths[0], "--json", paths[1])
    assert result.exit_code == 0
    assert "relu" in result.stdout
    plain = json.loads(paths[1].read_text())
    assert set(plain) == {
        "schema", "spec", "spec_hash", "versions", "ranking", "recommended", "score_name", "train_rows", "edge",
        "resolved", "settings", "sentences", "warnings", "notices", "task", "baseline_score",
        "held_out_rows", "classes",
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(paths[0].read_text())))
    assert [float(row["effective"]) for row in rows] == pytest.approx([row["effective"] for row in plain["ranking"]])
    assert plain["recommended"] == plain["ranking"][0]
    assert len(plain["ranking"][0]["per_seed"]) == 3


def test_nothing_to_recommend_is_exit_code_3_and_says_so():
    result = run(*SMALL, "--lr", "1e-7,1e-6")
    assert result.exit_code == 3
    assert "NOTHING IS RECOMMENDED" in result.stdout
    assert "hardly learns" in result.stdout
    assert {
        row["recommended"] for row in csv.DictReader(io.StringIO(run(*SMALL, "--lr", "1e-7", "--csv", "-").stdout))
    } == {"0"}


def test_a_recommendation_at_the_end_of_the_range_is_warned_of():
    result = run(*SMALL, "--lr", "0.001:0.1", "--act", "relu")
    assert result.exit_code == 0
    assert "warning:" in result.stderr


def test_dry_run_probes_nothing_and_says_how_long(tmp_path):
    result = run("rank", "--dry-run", "--csv", tmp_path / "r.csv")
    assert result.exit_code == 0
    assert "130 candidates: 2 activations x 13 learning rates x 5 seeds" in result.stdout
    assert " s in all, start-up included" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_quiet_leaves_stderr_to_warnings():
    loud, quiet = (
        run(*SMALL, "--lr", "0.1,0.3,1", "--data", "xor"),
        run(*SMALL, "--lr", "0.1,0.3,1", "--data", "xor", "--quiet"),
    )
    assert "note: " in loud.stderr
    assert "note: " not in quiet.stderr
    assert loud.stdout.startswith(quiet.stdout)
    assert "next: " in loud.stdout
    assert "next: " not in quiet.stdout


def test_more_or_fewer_rows_and_columns_are_shown_as_asked_for():
    plain, every, two, wide = (
        run(*SMALL, "--lr", "1e-3:1:4", "--act", "relu", *more).stdout
        for more in ([], ["--all"], ["--top", "2"], ["--wide"])
    )
    assert "not shown: " in plain
    assert "not shown: " not in every
    assert len(every.splitlines()) > len(two.splitlines())
    assert "N λ_proj" in wide
    assert "λ" not in plain
    mistaken = run(*SMALL, "--top", "0")
    assert (mistaken.exit_code, mistaken.stderr.count("\n")) == (2, 1)
    assert "--top 0" in mistaken.stderr


def test_what_a_gate_has_in_its_file_does_not_cut_the_table(tmp_path):
    """`top` is a condition of `gate`; in one file for both commands it means that alone."""
    settings = ("data: wine", "model: mlp:8", "lr: 0.03,0.1,0.3,1", "act: relu", "seeds: 2", "steps: 20", "top: 1")
    (tmp_path / "spec.yaml").write_text("\n".join(settings))
    assert run("rank", tmp_path / "spec.yaml", "--all").stdout.count("learns") >= 4


def test_debug_shows_where_a_mistake_was_found():
    assert "Traceback" in run("rank", "--lr", "abc", "--debug").stderr


def test_version():
    result = run("--version")
    assert (result.exit_code, result.stdout.split()[0]) == (0, "lyapscreen")


def test_an_error_of_our_own_is_exit_code_4(monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a promise broken\nat length")

    monkeypatch.setattr("lyapscreen.screening.plan.prepare", broken)
    result = run(*SMALL)
    assert result.exit_code == 4
    assert result.stderr.startswith("internal error: RuntimeError: a promise broken. This is a bug in lyapscreen")


def test_the_installed_command_gives_the_same_bytes_for_any_jobs():
    outputs = []
    for jobs in ("1", "2", "3", "2"):
        command = [
            sys.executable,
            "-m",
            "lyapscreen",
            *SMALL[:-2],
            "--lr",
            "1e-3:1",
            "--act",
            "relu,tanh",
            "--csv",
            "-",
        ]
        outputs.append(subprocess.run([*command, "--jobs", jobs], capture_output=True, check=True).stdout)
    assert outputs[0].count(b"\n") == 21
    assert len(set(outputs)) == 1


def test_a_two_trajectory_estimate_of_a_kinked_activation_is_warned_of():
    flags = [*SMALL, "--lr", "0.1,0.3,1", "--estimator", "two-trajectory", "--quiet"]
    assert "unreliable for relu" in run(*flags, "--act", "relu,tanh").stderr
    assert "unreliable" not in run(*flags, "--act", "tanh").stderr


def test_ranking_by_the_papers_rule_fills_its_column():
    result = run(*SMALL, "--lr", "0.1,0.3", "--act", "tanh", "--rank-by", "kantz-wolf", "--csv", "-")
    values = [float(row["kantz_wolf"]) for row in csv.DictReader(io.StringIO(result.stdout))]
    assert values == sorted(values)
    assert len(set(values)) == 2


@pytest.mark.parametrize("flags", ["", "--csv -"], ids=["table", "csv"])
def test_a_reader_that_has_seen_enough_is_no_error(flags):
    command = f"{sys.executable} -m lyapscreen {' '.join(SMALL)} --lr 0.1,0.3,1 --quiet {flags} | true"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
