"""What the pages show is what happens: commands and Python run, output is today's, flags, links and pictures exist."""

import csv
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

import lyapscreen
from lyapscreen.cli import app
from lyapscreen.errors import ExitCode

ROOT = Path(__file__).parents[1]
PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (
        ROOT / "README.md",
        *sorted((ROOT / ".github").glob("*.md")),
        *sorted((ROOT / "examples").rglob("README.md")),
        ROOT / "tests" / "benchmarks" / "ranking" / "README.md",
    )
}
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
    "rank cnn.yaml": "tests/examples/test_own_model.py runs it, and looks at what it finds",
    "rank lstm.yaml": "the same",
    "rank transformer.yaml": "the same",
}
"""Commands, by what they hold, that are run by another test, and why."""

BLOCKS_ELSEWHERE = {"examples/optuna/README.md": "tests/examples/test_optuna.py runs it, and looks at its study"}

FOREIGN_FLAGS = {
    "examples/cluster/README.md": {"--host", "--port", "--nworkers", "--nthreads", "--head"},  # of Dask and Ray
    "examples/paper_xor/README.md": {"--seed", "--points", "--out"},  # of the scripts beside it
    "examples/train_recommended/README.md": {"--seed"},  # of the script beside it
}


def commands(page):
    """Every line of a page that runs the command, its comment and what the shell does after it cut off."""
    lines = [line for line in PAGES[page].splitlines() if line.startswith("    lyapscreen ")]
    return [re.split(r"#|\|\|", line)[0].split()[1:] for line in lines]


def here(command):
    return not any(what in " ".join(command) for what in ELSEWHERE)


def blocks(language):
    """Every block of a language: its page, and its text."""
    fenced = re.compile(rf"```{language}\n(.*?)```", re.S)
    return [(page, block) for page, text in PAGES.items() for block in fenced.findall(text)]


def run(*command):
    return CliRunner().invoke(app, list(command))


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


READERS = {"table.csv": _table, "images.npz": _images, "data.py": _data, "net.py": _net, "new.csv": _new_rows}


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
    done = [sys.executable, "-m", "lyapscreen", *command, "--quiet"]
    now = subprocess.run(done, capture_output=True, text=True, check=True, encoding="utf-8").stdout
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
    for name in vars(lyapscreen.Screening):
        if name.startswith("to_") or name in ("csv", "json", "parquet", "markdown", "html", "plot", "state_dict"):
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
        assert named <= known | {"--help", "--version"} | FOREIGN_FLAGS.get(page, set()), page


def test_the_optimizers_listed_are_those_there_are():
    (line,) = [line for line in README.splitlines() if line.startswith("Optimizers:")]
    (flag,) = [parameter for parameter in get_command(app).commands["rank"].params if parameter.name == "optimizer"]
    assert set(re.findall(r"\w+", flag.help)) - {"or", "default"} <= set(re.findall(r"`(\w+)`", line))


def test_the_targets_named_exist():
    makefile = (ROOT / "Makefile").read_text()
    for text in PAGES.values():
        for target in re.findall(r"(?:`|^    )make ([\w-]+)", text, re.M):
            assert f"\n{target}:" in makefile


def test_the_scripts_named_exist():
    for page, text in PAGES.items():
        for script in re.findall(r"^    python (\S+\.py)", text, re.M):
            assert (ROOT / script).is_file() or (ROOT / page).with_name(script).is_file(), (page, script)


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_is_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(path.read_text()), target


def test_every_example_stands_in_the_gallery_with_a_picture():
    entries = PAGES["examples/README.md"].split("\n## ")[1:]
    assert sorted(re.search(r"\]\((\w[\w-]*)/README.md\)", entry)[1] for entry in entries) == sorted(
        path.name for path in (ROOT / "examples").iterdir() if path.is_dir()
    )
    assert all(re.search(r"^!\[.+\]\(.+\)$", entry, re.M) for entry in entries)


def test_every_folder_of_the_package_stands_in_the_architecture():
    section = PAGES[".github/CONTRIBUTING.md"].partition("## Architecture\n")[2].partition("\n## ")[0]
    for path in Path(lyapscreen.__file__).parent.glob("*/__init__.py"):
        assert re.search(rf"\b{path.parent.name}\b", section)
    assert len(section.splitlines()) <= 25
