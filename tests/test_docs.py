"""What the pages show is what happens: commands and Python run, output is today's, flags, links and pictures exist."""

import csv
import io
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import lyapscreen
from lyapscreen.cli import app
from lyapscreen.errors import ExitCode
from lyapscreen.spec.optimizers import OPTIMIZERS
from tests.helpers.flags import replacing
from tests.helpers.pages import PAGES, blocks_of
from tests.helpers.pages import commands_of as commands
from tests.helpers.project import ROOT

README = PAGES["README.md"]
EXPORT = PAGES["examples/export/README.md"]
GATE = "examples/github-actions/README.md"

SHORT = ["--steps", "2", "--seeds", "2", "--jobs", "1"]
SHORTER = {
    "rank": SHORT,
    "edge": SHORT,
    "gate": SHORT,
    "spectrum": SHORT[:4],
    "validate": [*SHORT, "--full-steps", "4"],
}

ELSEWHERE = {
    "selftest": "half a minute; tests/cli/test_selftest.py runs it",
    "--address": "needs a cluster; tests/execution/test_dask.py starts the page's own and runs it there",
    "--log-to": "needs its libraries; tests/integrations/test_page.py runs it where they are",
    "rank cnn.yaml": "tests/examples/test_own_model.py runs it, and looks at what it finds",
    "rank lstm.yaml": "the same",
    "rank transformer.yaml": "the same",
}
"""Commands, by what they hold, that are run by another test, and why."""

BLOCKS_ELSEWHERE = {
    "examples/optuna/README.md": "tests/examples/test_optuna.py runs it, and looks at its study",
    "examples/integrations/README.md": "tests/integrations/test_page.py runs them where their libraries are",
}

FOREIGN_FLAGS = {
    "examples/integrations/README.md": {"--backend-store-uri", "--logdir"},  # of MLflow and TensorBoard
    "examples/cluster/README.md": {"--host", "--port", "--nworkers", "--nthreads", "--head"},  # of Dask and Ray
    "examples/paper_xor/README.md": {"--seed", "--points", "--out"},  # of the scripts beside it
    "examples/train_recommended/README.md": {"--seed"},  # of the script beside it
    "tests/benchmarks/ranking/README.md": {"--again", "--cached", "--part"},  # of the benchmark
}


def here(command):
    return not any(what in " ".join(command) for what in ELSEWHERE)


def blocks(language):
    """Every block of a language: its page, and its text."""
    return [(page, block) for page in PAGES for block in blocks_of(page, language)]


def run(*command):
    return CliRunner().invoke(app, replacing(*command))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to run a page in: a copy of the page's own, with every other file that pages name as the reader's."""

    def made(page):
        here = tmp_path / "here"
        if page.startswith("examples/"):
            shutil.copytree((ROOT / page).parent, here)
        else:
            here.mkdir()
        for name, write in READERS.items():
            if not (here / name).exists():
                write(here / name)
        monkeypatch.chdir(here)
        if page == GATE:  # what main has ranked
            for name in ("baseline.json", "ranking.json"):
                assert run("rank", "lyapscreen.yaml", "--json", name, "--quiet", *SHORT).exit_code in (0, 3)
        return here

    return made


def _table(path):
    rng = np.random.default_rng(0)
    rows = [f"{a:.3f},{b:.3f},{i // 10},{int(a > 0)}" for i, (a, b) in enumerate(rng.normal(size=(80, 2)))]
    path.write_text("\n".join(["price,size,patient,kind", *rows]))


def _images(path):
    rng = np.random.default_rng(0)
    np.savez(path, X=rng.normal(size=(60, 8, 8)), y=rng.integers(0, 3, 60))


def _data(path):
    path.write_text(
        "import numpy as np\n"
        "def load():\n"
        "    x = np.random.default_rng(0).normal(size=(60, 4))\n"
        "    return x, (x[:, 0] > 0).astype(int)\n"
    )


def _net(path):
    path.write_text(
        "from torch import nn\n"
        "def make(activation, n_inputs, n_outputs):\n"
        "    return nn.Sequential(nn.Linear(n_inputs, 4), activation(), nn.Linear(4, n_outputs))\n"
    )


def _new_rows(path):
    shutil.copy(ROOT / "examples" / "own_table" / "bikes.csv", path)


def _curve(path):
    shutil.copy(ROOT / "examples" / "extrapolate" / "curve.csv", path)


READERS = {
    "curve.csv": _curve,
    "table.csv": _table,
    "images.npz": _images,
    "data.py": _data,
    "net.py": _net,
    "new.csv": _new_rows,
}


@pytest.mark.parametrize("page", [page for page in PAGES if any(map(here, commands(page)))])
def test_every_command_of_a_page_runs(page, folder):
    folder(page)
    for command in filter(here, commands(page)):
        # Of a flag given twice the last counts. Two steps are too few to recommend anything: that is exit code 3, and
        # a gate fails.
        shorter = [] if {"--ranking", "--help"} & set(command) else SHORTER.get(command[0], [])
        done = run(*command, *shorter)
        assert done.exit_code in ((0, 1, 3) if command[0] == "gate" else (0, 3)), (command, done.stderr)


def test_every_command_stands_on_a_page():
    assert {command[0] for page in PAGES for command in commands(page)} | {"schema"} == set(get_command(app).commands)


def test_what_is_run_elsewhere_stands_on_a_page():
    every = [" ".join(command) for page in PAGES for command in commands(page)]
    assert all(any(what in command for command in every) for what in ELSEWHERE)


@pytest.mark.parametrize(("page", "shown"), blocks("text"))
def test_the_output_shown_is_todays(page, shown):
    before = PAGES[page].partition(shown)[0].splitlines()
    command = [line for line in before if line.startswith("    lyapscreen ")][-1].split()[1:]
    done = [sys.executable, "-m", "lyapscreen", *command]
    room = {**os.environ, "COLUMNS": "140"}  # for every column; where lines are broken is not compared
    now = subprocess.run(done, capture_output=True, text=True, check=True, encoding="utf-8", env=room).stdout
    number = re.compile(r"-?\d+\.?\d*")
    # Words and bars to the letter; numbers as shown may differ by one in their last digit on other machines.
    assert number.sub("n", shown).split() == number.sub("n", now).split()
    assert [float(n) for n in number.findall(shown)] == pytest.approx([float(n) for n in number.findall(now)], abs=2e-3)


def test_readme_shows_an_output_and_so_does_the_page_of_the_embedded_default():
    assert [page for page, _ in blocks("text")] == ["README.md", "examples/export/README.md"]
    makefile = (ROOT / "Makefile").read_text()
    assert "$(BIN)/lyapscreen rank --lr 1e-4:1 --act relu,sigmoid\n" in makefile
    assert ["rank", "--lr", "1e-4:1", "--act", "relu,sigmoid"] in commands("examples/export/README.md")


@pytest.mark.parametrize(
    ("page", "block"), [(page, block) for page, block in blocks("python") if page not in BLOCKS_ELSEWHERE]
)
def test_the_python_shown_runs(page, block, folder):
    folder(page)
    exec(compile(block, page, "exec"), {})


def test_every_public_name_stands_in_the_readme():
    for name in lyapscreen.__all__:
        assert f"`{name}" in README


def test_every_method_and_column_and_exit_code_stands_on_the_page_of_exports():
    for name in dir(lyapscreen.Screening):
        if name.startswith("to_") or name in (
            "csv",
            "json",
            "parquet",
            "markdown",
            "html",
            "plot",
            "state_dict",
            "replay",
        ):
            assert f"`{name}" in EXPORT
    done = run("rank", *SHORT, "--act", "relu", "--lr", "0.1", "--data", "wine", "--quiet", "--csv", "-")
    columns = next(csv.reader(io.StringIO(done.stdout)))
    listed = EXPORT.partition("always and first:")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", listed) == columns[: len(re.findall(r"`(\w+)`", listed))]
    assert all(f"`{column}`" in EXPORT for column in columns)
    codes = EXPORT.partition("## Exit codes")[2].partition("##")[0]
    assert {int(code) for code in re.findall(r"\b\d+\b", codes)} == set(ExitCode)


def test_every_flag_named_exists():
    parameters = [parameter for command in get_command(app).commands.values() for parameter in command.params]
    known = {name for parameter in parameters for name in (*parameter.opts, *parameter.secondary_opts)}
    for page, text in PAGES.items():
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
        assert named <= known | {"--help", "--version", "--install-completion"} | FOREIGN_FLAGS.get(page, set()), page


def test_the_optimizers_listed_are_those_there_are():
    (line,) = [line for line in README.splitlines() if line.startswith("Optimizers:")]
    assert re.findall(r"`(\w+)`", line) == list(OPTIMIZERS)
