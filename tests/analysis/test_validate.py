"""Rules judged by full training, as the command does it."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing

SMALL = [
    "--data",
    "wine",
    "--model",
    "mlp:8",
    "--act",
    "tanh,relu",
    "--lr",
    "1e-3:3:6",
    "--seeds",
    "3",
    "--steps",
    "40",
]


RUN = ["validate", "--quiet", "--jobs", "1", *SMALL, "--full-steps", "80"]


def test_the_command_judges_every_rule_by_full_training(tmp_path):
    path, plot = tmp_path / "v.json", tmp_path / "v.svg"
    done = CliRunner().invoke(app, replacing(*RUN, "--json", str(path), "--plot", str(plot)))
    assert done.exit_code == 0, done.stderr
    assert "On this task" in done.stdout
    assert plot.read_bytes().startswith(b"<?xml")
    document = json.loads(path.read_text())
    rules = {line["rule"]: line for line in document["rules"]}
    assert list(rules) == [
        "halved", "projected", "effective", "transverse", "lyapunov", "train_loss", "held_out_loss", "kantz_wolf",
        "range_test", "random",
    ]  # fmt: skip
    # Everything follows from the points: the regret of a pick is counted again here.
    best = {(p["activation"], p["lr"]): math.inf if p["best"] is None else p["best"] for p in document["points"]}
    for line in rules.values():
        if line["pick"] is not None:
            mine = best[line["pick"]["activation"], line["pick"]["lr"]]
            assert line["regret_best"] == pytest.approx(np.mean([loss < mine for loss in best.values()]))
            assert line["loss"] == pytest.approx(mine)
    assert rules["halved"]["steps"] < rules["effective"]["steps"] == rules["held_out_loss"]["steps"]
    assert rules["kantz_wolf"]["steps"] == 25 * rules["effective"]["steps"]
    assert len(document["points"]) == 12


def test_all_but_the_seconds_is_the_same_for_any_jobs(tmp_path):
    texts = []
    for jobs in ("1", "2"):
        done = CliRunner().invoke(app, replacing(*RUN, "--jobs", jobs, "--memory", "50kB", "--json", "-"))
        document = json.loads(done.stdout)
        for line in document["rules"]:
            line.pop("seconds")
        texts.append(document)
    assert texts[0] == texts[1]


def test_a_sample_takes_as_many_learning_rates_of_each_activation():
    done = CliRunner().invoke(app, replacing(*RUN, "--sample", "6", "--json", "-"))
    points = [(p["activation"], round(p["lr"], 4)) for p in json.loads(done.stdout)["points"]]
    assert points == [(a, lr) for a in ("relu", "tanh") for lr in (0.001, 0.0246, 3.0)]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--sample", "3"], "--sample 3: it must be a whole number from 4 to"),
        (["--full-steps", "20"], "--full-steps 20: full training must be at least as long as the probes"),
        (["--rank-by", "loss"], "--rank-by loss: every rule is judged"),
        (["--lr", "0.1", "--act", "relu"], "one configuration leaves nothing to pick"),
        (["--plot", "x.gif"], "a picture ends in .png or .svg"),
    ],
)
def test_mistakes_are_told(flags, message):
    done = CliRunner().invoke(app, replacing(*RUN, *flags))
    assert done.exit_code == 2
    assert message in done.stderr
