"""A run directory that is not as it was written: what is damaged is named, set aside, and done again."""

import json
import os
import shutil
from functools import partial

import numpy as np
import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.screening import run_about
from lyapscreen.screening.batch_lines import sealed
from tests.helpers.runs import SMALL, rank

run_alone = partial(rank, "--jobs", "1")

QUICK = ["--data", "wine", "--model", "mlp:4", "--lr", "1e-2:3:6", "--seeds", "2", "--steps", "40", "--memory", "60kB"]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that ended as its second rung began, and the ranking it would have had."""
    folder = tmp_path_factory.mktemp("stopped")
    whole = run_alone("--csv", str(folder / "r.csv"), spec=QUICK)
    assert whole.exit_code == 0, whole.stderr
    with pytest.MonkeyPatch.context() as patch:
        from lyapscreen.probe import probe

        def once(spec, data, task, **more):
            if task.states is not None:
                raise KeyboardInterrupt
            return as_ever(spec, data, task, **more)

        as_ever = probe.probe
        patch.setattr(probe, "probe", once)
        done = run_alone("--run", str(folder / "run"), spec=QUICK)
    assert done.exit_code == 130, done.stderr
    assert list((folder / "run" / "states").glob("*.npy"))
    return folder / "run", (folder / "r.csv").read_bytes()


@pytest.fixture
def run(stopped, tmp_path):
    shutil.copytree(stopped[0], tmp_path / "run")
    return tmp_path / "run"


def first_state(run):
    return min((run / "states").glob("*.npy"), key=lambda path: path.name)


def flipped(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


STATES = {
    "a bit flipped": flipped,
    "missing": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "empty": lambda path: path.write_bytes(b""),
    "of another kind": lambda path: path.write_text("lyapscreen"),
    "of pickles": lambda path: np.save(path, np.array([{}], dtype=object), allow_pickle=True),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a directory": lambda path: (path.unlink(), path.mkdir()),
    "a link": lambda path: (path.rename(path.parent.parent.parent / "elsewhere"), path.symlink_to("../../elsewhere")),
}


@pytest.mark.parametrize("damage", STATES.values(), ids=STATES)
def test_states_that_are_damaged_are_found_again(run, stopped, damage):
    damage(first_state(run))
    done = run_alone("--run", str(run), "--resume", spec=QUICK)
    assert done.exit_code == 0, done.stderr
    assert "candidates stood is missing from" in done.stderr
    assert (run / "ranking.csv").read_bytes() == stopped[1]


def resealed(text, **changes):
    plain = {key: value for key, value in json.loads(text).items() if key != "sum"}
    return sealed(plain | changes).rstrip("\n")


def of_seed_99(text):
    candidate = json.loads(text)["candidate"]
    return resealed(text, candidate=candidate | {"seed": 99})


LINES = {
    "a changed number": lambda text: text.replace('"steps": 10', '"steps": 11', 1),
    "nested": lambda text: "[" * 100_000,
    "no checksum": lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != "sum"}),
    "a rung that is text": lambda text: resealed(text, rung="x"),
    "a list": lambda text: "[]",
    "nothing": lambda text: "",
    "binary": lambda text: "\x00\x01",
    "no candidate": lambda text: resealed(text, candidate={}),
    "a seed that the spec lacks": of_seed_99,
}


@pytest.mark.parametrize("change", LINES.values(), ids=LINES)
def test_a_line_that_is_damaged_is_named_and_its_batch_runs_again(run, stopped, change):
    file = run / "results.jsonl"
    lines = file.read_text().split("\n")
    assert change(lines[2]) != lines[2]
    lines[2] = change(lines[2])
    file.write_text("\n".join(lines))
    shown = CliRunner().invoke(app, ["show", str(run)])
    assert shown.exit_code in (0, 3), shown.stderr
    assert "damaged" in shown.stderr
    done = run_alone("--run", str(run), "--resume", spec=QUICK)
    assert done.exit_code == 0, done.stderr
    assert f"line 3 of {file}: damaged" in done.stderr or "of other batches than the spec has" in done.stderr
    assert (run / "ranking.csv").read_bytes() == stopped[1]


ABOUT = {
    "no spec": lambda about: about.pop("spec"),
    "no versions": lambda about: about.pop("versions"),
    "no hash": lambda about: about.pop("spec_hash"),
    "versions that are numbers": lambda about: about.update(versions={"torch": 1}),
    "another schema": lambda about: about.update(schema=99),
    "another spec": lambda about: about["spec"].update(steps=44),
    "another device": lambda about: about.update(machine={"cpu": "another"}),
    "a key that is another": lambda about: about.update(sun=about.pop("sum")),
    "another checksum": lambda about: about.update(sum="0" * 32),
}


@pytest.mark.parametrize(
    "change", [*ABOUT.values(), "[" * 100_000, "", "\x00"], ids=[*ABOUT, "nested", "empty", "binary"]
)
@pytest.mark.parametrize("command", ["rank", "rank alone", "show"])
def test_what_says_what_is_run_has_to_be_whole(run, change, command):
    file = run / "run.json"
    about = json.loads(file.read_text())
    file.write_text(change if isinstance(change, str) else (change(about), json.dumps(about))[1])
    alone = ["rank", "--run", str(run), "--resume"]
    commands = {"rank": [*alone, *QUICK, "--jobs", "1"], "rank alone": alone, "show": ["show", str(run)]}
    done = CliRunner().invoke(app, commands[command])
    last = done.stderr.splitlines()[-1]
    assert (done.exit_code, last.startswith("error: ")) == (2, True), done.output
    assert f"{run}: its run.json cannot be read (" in last
    assert last.endswith("Restore run.json from a copy, or run again in another directory")


def test_a_run_of_an_earlier_version_has_no_checksum_and_goes_on(run, stopped):
    file = run / "run.json"
    about = json.loads(file.read_text())
    earlier = {name: value for name, value in about.items() if name not in ("sum", "machine")}
    file.write_text(json.dumps(earlier))
    assert run_alone("--run", str(run), "--resume", spec=QUICK).exit_code == 0
    assert (run / "ranking.csv").read_bytes() == stopped[1]


def test_a_spec_that_is_not_of_its_hash_is_another_run(run):
    """Without a checksum the hash of the spec tells."""
    file = run / "run.json"
    about = json.loads(file.read_text())
    about.pop("sum")
    about["spec"]["steps"] = 44
    file.write_text(json.dumps(about))
    done = CliRunner().invoke(app, ["rank", "--run", str(run), "--resume"])
    assert (done.exit_code, "it holds a different run, spec_hash: " in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("name", ["states", "results.jsonl", "run.json", "lock", "weights"])
def test_links_out_of_a_run_directory_are_refused(run, tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.part").write_text("mine")
    target = outside if name in ("states", "weights") else outside / "mine.part"
    shutil.rmtree(run / name) if (run / name).is_dir() else (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(target)
    done = run_alone("--run", str(run), "--resume", spec=QUICK)
    assert (done.exit_code, f"{name} in it is a link" in done.stderr) == (2, True)
    assert (outside / "mine.part").read_text() == "mine"


def test_a_pipe_in_a_run_directory_is_not_waited_for(run):
    (run / "results.jsonl").unlink()
    os.mkfifo(run / "results.jsonl")
    done = run_alone("--run", str(run), "--resume", spec=QUICK)
    assert (done.exit_code, "results.jsonl in it is no regular file" in done.stderr) == (2, True)
    assert CliRunner().invoke(app, ["show", str(run)]).exit_code == 2


def test_another_instruction_set_is_another_run(run, monkeypatch):
    monkeypatch.setattr(run_about, "machine", lambda _: {"cpu": "another"})
    monkeypatch.setattr("lyapscreen.screening.run_directory.machine", lambda _: {"cpu": "another"})
    done = run_alone("--run", str(run), "--resume", spec=QUICK)
    assert (done.exit_code, "machine: cpu" in done.stderr, "another now" in done.stderr) == (2, True, True)


def test_the_directory_alone_says_what_is_run(run, stopped, tmp_path):
    done = CliRunner().invoke(app, ["rank", "--run", str(run), "--resume", "--csv", str(tmp_path / "again.csv")])
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "again.csv").read_bytes() == stopped[1]
    other = CliRunner().invoke(app, ["rank", "--run", str(run), "--resume", "--steps", "41"])
    assert (other.exit_code, "it holds a different run" in other.stderr) == (2, True)
    nowhere = CliRunner().invoke(app, ["rank", "--run", str(tmp_path / "none"), "--resume"])
    assert (nowhere.exit_code, "it has no run.json" in nowhere.stderr) == (2, True)


def test_what_the_directory_says_is_read_is_not_replaced(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c", *(f"{i % 7},{i % 5},{i % 2}" for i in range(60))]))
    before = (tmp_path / "t.csv").read_bytes()
    spec = ["--data", "t.csv", "--lr", "0.1", "--act", "relu", "--seeds", "1", "--steps", "4", "--model", "mlp:4"]
    assert run_alone("--run", "run", spec=spec).exit_code in (0, 3)
    done = CliRunner().invoke(app, ["rank", "--run", "run", "--resume", "--csv", "t.csv"])
    assert (done.exit_code, "this file is read as --data" in done.stderr) == (2, True)
    assert (tmp_path / "t.csv").read_bytes() == before


def test_an_interrupt_says_what_is_kept_and_the_command_that_goes_on(tmp_path, monkeypatch):
    from lyapscreen.probe import probe

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(probe, "probe", interrupted)
    where = tmp_path / "my run"
    done = run_alone("--run", str(where), "--confirm", "2", spec=SMALL)
    assert done.exit_code == 130
    assert f"nothing had finished, the spec is kept in {where}" in done.stderr
    assert f"lyapscreen rank --run '{where}' --resume --confirm 2 --jobs 1 continues it" in done.stderr
