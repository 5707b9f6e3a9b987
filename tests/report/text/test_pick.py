"""The recommended settings in forms that other programs read back as they were."""

import json
import re
import subprocess

import pytest
import yaml
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.errors import SettingError
from lyapscreen.report.text import pick
from lyapscreen.report.text.characters import one_line
from tests.helpers.documents import HOSTILE

WORDS = (
    "layer", "null", "True", "1e-3", "64", "inf", "a b", "it's", 'say "x"', "a,b", "[1,2]", "{a: 1}", "x=1",
    "back\\slash", "end\\", "\\'", "${lr}",
    "\\${lr}", "choice(a,b)", "ä", "#c", "a:b", "$HOME", "`id`", "*", "~", "-x", "a/b.c",
)  # fmt: skip
HARD = {
    "lr": 0.1, "tiny": 1e-07, "whole": 3, "yes": True, "nothing": None, **{f"w{i}": w for i, w in enumerate(WORDS)},
}  # fmt: skip


def test_every_form_reads_back_as_it_was(tmp_path):
    assert json.loads(pick.as_json(HARD)) == HARD
    assert eval(pick.as_python(HARD), {}) == HARD
    plain = yaml.safe_load(pick.as_yaml({name: value for name, value in HARD.items() if name != "tiny"}))
    assert plain == {name: value for name, value in HARD.items() if name != "tiny"}


def test_a_shell_sets_variables_and_runs_nothing():
    line = pick.as_shell(HARD)
    assert line.count("\n") == 1
    variables = " ".join(f'"${name}"' for name in HARD)
    script = f"{line}printf '%s\\n' {variables}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0.1", "1e-07", "3", "true", "none", *WORDS]


def test_hydra_reads_the_overrides_as_they_were():
    overrides = pytest.importorskip("hydra.core.override_parser.overrides_parser")
    from omegaconf import OmegaConf

    lines = pick.as_hydra(HARD).splitlines()
    parsed = overrides.OverridesParser.create().parse_overrides(lines)
    assert [one.key_or_group for one in parsed] == list(HARD)
    found = OmegaConf.to_container(OmegaConf.create({one.key_or_group: one.value() for one in parsed}), resolve=True)
    assert found == HARD
    assert {name: type(value) for name, value in found.items()} == {name: type(value) for name, value in HARD.items()}


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_read_back_and_acts_on_nothing_or_is_refused(name):
    found = {"lr": 0.1, "activation": name, "note": f"a {name}"}
    texts = {form: write(found) for form, write in pick.FORMS.items() if form not in ("shell", "hydra")}
    assert json.loads(texts["json"]) == yaml.safe_load(texts["yaml"]) == eval(texts["python"], {}) == found
    for form in ("shell", "hydra"):
        if one_line(name) == name:
            texts[form] = pick.form(form)(found)
        else:
            with pytest.raises(SettingError, match=f"{form}: activation holds control characters"):
                pick.form(form)(found)
    for text in texts.values():
        assert all(line.isprintable() for line in text.split("\n"))
        assert not re.search(r"^\s*::|##", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["PATH", "LD_PRELOAD", "path", "é", "x;y", "a b"])
def test_eval_sets_no_variable_that_something_acts_on(name):
    with pytest.raises(SettingError, match="is no variable that may be set by eval"):
        pick.as_shell({"lr": 0.1, name: "x"})


SMALL = [
    "--data",
    "wine",
    "--model",
    "mlp:8",
    "--act",
    "relu",
    "--steps",
    "20",
    "--seeds",
    "2",
    "--jobs",
    "1",
    "--quiet",
]


def test_the_command_prints_the_pick_alone(tmp_path):
    path = tmp_path / "r.json"
    done = CliRunner().invoke(app, ["rank", *SMALL, "--lr", "0.05,0.2,1", "--format", "Shell", "--json", str(path)])
    assert done.exit_code == 0, done.stderr
    best = json.loads(path.read_text())["recommended"]
    assert done.stdout.startswith(f"activation=relu lr={best['lr']:g} optimizer=sgd weight_decay=0 batch_size=64 ")
    again = CliRunner().invoke(app, ["show", str(path), "--print", "json"])
    assert json.loads(again.stdout)["lr"] == best["lr"]


def test_nothing_recommended_prints_nothing():
    done = CliRunner().invoke(app, ["rank", *SMALL, "--lr", "1e-7,1e-6", "--format", "yaml"])
    assert (done.exit_code, done.stdout) == (3, "")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--format", "jsn"], "--format jsn: it must be one of json, yaml, shell, hydra, python. Did you mean json?"),
        (["--format", "json", "--csv", "-"], "--format json: stdout holds the csv already"),
    ],
)
def test_what_cannot_be_printed_is_refused(flags, message):
    done = CliRunner().invoke(app, ["rank", *SMALL, *flags])
    assert done.exit_code == 2
    assert message in done.stderr
    with pytest.raises(SettingError):
        pick.form("toml")
