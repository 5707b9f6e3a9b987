"""Settings and files that are nearly right: one message each, or what they mean."""

import os
import pty
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.spec.spec import Spec
from tests.helpers.project import ROOT

SMALL = ["--lr", "0.1,0.5", "--act", "relu", "--seeds", "2", "--steps", "4", "--jobs", "1", "--quiet"]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--device", "gpu"], "--device gpu: it must be one of auto, cpu, cuda. Did you mean"),
        (["--confirm", "-1"], "--confirm -1: it must be a whole number from 1"),
        (["--seeds", "1_0"], "--seeds 1_0: "),
        (["--seeds", "\uff11\uff10"], "--seeds \uff11\uff10: "),
        (["--lr", "5e-324:1e308"], "--lr 5e-324:1e308: the two ends of a range are too far apart"),
    ],
)
def test_a_wrong_setting_is_refused_whether_it_is_printed_or_run(flags, said):
    for further in ([], ["--print-spec"], ["--dry-run"]):
        done = CliRunner().invoke(app, ["rank", *flags, *further])
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith(f"error: {said}")


@pytest.mark.parametrize("shape", [(24, 3, 4), (24, 1, 8, 8)], ids=len)
def test_images_of_true_and_false_are_numbers(tmp_path, shape):
    values = np.random.default_rng(0).random(shape) > 0.5
    labels = np.arange(24) % 2
    np.savez(tmp_path / "b.npz", X=values, y=labels)
    np.savez(tmp_path / "f.npz", X=values.astype(np.float32), y=labels)
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def make(activation, inputs, outputs):\n"
        f"    first = nn.Linear({np.prod(shape[1:])}, 4)\n"
        "    return nn.Sequential(nn.Flatten(), first, activation(), nn.Linear(4, outputs))\n"
    )
    tables = []
    for name in ("b", "f"):
        flags = ["--data", str(tmp_path / f"{name}.npz"), "--model", f"{tmp_path / 'net.py'}:make"]
        done = CliRunner().invoke(app, ["rank", *SMALL, *flags, "--csv", "-"])
        assert done.exit_code in (0, 3), done.stderr
        tables.append(done.stdout)
    assert tables[0] == tables[1]


def test_a_model_that_ends_the_process_delivers_nothing(tmp_path):
    """Its exit code is whatever it says: who judges by a report has to ask for the report."""
    (tmp_path / "net.py").write_text("import os\ndef make(activation, inputs, outputs): os._exit(0)\n")
    command = [sys.executable, "-m", "lyapscreen", "rank", *SMALL, "--data", "wine", "--model", "net.py:make"]
    done = subprocess.run(
        [*command, "--csv", "r.csv"], cwd=tmp_path, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, (tmp_path / "r.csv").exists()) == (0, b"", False)


def test_markup_in_a_swept_value_is_text_in_a_terminal(tmp_path):
    (tmp_path / "net.py").write_text(
        "from torch import nn\n"
        "def make(activation, inputs, outputs, note='b'):\n"
        "    return nn.Sequential(nn.Linear(inputs, 4), activation(), nn.Linear(4, outputs))\n"
    )
    small = [flag for flag in SMALL if flag != "--quiet"]
    command = [sys.executable, "-m", "lyapscreen", "rank", *small, "--data", "wine", "--model", "net.py:make"]
    main, terminal = pty.openpty()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "150"}
    process = subprocess.Popen(
        [*command, "--sweep", "note=[/],b"], cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal,
        env=environment,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(main, 65536):
            shown += chunk
    except OSError:  # as a terminal ends
        pass
    finally:
        os.close(main)
    text = shown.decode()
    assert process.wait() in (0, 3), text
    assert "[/]" in text
    assert "internal error" not in text


def test_arrays_of_one_value_are_that_value():
    given = Spec.of(lr=np.array(0.1), act=np.array("relu"))
    assert given == Spec.of(lr=0.1, act="relu")
