"""Run directories: what they hold, every misuse refused, and what goes wrong recorded."""

import json
import os
import re
import shutil
import subprocess
from functools import partial

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.results.records import Measures, Regime, Result
from lyapscreen.screening.run_directory import Line, RunDirectory, read_lines
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.flags import replacing
from tests.helpers.runs import rank

run_alone = partial(rank, "--jobs", "1")


def test_a_run_leaves_its_spec_its_lines_and_its_ranking(unbroken):
    run, csv = unbroken
    assert sorted(path.name for path in run.iterdir()) == [
        "lock",
        "ranking.csv",
        "ranking.json",
        "results.jsonl",
        "run.json",
    ]
    assert (run / "ranking.csv").read_bytes() == csv
    about = json.loads((run / "run.json").read_text())
    assert about["spec"]["data"] == "wine"
    assert json.loads((run / "ranking.json").read_text())["spec_hash"] == about["spec_hash"]


def test_an_existing_run_is_refused_without_resume(unbroken):
    done = run_alone("--run", str(unbroken[0]))
    assert done.exit_code == 2
    assert "it already holds a run. Add --resume to continue it" in done.stderr


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--steps", "44"], "spec: steps 40 there, 44 now"),
        (["--seeds", "3"], r"spec: seeds \[0, 1\] there, \[0, 1, 2\] now"),
        (["--memory", "1MB"], "spec: memory 100000 there, 1000000 now"),
    ],
)
def test_a_run_of_another_spec_is_refused_naming_what_differs(unbroken, changed, said):
    done = run_alone("--run", str(unbroken[0]), "--resume", *changed)
    assert done.exit_code == 2
    assert re.search(said, done.stderr), done.stderr


def test_another_content_of_the_same_files_is_another_run(tmp_path, monkeypatch):
    """The table's numbers and the code of a model are part of what is run."""
    monkeypatch.chdir(tmp_path)
    net = "from torch import nn\ndef make(a, i, o):\n    return nn.Sequential(nn.Linear(i, {}), a(), nn.Linear(4, o))\n"
    (tmp_path / "net.py").write_text(net.format(4))
    rows = [f"{i % 7},{i % 5},{i % 2}" for i in range(60)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c", *rows]))
    spec = ["--data", "t.csv", "--model", "net.py:make", "--lr", "0.1,0.2", "--seeds", "1", "--steps", "4"]
    assert run_alone("--run", "run", spec=spec).exit_code in (0, 3)
    (tmp_path / "net.py").write_text("# the same network, and yet who knows\n" + net.format(4))
    assert "it holds a different run, code: model" in run_alone("--run", "run", "--resume", spec=spec).stderr
    (tmp_path / "net.py").write_text(net.format(4))
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c", *rows[:-1], "6,6,1"]))
    assert "it holds a different run, data: " in run_alone("--run", "run", "--resume", spec=spec).stderr


def test_what_is_no_run_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    done = run_alone("--run", str(tmp_path), "--resume")
    assert (done.exit_code, "it is not a run directory: it holds thesis.tex but no run.json" in done.stderr) == (
        2,
        True,
    )
    assert run_alone("--resume").exit_code == 2


def test_a_second_process_is_refused_and_a_lock_left_behind_is_none(tmp_path):
    with RunDirectory(str(tmp_path / "run"), resume=False):
        done = run_alone("--run", str(tmp_path / "run"), "--resume")
    assert (done.exit_code, "another process is using it" in done.stderr) == (2, True)
    assert (tmp_path / "run" / "lock").exists()
    with RunDirectory(str(tmp_path / "run"), resume=False):
        pass


def test_a_damaged_line_before_the_end_is_told_with_its_number(unbroken, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(unbroken[0], run)
    lines = (run / "results.jsonl").read_text().splitlines(keepends=True)
    (run / "results.jsonl").write_text("".join([lines[0], '{"rung": "x"}\n', *lines[2:]]))
    done = run_alone("--run", str(run), "--resume")
    assert done.exit_code == 0, done.stderr
    assert f"line 2 of {run / 'results.jsonl'}: damaged" in done.stderr
    assert (run / "results.jsonl.damaged").exists()
    assert (run / "ranking.csv").read_bytes() == unbroken[1]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_directory_that_cannot_be_written_is_told_before_the_work(tmp_path):
    tmp_path.chmod(0o500)
    done = run_alone("--run", str(tmp_path / "run"))
    tmp_path.chmod(0o700)
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)


def test_a_full_disk_leaves_whole_lines_and_exit_code_5(tmp_path):
    """A file system of a few hundred kilobytes, where a mount is allowed."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small file system")
    try:
        done = run_alone("--run", str(small / "run"), "--lr", "1e-3:3:30", "--act", "all")
        assert done.exit_code == 5, done.stderr
        assert "No space left on device" in done.stderr
        assert f"lyapscreen rank --run {small / 'run'} --resume" in done.stderr
        assert not list(small.rglob("*.part"))
        lines, _ = read_lines(small / "run")
        assert lines, "some batches had room"
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_line_comes_back_as_it_was():
    candidate = Candidate(Configuration("relu", 0.1 + 0.2, (("momentum", 0.9), ("norm", "layer"))), 3)
    measures = Measures(Regime.CONVERGING, 10, -0.1 / 3, -1e-17, 5e-324, train_loss=1e300)
    line = Line(1, 2, 5, True, Result(candidate, (measures,), (None, 0.1), "why"))
    assert Line.from_text(line.text()) == line


def test_failed_candidates_are_recorded_and_fail_fast_stops(tmp_path, monkeypatch):
    from lyapscreen import execution

    def dying(function, works, jobs):
        for index, work in enumerate(works):
            yield index, execution.WorkerDied() if index == 1 else function(work)

    monkeypatch.setattr(execution, "execute", dying)
    done = run_alone("--run", str(tmp_path / "a"), "--csv", "-")
    assert ",failed," in done.stdout
    stopped = run_alone("--run", str(tmp_path / "b"), "--fail-fast")
    assert stopped.exit_code == 5
    assert "Without --fail-fast the others go on" in stopped.stderr
    lines, _ = read_lines(tmp_path / "b")
    assert {line.batch for line in lines} == {0}


def test_errors_are_of_their_kind(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises((OutputError, EnvironmentFailure)), RunDirectory(str(tmp_path / "file"), resume=False):
        pass


def test_a_worker_that_the_system_kills_costs_its_batch_alone(tmp_path, monkeypatch):
    """Its candidates are failed, with the reason, and the others are what they would have been."""
    (tmp_path / "net.py").write_text(
        "import os, signal\n"
        "from torch import nn\n"
        "def make(activation, inputs, outputs):\n"
        f"    if activation.name == 'tanh' and os.getpid() != {os.getpid()}:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return nn.Sequential(nn.Linear(inputs, 8), activation(), nn.Linear(8, outputs))\n"
    )
    monkeypatch.chdir(tmp_path)
    spec = ["--data", "wine", "--model", "net.py:make", "--lr", "0.1,0.3", "--seeds", "2", "--steps", "10"]
    arguments = ["rank", "--quiet", "--jobs", "2", *spec, "--run", "run", "--json", "r.json", "--csv", "r.csv"]
    done = CliRunner().invoke(app, replacing(*arguments, "--act", "relu,tanh"))
    assert done.exit_code == 0, done.stderr
    rows = json.loads((tmp_path / "r.json").read_text())["ranking"]
    regimes = {(row["activation"], row["regime"]) for row in rows}
    assert regimes == {("relu", "converging"), ("tanh", "failed")}
    assert {seed["reason"] for row in rows if row["activation"] == "tanh" for seed in row["per_seed"]} == {
        "its worker process was killed twice (out of memory?)"
    }
    alone = CliRunner().invoke(app, ["rank", "--quiet", "--jobs", "1", *spec, "--act", "relu", "--csv", "-"])
    assert alone.stdout.splitlines()[1:] == (tmp_path / "r.csv").read_text().splitlines()[1:3]
    shown = CliRunner().invoke(app, ["show", "run", "--csv", "-"])
    assert shown.stdout == (tmp_path / "r.csv").read_text()
