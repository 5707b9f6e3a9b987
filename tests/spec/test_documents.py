"""What is read is a regular file, and no longer than a document."""

import os

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.spec import documents

COMMANDS = {
    "spec": ["rank", "{}"],
    "ranking": ["gate", "--choice", "act=relu,lr=0.1", "--ranking", "{}"],
    "baseline": ["gate", "--choice", "act=relu,lr=0.1", "--baseline", "{}"],
    "shown": ["show", "{}"],
    "weights": ["rank", "--data", "wine", "--model", "mlp:4", "--weights", "{}"],
    "curve": ["extrapolate", "{}", "--probe-steps", "5", "--full-steps", "9"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("kind", ["pipe", "device", "directory", "long"])
def test_no_file_is_waited_for_or_read_without_end(tmp_path, monkeypatch, command, kind):
    path = tmp_path / "x"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "directory":
        path.mkdir()
    else:
        monkeypatch.setattr(documents, "MOST", 100)
        path.write_bytes(b" " * 200_000)
    done = CliRunner().invoke(app, [part.format(path) for part in command])
    assert done.exit_code == 2, done.output
    assert done.stderr.count("\n") == 1
    if kind == "long" and command[0] != "rank":
        assert "LYAPSCREEN_MAX_READ" in done.stderr


@pytest.mark.parametrize("suffix", ["csv", "npz", "npy", "parquet", "pt", "arff", "csv.gz"])
def test_data_are_neither_waited_for_nor_read_without_end(tmp_path, suffix):
    pipe, device = tmp_path / f"pipe.{suffix}", tmp_path / f"device.{suffix}"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        for flags in (["--data", str(path)], ["--data", "wine", "--held-out", str(path)]):
            done = CliRunner().invoke(app, ["rank", *flags])
            assert (done.exit_code, "it is not a file" in done.stderr) == (2, True), done.output


def test_the_environment_allows_more(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_bytes(b"a" * 300)
    monkeypatch.setattr(documents, "MOST", 100)
    with pytest.raises(ValueError, match="it has more than"):
        documents.read(path)
    assert len(documents.read(path, capped=False)) == 300
    monkeypatch.setenv(documents.MOST_VARIABLE, "1kB")
    assert len(documents.read(path)) == 300
