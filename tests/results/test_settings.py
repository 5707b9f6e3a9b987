"""Settings as they were used: in the JSON, in a spec that is printed, and for a training script."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.results.settings import Facts, as_given, resolved, settings_of
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.spec import Spec

CLASSES = Facts("classification", 640)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_to_type_has_the_settings_of_the_optimizer_and_no_other(name):
    flags = OPTIMIZERS[name].flags
    found = settings_of(Spec.of(optimizer=name), Configuration("relu", 0.1), CLASSES)
    assert {one: found[one] for one in flags} == dict(flags)
    assert ("momentum" in found) == ("momentum" in flags)
    assert list(found)[:3] == ["activation", "lr", "optimizer"]
    assert None not in found.values()
    assert "auto" not in found.values()


def test_settings_swept_have_the_value_of_the_configuration():
    spec = Spec.of(model="net.py:f", sweep={"optimizer": ["sgd", "adamw"], "batch_size": [32, 64], "width": [8, 16]})
    found = settings_of(spec, Configuration("relu", 0.1, (("optimizer", "adamw"), ("batch_size", 32), ("width", 16))))
    assert {"optimizer": "adamw", "weight_decay": 0.01, "batch_size": 32, "width": 16}.items() <= found.items()
    assert found["loss"] == "auto"  # the task is not known here
    used = resolved(spec, CLASSES)
    assert used["weight_decay"] == {"sgd": 0.0, "adamw": 0.01}
    assert "batch_size" not in used
    assert Spec.of(**as_given(spec, CLASSES)).sweep == spec.sweep


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_spec_as_used_reads_as_the_same_screening(name):
    spec = Spec.of(optimizer=name, full_steps=4000)
    again = Spec.of(**as_given(spec, CLASSES))
    assert (again.momentum_factor, again.decay, again.steps, again.full_steps) == (
        spec.momentum_factor, spec.decay, spec.steps, 4000,
    )  # fmt: skip
    assert (again.task, again.loss) == ("classification", "cross-entropy")
    assert as_given(again, CLASSES) == as_given(spec, CLASSES)


@pytest.mark.parametrize(
    ("arguments", "used"),
    [
        (["--optimizer", "momentum"], {"momentum": 0.9, "weight_decay": 0.0, "loss": "cross-entropy"}),
        (["--data", "diabetes", "--optimizer", "adamw"], {"weight_decay": 0.01, "task": "regression", "loss": "mse"}),
        (["--full-epochs", "100"], {"full_steps": 2100, "steps": 100, "schedule": "constant"}),
    ],
)
def test_a_printed_spec_has_what_is_used_and_prints_the_same_again(arguments, used, tmp_path):
    printed = CliRunner().invoke(app, ["rank", *arguments, "--print-spec"]).stdout
    found = yaml.safe_load(printed)
    assert used.items() <= found.items()
    assert found["task"] != "auto"
    (tmp_path / "spec.yaml").write_text(printed)
    assert CliRunner().invoke(app, ["rank", str(tmp_path / "spec.yaml"), "--print-spec"]).stdout == printed


def test_printing_a_spec_runs_no_code_of_its_own(tmp_path):
    (tmp_path / "mine.py").write_text("raise SystemExit('it ran')")
    done = CliRunner().invoke(app, ["rank", "--data", f"{tmp_path}/mine.py:data", "--print-spec"])
    assert done.exit_code == 0, done.stderr
    assert yaml.safe_load(done.stdout)["task"] == "auto"


def test_the_json_of_a_screening_has_no_setting_open():
    flags = ["--data", "wine", "--model", "mlp:4", "--lr", "0.05,0.1,0.2", "--act", "relu", "--seeds", "2"]
    done = CliRunner().invoke(app, ["rank", *flags, "--steps", "20", "--optimizer", "nesterov", "--json", "-"])
    found = json.loads(done.stdout)
    assert found["spec"]["momentum"] is None  # as it was asked for: the hash is of that
    assert (found["resolved"]["momentum"], found["resolved"]["task"], found["resolved"]["loss"]) == (
        0.9, "classification", "cross-entropy",
    )  # fmt: skip
    assert found["settings"]["momentum"] == 0.9
    assert found["settings"]["lr"] == found["recommended"]["lr"]
    assert found["baseline_score"] == pytest.approx(max(18, 15, 12) / 45, abs=0.1)  # wine: 59, 71 and 48 of 178
