"""What a spec may not ask for, and what no output replaces."""

import os
from importlib.util import find_spec

import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import OutputError
from tests.helpers.flags import replacing
from tests.helpers.saved_rankings import write_ranking

needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="needs the extra dask")

SMALL = "data: t.csv\nlr: 0.1,0.2\nact: relu\nseeds: 2\nsteps: 4\nmodel: mlp:4\njobs: 1\nheader: yes\n"
NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a table, a spec, a ranking and a network, in which the command is started."""
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c", *(f"{i % 7},{i % 5},{i % 2}" for i in range(60))]))
    (tmp_path / "h.csv").write_text("\n".join(["a,b,c", *(f"{i % 7},{i % 5},{i % 2}" for i in range(20))]))
    (tmp_path / "s.yaml").write_text(SMALL)
    (tmp_path / "net.py").write_text("from torch import nn\ndef make(a, i, o): return nn.Linear(i, o)\n")
    write_ranking(tmp_path / "r.json")
    monkeypatch.chdir(tmp_path)
    if find_spec("distributed") is not None:
        monkeypatch.setattr("lyapscreen.execution.dask.ANSWER_WITHIN", 0.5)
    return tmp_path


def run(*arguments, **more):
    return CliRunner().invoke(app, replacing(*arguments), **more)


def refused(done, *words):
    assert done.exit_code == 2, done.output
    assert done.stderr.count("\n") == 1
    assert all(word in done.stderr for word in words), done.stderr
    return True


@needs_dask
@pytest.mark.parametrize("command", ["rank", "edge", "validate", "gate"])
@pytest.mark.parametrize("further", [[], ["--no-code"], ["--dry-run"]], ids=str)
def test_a_spec_does_not_choose_where_to_connect_to(folder, command, further):
    if "--dry-run" in further and command != "rank":
        pytest.skip("rank alone has --dry-run")
    (folder / "a.yaml").write_text(f"{SMALL}backend: dask\naddress: {NOWHERE}\n")
    choice = ["--choice", "act=relu,lr=0.1"] if command == "gate" else []
    done = run(command, "a.yaml", *choice, *further)
    assert refused(done, "a.yaml line 10, address", "can run code")


@needs_dask
def test_the_callers_leave_lets_it_choose(folder):
    (folder / "a.yaml").write_text(f"{SMALL}backend: dask\naddress: {NOWHERE}\n")
    done = run("rank", "a.yaml", "--allow-spec-address")
    assert (done.exit_code, f"no Dask scheduler answers at --address {NOWHERE}" in done.stderr) == (5, True)
    assert refused(run("rank", "a.yaml", "--allow-spec-address", "--no-code"), "--no-code refuses that")
    (folder / "b.yaml").write_text(f"{SMALL}allow_spec_address: true\n")
    assert refused(run("rank", "b.yaml"), "there is no such key")


@needs_dask
def test_the_address_comes_from_a_flag_or_the_environment(folder):
    by_flag = run("rank", "s.yaml", "--backend", "dask", "--address", NOWHERE)
    by_environment = run("rank", "s.yaml", "--backend", "dask", env={"LYAPSCREEN_ADDRESS": NOWHERE})
    assert {by_flag.exit_code, by_environment.exit_code} == {5}
    assert by_flag.stderr == by_environment.stderr
    assert refused(run("rank", "s.yaml", "--backend", "dask", "--address", NOWHERE, "--no-code"), "unpickled")


@needs_dask
def test_a_dry_run_connects_to_nobody(folder):
    (folder / "s.yaml").write_text(SMALL.replace("jobs: 1\n", ""))
    done = run("rank", "s.yaml", "--backend", "dask", "--address", NOWHERE, "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "the cluster is not asked how many it has" in done.stdout


OUTSIDE = {
    "csv": ("/elsewhere/o.csv", "../o.csv", "link/o.csv", ".git/o.csv", "conftest.py", "o.json", "there.csv", "."),
    "json": ("/elsewhere/o.json", "there.json"),
    "html": ("/elsewhere/o.html", ".github/o.html", "there.html"),
    "markdown": ("../README.md", "there.md"),
    "plot": ("../o.svg", "there.svg"),
    "parquet": ("../o.parquet",),
    "save": ("../o.pt", "there.pt"),
    "run": ("../run", "/elsewhere/run", ".git/run", "link/run"),
}


@pytest.mark.parametrize(("setting", "path"), [(name, path) for name in OUTSIDE for path in OUTSIDE[name]])
def test_without_code_a_spec_writes_nothing_that_could_harm(folder, tmp_path_factory, setting, path):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (folder / "link").symlink_to(elsewhere)
    for ours in folder.glob("there.*"):
        ours.unlink()
    if path.startswith("there"):
        (folder / path).write_text("of somebody else")
    value = path.replace("/elsewhere", str(elsewhere))
    (folder / "n.yaml").write_text(f"{SMALL}{setting}: {value}\nconfirm: 1\n")
    before = sorted(p.name for p in folder.rglob("*"))
    assert refused(run("rank", "n.yaml", "--no-code"), f"n.yaml line 9, {setting}", "with --no-code ")
    assert sorted(p.name for p in folder.rglob("*")) == before
    assert not list(elsewhere.iterdir())


def test_without_code_a_spec_writes_below_and_replaces_what_is_ours(folder):
    (folder / "n.yaml").write_text(f"{SMALL}csv: o.csv\njson: o.json\nrun: run\nno_code: true\n")
    assert run("rank", "n.yaml").exit_code in (0, 3)
    assert run("rank", "n.yaml", "--resume").exit_code in (0, 3)
    assert (folder / "run" / "ranking.csv").read_bytes() == (folder / "o.csv").read_bytes()
    (folder / "g.yaml").write_text(f"{SMALL}ranking: r.json\nchoice: act=relu,lr=0.1\n")
    assert refused(run("gate", "g.yaml", "--no-code"), "g.yaml line 9, ranking", "on the command line")
    assert run("gate", "g.yaml", "--no-code", "--ranking", "r.json").exit_code in (0, 1, 3)


REPLACED = {
    "data": ("rank", "s.yaml", "--csv", "t.csv"),
    "data, spelled otherwise": ("rank", "--data", "t.csv", "--csv", "./sub/../t.csv"),
    "data, by a link": ("rank", "--data", "t.csv", "--csv", "to_t.csv"),
    "data, through a link": ("rank", "--data", "to_t.csv", "--csv", "t.csv"),
    "data, by another name": ("rank", "--data", "t.csv", "--csv", "hard.csv"),
    "held-out rows": ("rank", "s.yaml", "--held-out", "h.csv", "--json", "h.csv"),
    "the spec": ("rank", "s.yaml", "--json", "s.yaml"),
    "weights": ("rank", "s.yaml", "--weights", "w.pt", "--html", "w.pt"),
    "the model": ("rank", "s.yaml", "--model", "net.py:make", "--csv", "net.py"),
    "the module": ("rank", "s.yaml", "--model", "net:make", "--csv", "net.py"),
    "code beside it": ("rank", "s.yaml", "--csv", "helper.py"),
    "a ranking that is shown": ("show", "r.json", "--csv", "r.json"),
    "a ranking that is judged": ("gate", "--ranking", "r.json", "--json", "r.json", "--choice", "act=relu,lr=0.1"),
    "a baseline": ("gate", "--baseline", "r.json", "--junit", "r.json", "--choice", "act=relu,lr=0.1"),
    "a curve": ("extrapolate", "t.csv", "--probe-steps", 5, "--full-steps", 9, "--json", "t.csv"),
    "edges": ("edge", "s.yaml", "--csv", "t.csv"),
    "a spectrum": ("spectrum", "--data", "t.csv", "--csv", "t.csv"),
    "a validation": ("validate", "s.yaml", "--json", "t.csv"),
}


@pytest.mark.parametrize("arguments", REPLACED.values(), ids=REPLACED)
def test_what_is_read_is_never_replaced(folder, arguments):
    (folder / "sub").mkdir()
    (folder / "w.pt").write_bytes(b"weights")
    (folder / "helper.py").write_text("")
    (folder / "to_t.csv").symlink_to("t.csv")
    os.link(folder / "t.csv", folder / "hard.csv")
    before = {path: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert refused(run(*arguments), "Write to another file")
    assert {path: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before


def test_nothing_else_is_written_into_a_run_directory(folder):
    assert run("rank", "s.yaml", "--quiet", "--run", "run").exit_code in (0, 3)
    (folder / "link").symlink_to("run")
    assert refused(run("show", "run", "--csv", "run/results.jsonl"), "it lies in the run directory run")
    assert refused(run("show", "run", "--json", "link/ranking.json"), "it lies in the run directory run")
    assert refused(run("rank", "s.yaml", "--run", "run", "--resume", "--csv", "run/ranking.csv"), "run directory")


def test_from_python_what_was_read_is_not_replaced_either(folder):
    found = ls.screen(data="t.csv", lr=0.1, act="relu", seeds=1, steps=4, model="mlp:4", jobs=1)
    with pytest.raises(OutputError, match="this file is read as data"):
        found.to_csv("t.csv")
    found.to_csv("o.csv")
    assert (folder / "o.csv").read_text() == found.csv()
