"""Every kind of mistake at the command line: one message with its fix, and exit code 2."""

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing


def run(*arguments):
    return CliRunner().invoke(app, replacing(*arguments))


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
    (["--lr", "0.1,0.1"], "--lr 0.1,0.1: 0.1 is given twice"),
    (["--lr", "1e-4:1:1000000"], "candidates: at most 1000000 are screened"),
    (["--act", "rleu"], "--act rleu: there is no such activation. Did you mean relu?"),
    (["--act", "relu,relu"], "--act relu,relu: relu is given twice"),
    (["--act", "relu,"], "--act relu,: the list has an empty entry"),
    (["--seeds", "0"], "--seeds 0: the count of seeds is between 1 and"),
    (["--seeds", "-1"], "--seeds -1: -1 is not in 0 .. 2^63-1"),
    (["--seeds", "x"], "--seeds x: 'x' is not a whole number"),
    (["--seeds", "1,1"], "--seeds 1,1: 1 is given twice"),
    (["--seeds", "seed=a"], "--seeds seed=a: 'a' is not a whole number"),
    (["--model", "cnn7"], "--model cnn7: there is no such model"),
    (["--model", "mlp:"], "--model mlp:: '' is not a whole number"),
    (["--model", "mlp:64,0"], "--model mlp:64,0: each width is between 1 and 65536"),
    (
        ["--optimizer", "sdg"],
        "--optimizer sdg: it must be one of sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, lion. Did you",
    ),
    (
        ["--momentum", "0.9"],
        "--momentum 0.9: the optimizer sgd has no momentum. Optimizers with it: momentum, nesterov",
    ),
    (["--optimizer", "momentum", "--momentum", "1"], "--momentum 1: it must be less than 1"),
    (["--weight-decay", "-1"], "--weight-decay -1: it must be at least 0"),
    (["--weight-decay", "x"], "--weight-decay x: it must be a number"),
    (["--clip-norm", "0"], "--clip-norm 0: it must be greater than 0"),
    (["--clip-norm", "nan"], "--clip-norm nan: it must be a finite number"),
    (["--batch-size", "0"], "--batch-size 0: it must be a whole number from 1 on, or full"),
    (["--batch-size", "ful"], "--batch-size ful: it must be a whole number from 1 on, or full"),
    (["--steps", "1"], "--steps 1: it must be at least 2"),
    (["--steps", "ten"], "--steps ten: it must be a whole number"),
    (["--steps", "2000000"], "--steps 2000000: it must be at most 1000000"),
    (
        ["--rank-by", "loss2"],
        "--rank-by loss2: it must be one of projected, effective, transverse, lyapunov, kantz-wolf, loss. "
        "Did you mean loss?",
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
    (["--neighbours", "1"], "--neighbours 1: it must be at least 2"),
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
