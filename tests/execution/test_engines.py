"""Engines by name: extras that are missing, and flags that do not fit."""

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing
from tests.helpers.runs import rank


@pytest.mark.parametrize(("name", "module"), [("dask", "distributed"), ("ray", "ray")])
def test_an_extra_that_is_missing_is_named_with_its_install_line(name, module, monkeypatch):
    monkeypatch.setattr("lyapscreen.execution.engines.find_spec", lambda wanted: None)
    done = rank("--backend", name)
    said = f"error: --backend {name}: it needs {module}, which is not installed. Run pip install 'lyapscreen[{name}]'\n"
    assert (done.exit_code, done.stderr) == (2, said)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--address", "tcp://127.0.0.1:1"], "--address tcp://127.0.0.1:1: workers on this machine have no address"),
        (["--backend", "loky", "--address", "x"], "--address x: workers on this machine have no address"),
        (["--backend", "slurm"], "--backend slurm: there is no such backend. Write one of loky, dask, ray"),
    ],
)
@pytest.mark.parametrize(
    "command", [["rank"], ["edge"], ["validate"], ["gate", "--choice", "act=relu,lr=0.1"]], ids=lambda c: c[0]
)
def test_flags_that_do_not_fit_are_refused(command, flags, said):
    done = CliRunner().invoke(app, replacing(*command, *flags))
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr
