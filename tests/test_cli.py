"""The command as a person and a script meet it: output, exit codes, and every kind of mistake."""

import csv
import io
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app

SMALL = ["rank", "--data", "wine", "--model", "mlp:8", "--steps", "20", "--seeds", "3", "--jobs", "1"]


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def table(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


ROWS = "".join(f"{i},{i % 5},{i % 2}\n" for i in range(40))

BAD_FLAGS = [
    (["--lr", "abc"], "--lr abc: 'abc' is not a number. Write"),
    (["--lr", ""], "--lr '': the list has an empty entry. Write"),
    (["--lr", "0.1,,1"], "--lr 0.1,,1: the list has an empty entry"),
    (["--lr", "-1"], "--lr -1: -1 is not a positive finite number"),
    (["--lr", "0"], "--lr 0: 0 is not a positive finite number"),
    (["--lr", "nan"], "--lr nan: nan is not a positive finite number"),
    (["--lr", "inf"], "--lr inf: inf is not a positive finite number"),
    (["--lr", "1:1e-4"], "--lr 1:1e-4: the low end of a range must be below its high end"),
    (["--lr", "1:1"], "--lr 1:1: the low end of a range must be below its high end"),
    (["--lr", "1e-4:1:1"], "--lr 1e-4:1:1: a range has between 2 and 1000000 points"),
    (["--lr", "1e-4:1:2.5"], "--lr 1e-4:1:2.5: '2.5' is not a whole number"),
    (["--lr", "1:2:3:4"], "--lr 1:2:3:4: a range has the form LO:HI or LO:HI:N"),
    (["--lr", "0.1,0.1"], "--lr 0.1,0.1: 0.1 stands twice"),
    (["--lr", "1e-4:1:1000000"], "candidates: at most 1000000 are screened"),
    (["--act", "rleu"], "--act rleu: there is no such activation. Did you mean relu?"),
    (["--act", "relu,relu"], "--act relu,relu: relu stands twice"),
    (["--act", "relu,"], "--act relu,: the list has an empty entry"),
    (["--seeds", "0"], "--seeds 0: the count of seeds is between 1 and"),
    (["--seeds", "-1"], "--seeds -1: -1 is not in 0 .. 2^63-1"),
    (["--seeds", "x"], "--seeds x: 'x' is not a whole number"),
    (["--seeds", "1,1"], "--seeds 1,1: 1 stands twice"),
    (["--seeds", "seed=a"], "--seeds seed=a: 'a' is not a whole number"),
    (["--model", "cnn7"], "--model cnn7: there is no such model"),
    (["--model", "mlp:"], "--model mlp:: '' is not a whole number"),
    (["--model", "mlp:64,0"], "--model mlp:64,0: each width is between 1 and 65536"),
    (
        ["--optimizer", "sdg"],
        "--optimizer sdg: it must be one of sgd, momentum, nesterov, adam, adamw, rmsprop. Did you mean sgd?",
    ),
    (
        ["--momentum", "0.9"],
        "--momentum 0.9: the optimizer sgd has no momentum. Optimizers with it: momentum, nesterov",
    ),
    (["--optimizer", "momentum", "--momentum", "1"], "--momentum 1: it must be less than 1"),
    (["--weight-decay", "-1"], "--weight-decay -1: it must be greater than or equal to 0"),
    (["--weight-decay", "x"], "--weight-decay x: it must be a valid number"),
    (["--clip-norm", "0"], "--clip-norm 0: it must be greater than 0"),
    (["--clip-norm", "nan"], "--clip-norm nan: it must be a finite number"),
    (["--batch-size", "0"], "--batch-size 0: it must be a whole number from 1 on, or full"),
    (["--batch-size", "ful"], "--batch-size ful: it must be a whole number from 1 on, or full"),
    (["--steps", "1"], "--steps 1: it must be greater than or equal to 2"),
    (["--steps", "ten"], "--steps ten: it must be a valid integer"),
    (["--steps", "2000000"], "--steps 2000000: it must be less than or equal to 1000000"),
    (
        ["--rank-by", "loss2"],
        "--rank-by loss2: it must be one of effective, end, transverse, lyapunov, kantz-wolf, loss. Did you mean loss?",
    ),
    (["--max-growth", "1"], "--max-growth 1: it must be greater than 1"),
    (["--max-growth", "inf"], "--max-growth inf: it must be a finite number"),
    (["--dtype", "float16"], "--dtype float16: it must be one of float32, float64. Did you mean"),
    (["--held-out", "1"], "--held-out 1: it must be less than 1"),
    (["--held-out", "0"], "--held-out 0: it must be greater than 0"),
    (["--header", "maybe"], "--header maybe: it must be one of auto, yes, no"),
    (["--task", "rank"], "--task rank: it must be one of auto, classification, regression"),
    (["--jobs", "0"], "--jobs 0: it must be a whole number from 1 to 4096"),
    (["--data", "digit"], "--data digit: "),
    (["--data", "/nowhere/x.csv"], "--data /nowhere/x.csv: "),
    (["--csv", "/nowhere/r.csv"], "--csv /nowhere/r.csv: "),
    (["--json", "/"], "--json /: "),
    (["--csv", "-", "--json", "-"], "--json -: stdout can hold only one result"),
    (["--csv", "same", "--json", "./same"], "--json ./same: --csv already writes there"),
    (["--schedule", "step"], "--schedule step: there is no such schedule"),
    (["--neighbours", "1"], "--neighbours 1: it must be greater than or equal to 2"),
    (["--estimator", "qr"], "--estimator qr: it must be one of tangent, two-trajectory"),
]


@pytest.mark.parametrize(
    ("flags", "message"), BAD_FLAGS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_bad_flag_is_one_message_and_exit_code_2(flags, message):
    assert_told(run("rank", *flags), message)


BAD_TABLES = {
    "nothing": ("", "data", "empty"),
    "header only": ("a,b,c\n", "data", ""),
    "one column": ("1\n2\n3\n", "data", ""),
    "binary": (b"\x00\x01\x02\xff\xfe" * 20, "data", ""),
    "ragged": ("1,2\n1,2,3\n" * 10, "data", "line 2"),
    "two rows": ("1,2,0\n3,4,1\n", "data", ""),
    "one class": ("1,2,0\n" * 20, "target", ""),
    "no target": ("1,2,?\n" * 20, "target", ""),
    "no inputs": ("?,?,0\n?,?,1\n" * 20, "data", ""),
}


@pytest.mark.parametrize(("text", "setting", "said"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_bad_table_is_one_message_and_exit_code_2(tmp_path, text, setting, said):
    path = table(tmp_path, text)
    result = run("rank", "--data", path)
    assert_told(result, f"error: --{setting} ")
    assert said in result.stderr


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--target", "price"], "--target price: "),
        (["--target", "9"], "--target 9: "),
        (["--task", "regression", "--target", "3"], "--task regression: "),
        (["--held-out", "0.001"], "--held-out 0.001: "),
    ],
)
def test_a_flag_that_does_not_fit_the_table(tmp_path, flags, message):
    path = table(tmp_path, "".join(f"{i},{i % 5},{i % 2},{'ab'[i % 2]}\n" for i in range(40)))
    assert_told(run("rank", "--data", path, *flags), message)


def assert_told(result, message):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert message in result.stderr
    said = [line for line in result.stderr.splitlines() if not line.startswith("note: ")]
    assert len(said) == 1
    assert said[0].startswith("error: --")
    assert "Traceback" not in result.stderr
    assert said[0].count(". ") >= 1, "the rule is followed by the fix"


def test_an_unknown_flag_is_bad_usage():
    result = run("rank", "--lrr", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such option" in result.stderr


def test_csv_on_stdout_stands_alone_and_follows_the_contract():
    result = run(*SMALL, "--lr", "1e-3:1", "--act", "relu,tanh", "--csv", "-")
    assert result.exit_code == 0
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 20
    assert ",".join(rows[0]) == (
        "rank,group,activation,lr,regime,effective,effective_low,effective_high,transverse,transverse_low,"
        "transverse_high,lyapunov,lyapunov_low,lyapunov_high,kantz_wolf,train_loss,held_out_loss,held_out_score,"
        "seeds,steps,best_seed,recommended"
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
        "schema", "spec", "spec_hash", "versions", "ranking", "recommended", "score_name", "edge",
    }  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(paths[0].read_text())))
    assert [float(row["effective"]) for row in rows] == pytest.approx([row["effective"] for row in plain["ranking"]])
    assert plain["recommended"] == plain["ranking"][0]
    assert len(plain["ranking"][0]["per_seed"]) == 3


def test_nothing_to_recommend_is_exit_code_3_and_says_so():
    result = run(*SMALL, "--lr", "1e-7,1e-6")
    assert result.exit_code == 3
    assert "stalled" in result.stdout
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
    assert " s of probing" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_quiet_leaves_stderr_to_warnings():
    loud, quiet = (
        run(*SMALL, "--lr", "0.1,0.3,1", "--data", "xor"),
        run(*SMALL, "--lr", "0.1,0.3,1", "--data", "xor", "--quiet"),
    )
    assert "note: " in loud.stderr
    assert "note: " not in quiet.stderr
    assert loud.stdout == quiet.stdout


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
    assert result.stderr.startswith("internal error: RuntimeError: a promise broken. This is a mistake in lyapscreen")


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
