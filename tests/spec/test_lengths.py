"""Lengths of probe and full training: each from the other, in steps and in epochs."""

import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import SettingError
from lyapscreen.spec.epochs import epochs, in_steps
from lyapscreen.spec.spec import Spec


@pytest.mark.parametrize(
    ("given", "steps", "full_steps"),
    [
        ({}, 100, 1500),
        ({"full_steps": 60}, 60, 60),
        ({"full_steps": "25000"}, 250, 25_000),
        ({"full_steps": 10_000_000}, 400, 10_000_000),
        ({"full_steps": 25_000, "steps": 80}, 80, 25_000),
        ({"steps": 3000}, 3000, 3000),
        ({"steps": 400}, 400, 1500),
    ],
)
def test_one_follows_from_the_other(given, steps, full_steps):
    spec = Spec.of(**given)
    assert (spec.steps, spec.full_steps) == (steps, full_steps)


@pytest.mark.parametrize(("asked", "full", "steps"), [(3, 63, 63), (0.5, 11, 11), (2000, 42_000, 400)])
def test_epochs_are_whole_minibatches(asked, full, steps):
    """1,347 rows are 21 whole minibatches of 64; part of a step is a step."""
    found = in_steps(Spec.of(full_epochs=asked), 1347)
    assert (found.full_steps, found.steps, found.full_epochs) == (full, steps, None)
    assert epochs(found, 1347) == pytest.approx(full / 21)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"full_epochs": 3, "steps": 100}, "full_epochs 3.0: full training must be at least as long as the probes"),
        ({"full_epochs": 1e9}, "full_epochs 1000000000.0: that is 21,000,000,000 steps"),
        ({"full_epochs": 3, "warmup": 63}, "warmup 63: it must end before the 63 steps of full training"),
        ({"full_epochs": 0}, "full_epochs 0: it must be greater than 0"),
        ({"full_epochs": 3, "full_steps": 90}, "full_epochs 3.0: the length is given in steps as well: 90"),
    ],
)
def test_lengths_that_cannot_be_are_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        in_steps(Spec.of(**settings), 1347)


def test_a_screening_says_both():
    s = ls.screen(data="wine", model="mlp:4", act="relu", lr="0.1,0.3", seeds=2, full_epochs=20, jobs=1)
    assert (s.spec.full_steps, s.spec.steps, s.epochs) == (40, 40, 20)  # 133 rows, two minibatches of 64
    assert "For: 40 steps (20 epochs) at a constant learning rate, the best checkpoint kept" in s.markdown()


def test_a_flag_of_one_wins_over_the_other_in_a_file(tmp_path):
    (tmp_path / "s.yaml").write_text("full_steps: 300\ndata: wine\nact: relu\nlr: 0.1\nseeds: 2\n")
    done = CliRunner().invoke(app, ["rank", str(tmp_path / "s.yaml"), "--full-epochs", "20", "--dry-run"])
    assert done.exit_code == 0, done.stderr
    assert "40 steps each" in done.stdout
