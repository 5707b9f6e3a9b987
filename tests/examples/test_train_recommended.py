"""The plain-PyTorch recipe (examples/train_recommended) trains what a ranking recommends, as lyapscreen itself does."""

import importlib.util
import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.data import load
from lyapscreen.spec.spec import Spec
from lyapscreen.training.model import build
from tests.helpers.flags import replacing
from tests.helpers.project import EXAMPLES

HERE = EXAMPLES / "train_recommended"
SHORT = ["--steps", "20", "--seeds", "2", "--jobs", "1", "--quiet"]

NET = """
from torch import nn


def make(activation, n_inputs, n_outputs, width=4, dropout=0.0):
    return nn.Sequential(
        nn.Conv2d(n_inputs, width, 3), nn.BatchNorm2d(width), activation(), nn.Dropout(dropout), nn.Flatten(),
        nn.Linear(width * 36, n_outputs),
    )
"""
IMAGES = """
from sklearn.datasets import load_digits


def load():
    digits = load_digits()
    return digits.images[:400, None], digits.target[:400]
"""


@pytest.fixture(scope="module")
def recipe():
    spec = importlib.util.spec_from_file_location("train_recommended", HERE / "train.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "images.py").write_text(IMAGES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ranked(*flags):
    """The JSON of a short ranking whose best two were trained fully."""
    done = CliRunner().invoke(
        app, replacing("rank", *SHORT, "--confirm", "2", "--full-steps", "90", "--json", "-", *flags)
    )
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


SCREENED = [
    ["--data", "wine", "--model", "mlp:8", "--lr", "0.05,0.2", "--act", "tanh,relu"],
    ["--data", "digits", "--lr", "0.02,0.05", "--optimizer", "momentum", "--sweep", "momentum=0.5,0.9", "--act", "elu"],
    ["--data", "digits", "--lr", "0.003", "--optimizer", "adamw", "--sweep", "batch_size=32,full", "--split", "last"],
    ["--data", "wine", "--lr", "1e-2", "--optimizer", "adagrad", "--weight-decay", "1e-3", "--act", "tanh"],
    ["--data", "breast-cancer", "--lr", "1e-3", "--optimizer", "rmsprop", "--clip-norm", "0.5", "--batch-size", "full"],
    ["--data", "diabetes", "--model", "mlp:8,8", "--lr", "0.05", "--optimizer", "nesterov", "--weight-decay", "1e-3",
     "--schedule", "cosine", "--warmup", "5", "--act", "gelu"],
    ["--data", "diabetes", "--lr", "0.03", "--loss", "huber", "--schedule", "wsd:0.3", "--act", "softplus,tanh"],
    ["--data", "images.py:load", "--model", "net.py:make", "--lr", "0.01", "--optimizer", "adam", "--act", "relu",
     "--sweep", "width=2,3"],
]  # fmt: skip


@pytest.mark.parametrize("flags", SCREENED, ids=" ".join)
def test_the_recipe_trains_as_confirm_does(recipe, folder, flags):
    """In float64 both differ by rounding alone: one batches candidates, the other does not; e^(T lambda_1) is small."""
    document = ranked("--dtype", "float64", *flags)
    for seed in document["recommended"]["per_seed"]:
        losses = {done: loss for done, loss, _ in recipe.train(document, seed["seed"], 90)}
        assert losses[90] == pytest.approx(seed["full"]["final"], rel=1e-8)
        assert losses[seed["full"]["best_steps"]] == pytest.approx(seed["full"]["best"], rel=1e-8)
        assert min(losses.values()) == pytest.approx(seed["full"]["best"], rel=1e-8)


def test_in_float32_the_losses_agree_to_what_is_printed(recipe, folder):
    """Rounding is 1e-7 a step, 90 steps add up, and a perturbation grows by e^(T lambda_1) < 10 in so stable a one."""
    document = ranked(*SCREENED[0])
    assert document["recommended"]["lyapunov"] * 90 < np.log(10)
    seed = document["recommended"]["per_seed"][1]
    *_, (done, loss, _) = recipe.train(document, seed["seed"], 90)
    assert (done, loss) == (90, pytest.approx(seed["full"]["final"], rel=1e-4))


@pytest.mark.parametrize(
    ("model", "given", "keywords"),
    [("mlp:64,64", "digits", {}), ("net.py:make", "images.py:load", {"width": 3, "dropout": 0.5})],
)
def test_the_initial_weights_are_the_seeds(recipe, folder, model, given, keywords):
    spec = Spec.of(data=given, model=model, sweep={name: [value] for name, value in keywords.items()})
    dataset = load(spec)
    theirs = build(spec, dataset, "tanh", [3, 4], dataset.n_outputs)
    before = torch.get_rng_state()
    ours = recipe.network(spec.plain(), "tanh", keywords, dataset.n_inputs, dataset.n_outputs, 4)
    torch.set_rng_state(before)
    for name, weights in ours.named_parameters():
        assert torch.equal(weights, theirs.weights[name][1])


def run(*arguments):
    command = [sys.executable, str(HERE / "train.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_page_runs(folder):
    page = (HERE / "README.md").read_text().partition("## Train on")[2].splitlines()
    first, second = [line.split() for line in page if line.startswith("    ")]
    document = CliRunner().invoke(app, [*first[1:], *SHORT, "--act", "relu", "--lr", "0.1,0.5"])
    assert (first[0], document.exit_code) == ("lyapscreen", 0)
    assert second[:3] == ["python", "train.py", "ranking.json"]
    done = run(*second[2:], "--steps", 70, "--seed", 1)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "relu at lr 0.5, seed 1"
    losses = {int(line.split()[1]): float(line.split()[-1]) for line in lines[1:-1]}
    assert list(losses) == list(range(1, 71))
    best = min(losses, key=losses.get)
    assert lines[-1].startswith(f"lowest held-out loss {losses[best]:.4f} after")
    assert torch.load(folder / "best.pt", weights_only=True)["0.weight"].shape == (64, 64)


def test_nothing_recommended_is_said(folder):
    flags = ["--data", "wine", "--lr", "1e-6", "--act", "tanh", "--json", "none.json"]
    assert CliRunner().invoke(app, replacing("rank", *SHORT, *flags)).exit_code == 3
    done = run("none.json")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        "none.json recommends nothing: no configuration converged. Screen other --lr, or more --steps.\n"
    )


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("data", "table.csv", "data table.csv: not known here. Return your arrays from data() in"),
        ("model", "cnn", "model cnn: not known here. Build yours in network() in"),
        ("loss", "bce", "loss bce: not known here. Return yours from loss_of() in"),
        ("split", "group:patient", "held-out rows by file or group are not known here"),
        ("optimizer", "lion", "optimizer lion: not known here. Return yours from optimizer_of() in"),
    ],
)
def test_what_the_recipe_leaves_to_its_user_is_said(recipe, setting, value, said):
    row = {"activation": "relu", "lr": 0.1}
    plain = {**Spec.of(data="wine").plain(), setting: value}
    with pytest.raises(SystemExit) as ended:
        next(recipe.train({"spec": plain, "recommended": row, "score_name": "accuracy"}, 0, 2))
    assert str(ended.value).startswith(said)


@pytest.mark.parametrize("content", [None, "[", "[]", "{}"], ids=str)
def test_a_ranking_that_cannot_be_read_is_one_message(tmp_path, content):
    if content is not None:
        (tmp_path / "r.json").write_text(content)
    command = [sys.executable, str(EXAMPLES / "train_recommended" / "train.py"), "r.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "r.json is no ranking that can be read" in done.stderr
    assert "Traceback" not in done.stderr
