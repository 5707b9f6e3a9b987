"""`--lr auto` at the prompt, in a spec file and in the environment."""

import json

import pytest
import yaml
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.cli.schema import document
from lyapscreen.screening.run_directory import RunDirectory
from tests.helpers.runs import outputs, rank

SMALL = ["--data", "wine", "--model", "mlp:8", "--act", "relu", "--seeds", "3", "--steps", "20", "--full-steps", "40",
         "--memory", "400kB"]  # fmt: skip
"""Without another word the best of two seeds is the highest rate of the default range."""


def run(*arguments, **environment):
    return CliRunner(env=environment).invoke(app, arguments)


def files(folder, *arguments):
    """Return a ranking's CSV, and its JSON without notices, as they were written."""
    csv, text = outputs(folder, *arguments)
    plain = json.loads(text)
    del plain["notices"]
    return csv, json.dumps(plain)


def kept(monkeypatch, batches):
    """Let a run end when so many batches are kept."""
    as_ever, count = RunDirectory.record, []

    def ending(self, *found):
        if len(count) == batches:
            raise KeyboardInterrupt
        count.append(found)
        as_ever(self, *found)

    monkeypatch.setattr(RunDirectory, "record", ending)


def test_the_bytes_are_those_of_the_range_that_was_found_for_any_jobs_and_after_an_end(tmp_path, monkeypatch):
    given = files(tmp_path, *SMALL, "--jobs", "1", "--lr", "1e-4:10")
    for jobs in ("1", "2"):
        assert files(tmp_path, *SMALL, "--jobs", jobs, "--lr", "auto") == given
    directory = ["--run", str(tmp_path / "run"), "--jobs", "1"]
    kept(monkeypatch, 2)
    assert rank(*directory, "--lr", "auto", spec=SMALL).exit_code == 130
    monkeypatch.undo()
    for lr in (["--lr", "auto"], ["--lr", "1e-4:10"]):
        assert files(tmp_path, *SMALL, *lr, *directory, "--resume") == given


def test_a_run_that_goes_on_by_itself_has_the_range_it_found(tmp_path, monkeypatch):
    directory = ["--run", str(tmp_path / "run"), "--jobs", "1"]
    kept(monkeypatch, 2)
    assert rank(*directory, "--lr", "auto", spec=SMALL).exit_code == 130
    monkeypatch.undo()
    monkeypatch.setattr("lyapscreen.screening.lr_range.probed", lambda *_, **__: pytest.fail("it looks again"))
    done = rank(*directory, "--resume", "--csv", "-", spec=[])
    assert done.exit_code == 0, done.stderr
    assert ",relu,10," in done.stdout


@pytest.mark.parametrize("spelled", ["auto", "Auto", '"AUTO"'])
def test_a_spec_file_or_a_variable_says_it_too(tmp_path, spelled):
    spec = tmp_path / "spec.yaml"
    spec.write_text(f"data: wine\nlr: {spelled}\n")
    for done in (run("rank", str(spec), "--print-spec"), run("rank", "--print-spec", LYAPSCREEN_LR=spelled.strip('"'))):
        assert done.exit_code == 0, done.stderr
        assert yaml.safe_load(done.stdout)["lr"] == "auto"


def test_the_schema_takes_it():
    validator = pytest.importorskip("jsonschema").Draft202012Validator(document())
    assert validator.is_valid({"lr": "auto"})


@pytest.mark.parametrize("command", ["edge", "spectrum"])
def test_commands_without_a_ranking_refuse_it(command):
    done = run(command, "--data", "wine", "--lr", "Auto")
    assert done.exit_code == 2
    assert "--lr Auto: rank, validate, gate and screen() alone look for the range" in done.stderr


def test_it_adds_up_with_nothing():
    done = run("rank", "--lr", "auto", "--lr", "0.1")
    assert done.exit_code == 2
    assert "--lr auto,0.1: auto looks for the whole range, so that it stands alone." in done.stderr


@pytest.mark.parametrize("command", ["rank", "validate"])
def test_a_dry_run_looks_for_nothing_and_says_so(command, monkeypatch):
    monkeypatch.setattr("lyapscreen.screening.lr_range.probed", lambda *_, **__: pytest.fail("it looks"))
    done = run(command, *SMALL, "--jobs", "1", "--lr", "auto", "--dry-run")
    assert done.exit_code == 0, done.stderr
    said = " ".join(done.stdout.split())
    # Two of three seeds, thirteen rates, and three above them to read ahead.
    assert "first 32 candidates look for the range of learning rates: 1e-4 to 1 with 2 of the seeds" in said
    assert "39 candidates: 1 activations x 13 learning rates x 3 seeds" in said


def test_a_validation_is_of_the_range_found():
    done = run("validate", *SMALL, "--jobs", "1", "--lr", "auto", "--sample", "4", "--json", "-")
    assert done.exit_code == 0, done.stderr
    assert "lr: auto found 1e-4 to 10: the best of two seeds lies inside" in " ".join(done.stderr.split())
    assert json.loads(done.stdout)["spec"]["lr"][-1] == 10


def test_a_gate_finds_its_choice_in_the_range_found():
    choice = "act=relu,lr=2.15"  # between the rates of the default range and beside one of the range found
    done = run("gate", *SMALL, "--jobs", "1", "--lr", "auto", "--choice", choice, "--json", "-", GITHUB_ACTIONS="")
    assert done.exit_code == 0, done.stderr
    assert "lr: auto found 1e-4 to 10" in done.stderr
    assert json.loads(done.stdout)["choice"]["lr"] == 2.15443469
