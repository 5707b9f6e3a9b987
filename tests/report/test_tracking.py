"""Experiment trackers: what may be typed, what is refused before the work, and what each is given."""

import json
import math

import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.report.tracking import Tracker, entries, target, targets, trackers
from tests.helpers.project import ROOT

SHORT = ["--data", "wine", "--model", "mlp:4", "--act", "relu", "--lr", "0.1,1e9", "--steps", "20", "--seeds", "2"]


@pytest.fixture(scope="module")
def screening():
    return ls.screen(
        data="wine", model="mlp:4", act="relu", lr=[0.1, 1e9], steps=20, seeds=2, optimizer="momentum",
        sweep={"momentum": [0.5]},
    )  # fmt: skip


@pytest.fixture
def installed(monkeypatch):
    """Every tracker as if it were installed."""
    monkeypatch.setattr("lyapscreen.report.extras.find_spec", lambda module: module)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mlruns", "it names no experiment tracker. Write mlflow:URI, tensorboard:DIR or wandb:DIR"),
        ("mlfow:x", "it names no experiment tracker. Did you mean mlflow? Write mlflow:URI"),
        ("C:/runs", "it names no experiment tracker. "),
        ("", "it names no experiment tracker. "),
        ("tensorboard:", "it names no DIR. Write tensorboard:DIR, such as tensorboard:runs"),
        ("mlflow: ", "it names no URI. Write mlflow:URI, such as mlflow:sqlite:///mlflow.db"),
    ],
)
def test_what_is_no_tracker_is_one_message(text, message):
    with pytest.raises(OutputError) as refused:
        target(text)
    assert message in str(refused.value)


def test_a_place_may_hold_colons():
    assert target("mlflow:sqlite:///a.db").place == "sqlite:///a.db"
    assert target("mlflow:http://127.0.0.1:5000").place == "http://127.0.0.1:5000"


@pytest.mark.parametrize("name", trackers())
def test_a_tracker_that_is_not_installed_is_refused_with_the_line_to_run(name, monkeypatch, directory):
    monkeypatch.setattr("lyapscreen.report.extras.find_spec", lambda module: None if module == name else module)
    monkeypatch.setattr("lyapscreen.screening.plan.prepare", None)
    done = CliRunner().invoke(app, ["rank", *SHORT, "--log-to", f"{name}:runs"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"error: --log-to {name}:runs: writing it needs {name}, which is not installed. "
        f"Run pip install 'lyapscreen[{name}]'"
    ]


def test_every_tracker_has_an_extra_of_its_name():
    extras = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]")[2]
    assert all(f"\n{name} = [" in extras for name in trackers())


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_directory_that_cannot_be_written_is_refused_before_the_work(name, installed, directory, monkeypatch):
    monkeypatch.setattr("lyapscreen.screening.plan.prepare", None)
    (directory / "file").write_text("mine")
    for place, rule in (
        ("file", "this is a file"),
        ("file/runs", "is a file, so that"),
        ("a\0b", "no directory can have"),
    ):
        done = CliRunner().invoke(app, ["rank", *SHORT, "--log-to", f"{name}:{place}"])
        assert done.exit_code == 2
        assert rule in done.stderr
    assert (directory / "file").read_text() == "mine"


def test_a_place_is_named_once(installed):
    with pytest.raises(OutputError, match="it is named twice"):
        targets(["wandb:runs", "wandb:runs"])


def test_nothing_is_logged_into_a_run_directory(installed, directory):
    done = CliRunner().invoke(app, ["rank", *SHORT, "--run", "run", "--log-to", "tensorboard:run/board"])
    assert done.exit_code == 2
    assert "it lies in the run directory run" in done.stderr


@pytest.mark.parametrize("key", ["log_to", "log-to"])
@pytest.mark.parametrize("value", ["tensorboard:runs", "nowhere", "true"])
def test_a_spec_does_not_choose_where_results_go(directory, key, value):
    (directory / "s.yaml").write_text(f"data: wine\n{key}: {value}\n")
    done = CliRunner().invoke(app, ["rank", "s.yaml", "--steps", "2"])
    assert done.exit_code == 2
    assert "a spec does not choose where results are logged to. Leave it out, and write --log-to" in done.stderr


def test_the_schema_of_a_spec_has_no_such_key():
    assert not {"log_to", "log-to"} & set(json.loads(CliRunner().invoke(app, ["schema"]).stdout)["properties"])


def recording(monkeypatch, write):
    """A tracker in place of all others."""
    one = Tracker("wandb", "DIR", (), lambda target: None, write, "runs")
    monkeypatch.setattr("lyapscreen.report.tracking.trackers", lambda: {"wandb": one})


def test_several_trackers_are_given_what_was_ranked(monkeypatch, directory):
    seen = []
    recording(monkeypatch, lambda target, logged: seen.append((target.place, logged.title)))
    done = CliRunner().invoke(app, ["rank", *SHORT, "--json", "r.json", "--log-to", "wandb:a", "--log-to", "wandb:b"])
    assert (done.exit_code, seen) == (0, [("a", "relu at lr 0.1"), ("b", "relu at lr 0.1")])
    assert CliRunner().invoke(app, ["show", "r.json", "--log-to", "wandb:c"]).exit_code == 0
    assert seen[2] == ("c", "relu at lr 0.1")


def test_a_dry_run_makes_nothing_and_asks_nobody(monkeypatch, directory):
    def check(target):
        raise AssertionError("a dry run asks nobody")

    one = Tracker("wandb", "DIR", (), check, lambda target, logged: None, "runs")
    monkeypatch.setattr("lyapscreen.report.tracking.trackers", lambda: {"wandb": one})
    done = CliRunner().invoke(app, ["rank", *SHORT, "--dry-run", "--log-to", "wandb:a"])
    assert done.exit_code == 0, done.stderr
    assert CliRunner().invoke(app, ["rank", *SHORT, "--dry-run", "--log-to", "wand:a"]).exit_code == 2


def test_a_tracker_that_fails_takes_nothing_from_the_other_results(monkeypatch, directory):
    def write(target, logged):
        raise EnvironmentFailure("log_to wandb:a could not be written: disk full.")

    recording(monkeypatch, write)
    done = CliRunner().invoke(app, ["rank", *SHORT, "--csv", "r.csv", "--log-to", "wandb:a"])
    assert done.exit_code == 5
    assert "disk full" in done.stderr.splitlines()[-1]
    assert "relu" in done.stdout
    assert "relu,0.1" in (directory / "r.csv").read_text()


def test_a_row_is_its_settings_its_numbers_and_its_labels(screening):
    logged = entries.logged(screening.document)
    first, last = logged.entries
    row = screening.ranking.rows[0]
    assert logged.recommended == first
    assert first.name == "relu at lr 0.1 (momentum 0.5)"
    assert first.settings == {"activation": "relu", "lr": 0.1, "momentum": 0.5}
    assert first.measures["held_out_score"] == row.held_out_score
    assert first.labels == {"regime": "converging", "recommended": "true"}
    assert last.labels == {"regime": "diverged", "recommended": "false"}
    assert "effective" not in last.measures, "what is undefined is no number"
    assert all(math.isfinite(value) for entry in logged.entries for value in entry.measures.values())
    assert logged.spec["lr"] == "0.1, 1000000000.0"
    assert logged.spec["steps"] == 20
    assert logged.figures[1:4] == b"PNG"
    assert logged.files["ranking.csv"] == screening.csv()
    assert dict(zip(logged.columns, logged.rows[0], strict=True))["rank"] == 1
