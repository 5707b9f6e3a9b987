"""The script that trains a configuration: it runs, and prints what was measured; what it cannot write is refused."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

import lyapscreen as ls
from lyapscreen.errors import SettingError
from tests.helpers.project import ROOT
from tests.helpers.spec_files import run

RANK = ["rank", "--data", "wine", "--lr", "0.05,0.2", "--act", "tanh", "--seeds", "2", "--steps", "40", "--jobs", "1",
        "--full-steps", "60", "--quiet", "--rank-by", "effective"]  # fmt: skip

NET = """
from torch import nn
def make(activation, n_inputs, n_outputs, width=3):
    return nn.Sequential(nn.Linear(n_inputs, width), activation(), nn.Dropout(0.2), nn.Linear(width, n_outputs))
"""


def printed(script):
    """Run a script as a user would; return the held-out losses that it prints, by step."""
    environment = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error", script], capture_output=True, text=True, check=True, env=environment
    )
    return {int(step): float(loss) for step, loss in re.findall(r"step (\d+): held-out loss (\S+)", done.stdout)}


def measured(path, seed):
    """What a ranking's file says of its recommended configuration: held-out losses by step."""
    (row,) = [row for row in json.loads(path.read_text())["ranking"] if row["recommended"]]
    (one,) = [one for one in row["per_seed"] if one["seed"] == seed]
    return {m["steps"]: m["held_out_loss"] for m in (*one["earlier"], one)}


@pytest.mark.parametrize(
    "further",
    [["--clip-norm", "0.5", "--schedule", "cosine", "--warmup", "5", "--optimizer", "momentum"],
     ["--model", "net.py:make", "--sweep", "width=4", "--sweep", "weight_decay=0.01", "--optimizer", "adamw"]],
    ids=["clipped, scheduled", "own model, swept"],
)  # fmt: skip
def test_the_script_of_rank_prints_the_losses_of_rank(further, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    lrs = ["--lr", "0.002,0.01"] if "adamw" in further else []
    done = run(*RANK, *further, *lrs, "--json", "r.json", "--code", "train.py")
    assert done.exit_code == 0, done.stderr
    losses = printed("train.py")
    probed = measured(tmp_path / "r.json", 0)
    assert max(probed) == 40
    assert {*probed, 60} <= set(losses)
    # Both in float32: the same sums in another order, over forty steps.
    assert [losses[steps] for steps in probed] == pytest.approx(list(probed.values()), rel=2e-4)
    assert run("export-code", "r.json").stdout == (tmp_path / "train.py").read_text()
    other = run("export-code", "r.json", "--seed", "1", "-o", "other.py")
    assert (other.exit_code, other.stdout) == (0, "")
    assert (tmp_path / "other.py").read_text() == (tmp_path / "train.py").read_text().replace("seed=0,", "seed=1,")


def test_where_nothing_is_recommended_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("before")
    done = run(*RANK, "--lr", "1e-6", "--json", "r.json", "--code", "train.py")
    assert done.exit_code == 3
    done = run("export-code", "r.json", "--output", "train.py")
    assert (done.exit_code, done.stdout) == (3, "")
    assert "nothing is recommended, so that nothing is written; --configuration says which" in done.stderr
    assert (tmp_path / "train.py").read_text() == "before"
    done = run("export-code", "r.json", "--configuration", "act=tanh,lr=1e-6", "--output", "train.py")
    assert done.exit_code == 0, done.stderr
    assert "lr=1e-06," in (tmp_path / "train.py").read_text()


def test_a_run_directory_will_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(*RANK, "--run", "dir", "--code", "train.py").exit_code == 0
    assert run("export-code", "dir").stdout == (tmp_path / "train.py").read_text()


@pytest.mark.parametrize(
    ("further", "message"),
    [(["--seed", "7"], "--seed 7: the screening has no such seed. It has 0, 1"),
     (["--seed", "one"], "--seed one: it must be a whole number"),
     (["--configuration", "lr=9"], "--configuration lr=9: the screening has no tanh at lr 9; the nearest is at lr 0.2"),
     (["--output", "no/where.py"], "--output no/where.py: there is no directory "),
     (["--output", ""], "this is a directory, not a file")],
    ids=str,
)  # fmt: skip
def test_mistakes_are_named_with_their_flag(further, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ls.screen(data="wine", lr=[0.05, 0.2], act="tanh", seeds=2, steps=8).to_json("r.json")
    done = run("export-code", "r.json", *further)
    assert done.exit_code == 2
    assert message in done.stderr


def test_a_file_that_is_no_ranking_is_refused(tmp_path):
    (tmp_path / "r.json").write_text("{}")
    done = run("export-code", tmp_path / "r.json")
    assert done.exit_code == 2
    assert "RUN " in done.stderr


def test_an_optimizer_that_torch_lacks_is_refused_before_the_work(tmp_path):
    done = run(*RANK, "--optimizer", "lion", "--code", tmp_path / "train.py")
    assert done.exit_code == 2
    assert "torch.optim has no lion, so that no script can train with it. Leave out --code" in done.stderr


HOSTILE = 'x.csv\'\n"""\nimport os; os.abort()  # '


def test_text_of_a_file_stays_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ls.screen(data="wine", lr=[0.05, 0.2], act="tanh", seeds=2, steps=8).to_json("r.json")
    plain = json.loads((tmp_path / "r.json").read_text())
    plain["spec"] |= {"data": HOSTILE, "held_out": HOSTILE, "sweep": {"width": [HOSTILE]}, "model": "net.py:make"}
    for row in plain["ranking"]:
        row["width"] = HOSTILE
    (tmp_path / "r.json").write_text(json.dumps(plain))
    script = run("export-code", "r.json", "--configuration", f"tanh/lr=0.2/width={HOSTILE}").stdout
    called = []
    monkeypatch.setattr(ls, "replay", lambda **settings: called.append(settings) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exec(compile(script, "train.py", "exec"), {})
    assert called[0]["data"] == called[0]["held_out"] == called[0]["sweep"]["width"][0] == HOSTILE


@pytest.mark.parametrize("setting", ["data", "model", "loss"])
def test_what_was_given_from_python_has_no_script(setting):
    from torch import nn

    rng = np.random.default_rng(0)
    objects = {
        "data": (rng.normal(size=(60, 3)), rng.integers(0, 2, 60)),
        "model": lambda activation, i, o: nn.Sequential(nn.Linear(i, 3), activation(), nn.Linear(3, o)),
        "loss": nn.CrossEntropyLoss(),
    }
    found = ls.screen(**{"data": "wine", "lr": 0.2, "act": "tanh", "seeds": 1, "steps": 8, setting: objects[setting]})
    with pytest.raises(SettingError, match=f"^{setting} .*it was given from Python, and a script cannot name it"):
        found.code("lr=0.2")
