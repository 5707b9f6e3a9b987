"""Flags written several times, by other names or by variables; the help and the versions."""

import os
import platform
import subprocess
import sys
from importlib.metadata import version

import pytest
import yaml
from typer.testing import CliRunner

from lyapscreen.cli import COMMANDS, app
from lyapscreen.cli.repeated import merged


def run(*arguments, env=None):
    return CliRunner().invoke(app, [str(a) for a in arguments], env=env)


def printed(*arguments, env=None):
    """The settings as the spec has them."""
    done = run("rank", *arguments, "--print-spec", env=env)
    assert done.exit_code == 0, done.stderr
    return yaml.safe_load(done.stdout)


ADDED = [
    (["--act", "relu", "--act", "tanh"], {"act": ["relu", "tanh"]}),
    (["--activation", "ReLU", "--act=swish"], {"act": ["relu", "silu"]}),
    (["--lr", "0.1", "--lr", "0.2", "--lr=0.4"], {"lr": [0.1, 0.2, 0.4]}),
    (["--lr", "0.01:1:3", "--learning-rate", "3"], {"lr": [0.01, 0.1, 1.0, 3.0]}),
    (["--sweep", "momentum=0,0.9", "--optimizer", "momentum", "--sweep", "batch-size=8,16"],
     {"sweep": {"momentum": [0, 0.9], "batch_size": [8, 16]}}),
    (["--steps", "20", "--steps", "20"], {"steps": 20}),
]  # fmt: skip


@pytest.mark.parametrize(("flags", "settings"), ADDED, ids=str)
def test_lists_add_up(flags, settings):
    found = printed(*flags)
    assert {name: found[name] for name in settings} == settings


TWICE = [
    (["--steps", "20", "--steps", "30"], "--steps 20 and 30: the flag is given twice"),
    (["--optimizer", "sgd", "--optimizer=adam"], "--optimizer sgd and adam: the flag is given twice"),
    (["--seeds", "3", "--seeds", "4"], "--seeds 3 and 4: "),
    (["--jobs", "1", "--jobs", "2"], "--jobs 1 and 2: "),
    (["--csv", "a.csv", "--csv", "b.csv"], "--csv a.csv and b.csv: "),
    (["--act", "relu", "--act", "relu"], "--act relu,relu: relu is given twice"),
]


@pytest.mark.parametrize(("flags", "message"), TWICE, ids=str)
def test_a_flag_with_one_value_is_refused_twice(flags, message):
    done = run("rank", *flags)
    assert done.exit_code == 2
    assert message in done.stderr


def test_the_value_of_a_flag_is_no_flag():
    valued = {"--lr": "lr", "--csv": "csv", "-o": "output"}
    assert merged(["--csv", "--lr", "--lr", "1"], valued, {"lr"}) == ["--csv", "--lr", "--lr", "1"]
    assert merged(["--lr", "1", "--", "--lr", "2"], valued, {"lr"}) == ["--lr", "1", "--", "--lr", "2"]
    assert merged(["-oa", "--lr"], valued, {"lr"}) == ["-o", "a", "--lr"]


def test_a_variable_sets_what_no_flag_sets_and_wins_over_a_file(tmp_path):
    spec = tmp_path / "s.yaml"
    spec.write_text("lr: [0.5]\nsteps: 30\nact: elu\n")
    found = printed(spec, "--act", "tanh", env={"LYAPSCREEN_LR": "0.1,0.2", "LYAPSCREEN_ACT": "relu"})
    assert (found["lr"], found["act"], found["steps"]) == ([0.1, 0.2], ["tanh"], 30)
    assert printed(spec, env={"LYAPSCREEN_LR": ""})["lr"] == [0.5]
    assert printed("--full-steps", "900", env={"LYAPSCREEN_FULL_EPOCHS": "3"})["full_steps"] == 900
    assert printed(env={"LYAPSCREEN_HALVING": "false", "LYAPSCREEN_SWEEP": "batch_size=8,16 warmup=0,2"})["sweep"] == {
        "batch_size": [8, 16],
        "warmup": [0, 2],
    }


def test_a_mistake_in_a_variable_is_told_with_its_name():
    done = run("rank", "--print-spec", env={"LYAPSCREEN_LR": "abc"})
    assert done.exit_code == 2
    assert "LYAPSCREEN_LR abc: 'abc' is not a number" in done.stderr


def test_a_variable_that_is_no_setting_is_warned_of():
    done = run("rank", "--print-spec", env={"LYAPSCREEN_LEARNING": "1", "LYAPSCREEN_STEP": "1"})
    assert "warning: LYAPSCREEN_LEARNING is set, and no setting has that name." in done.stderr
    assert "LYAPSCREEN_STEP is set, and no setting has that name. Did you mean LYAPSCREEN_STEPS?" in done.stderr


def test_no_variable_takes_back_that_a_spec_is_not_trusted(tmp_path):
    spec = tmp_path / "s.yaml"
    spec.write_text("no_code: true\nmodel: net.py:f\n")
    assert printed(spec, env={"LYAPSCREEN_NO_CODE": "0"})["no_code"] is True
    done = run("rank", "--no-code", "--dry-run", env={"LYAPSCREEN_MODEL": "net.py:f"})
    assert done.exit_code == 2
    assert "no-code" in done.stderr


def test_a_spec_that_lies_there_and_is_not_read_is_spoken_of(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lyapscreen.yaml").write_text("lr: [0.5]\n")
    note = "note: lyapscreen.yaml is here and is not read; lyapscreen rank lyapscreen.yaml takes its settings"
    assert note in run("rank", "--print-spec").stderr
    assert note not in run("rank", "--print-spec", "--quiet").stderr
    assert note not in run("rank", "lyapscreen.yaml", "--print-spec").stderr


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_the_help_of_every_command_names_no_type_of_python(command):
    name = command.__name__.replace("_", "-")
    long, short = run(name, "--help", env={"COLUMNS": "100"}), run(name, "-h", env={"COLUMNS": "100"})
    assert (long.exit_code, long.stdout) == (0, short.stdout)
    assert "<bool>" not in long.stdout


def test_what_is_used_most_stands_first_in_the_help():
    panels = [line.split()[1] for line in run("rank", "-h").stdout.splitlines() if line.startswith("╭")]
    assert panels[:2] == ["Arguments", "Common"]


def test_the_version_names_torchs_and_pythons():
    expected = f"lyapscreen {version('lyapscreen')} (torch {version('torch')}, Python {platform.python_version()})\n"
    assert run("--version").stdout == run("-V").stdout == expected


def test_the_shell_completes_flags():
    line = {"_TYPER_COMPLETE_ARGS": "lyapscreen rank --opt", "_LYAPSCREEN_COMPLETE": "complete_zsh"}
    line |= {"COMP_WORDS": "lyapscreen rank --opt", "COMP_CWORD": "2"}
    code = "import sys; sys.argv = ['lyapscreen']; from lyapscreen.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | line, check=False
    )
    assert "--optimizer" in done.stdout
    assert "--install-completion" in run("--help").stdout
