"""`lyapscreen extrapolate`: a table of losses in, a learning rate out."""

import json

import pytest
from typer.testing import CliRunner

from lyapscreen import extrapolate_lr
from lyapscreen.cli import app

CURVE = "lr,loss\n0.001,2.2\n0.01,1.6\n0.1,0.5\n1,1.6\n10,\n"
STEPS = ["--probe-steps", "100", "--full-steps", "6400"]


def run(*arguments):
    return CliRunner().invoke(app, ["extrapolate", *arguments])


def test_it_says_the_rate_and_which_are_as_good(table):
    result = run(table(CURVE), *STEPS)
    assert (result.exit_code, result.stderr) == (0, "")
    assert (
        result.stdout
        == "For 6,400 steps: lr 0.025. Rates from 0.025 to 0.025 are as good, as far as the losses show.\n"
    )


def test_json_is_what_python_returns(table):
    result = run(table(CURVE), *STEPS, "--optimizer", "adam", "--schedule", "cosine", "--json", "-")
    rates, losses = [0.001, 0.01, 0.1, 1, 10], [2.2, 1.6, 0.5, 1.6, float("nan")]
    found = extrapolate_lr(rates, losses, probe_steps=100, full_steps=6400, optimizer="adam", schedule="cosine")
    assert json.loads(result.stdout) == found.__dict__


def test_seeds_training_losses_and_growth_are_read_from_their_columns(table):
    lines = [f"{lr},{loss + seed / 100},{train},{growth}" for seed in (0, 1) for lr, loss, train, growth in [
        (0.001, 2.2, 2.2, 0), (0.01, 1.6, 1.8, 0), (0.1, 0.5, 1.0, 0.1), (1, 0.4, 0.2, 9), (10, "", "", "")
    ] if loss != ""]  # fmt: skip
    lines += ["10,inf,,", "10,nan,,"]
    result = run(table("lr,loss,train_loss,growth\n" + "\n".join(lines)), *STEPS, "--keep", "last", "--json", "-")
    found = json.loads(result.stdout)
    assert found["overfits"] == 1.0
    assert found["exponent"] == pytest.approx(1.0)
    assert found["lr"] < 0.1 / 30  # 64 times as low as a rate about 0.1; the chaotic rate 1 is not read


def test_what_is_doubtful_is_said(table):
    result = run(table("lr,loss\n0.1,3\n1,2\n10,1\n"), "--probe-steps", "10", "--full-steps", "100000")
    assert "The loss is lowest at an end of the rates" in result.stdout
    assert "10,000 times as long a training as the short run was never measured" in result.stdout


@pytest.mark.parametrize(
    ("content", "flags", "message"),
    [
        ("rate,loss\n1,2\n", STEPS, "it has no column lr. It needs the columns lr and loss"),
        ("lr,loss\n", STEPS, "it has no rows"),
        ("", STEPS, "it cannot be read"),
        ("lr,loss\n1,x\n2,3\n3,4\n", STEPS, "loss in row 1 is 'x', not a number"),
        ("lr,loss\n,1\n2,3\n3,4\n", STEPS, "lr in row 1 is '', not a number"),
        ("lr,loss\n1,1\n1,2\n2,3\n3,4\n", STEPS, "lr 1 has 2 rows, but lr 2 has 1"),
        ("lr,loss,loss\n1,1,2\n2,1,3\n3,1,4\n", STEPS, "it has two columns loss. Rename one of the two"),
        ("lr,loss\n1,1\n2,3\n", STEPS, "fewer than 3 rates"),
        (CURVE, ["--probe-steps", "x", "--full-steps", "10"], "--probe-steps x: it must be a whole number"),
        (
            CURVE,
            ["--probe-steps", "100", "--full-steps", "10"],
            "--full-steps 10: it must be at least probe_steps",
        ),
        (CURVE, [*STEPS, "--momentum", "x"], "--momentum x: it must be a number"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(table, content, flags, message):
    result = run(table(content), *flags)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
