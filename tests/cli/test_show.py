"""`lyapscreen show`: the same results again from a run directory or a file, in any format."""

import json

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing

SMALL = ["--data", "wine", "--model", "mlp:8", "--lr", "1e-3:3:6", "--seeds", "2", "--steps", "40", "--jobs", "1"]
FORMATS = ("csv", "json", "parquet", "markdown", "html")


def run(*arguments):
    return CliRunner().invoke(app, replacing(*arguments))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished run with everything `rank` can write of it."""
    folder = tmp_path_factory.mktemp("shown")
    outputs = [part for kind in FORMATS for part in (f"--{kind}", folder / f"rank.{kind}")]
    done = run("rank", *SMALL, "--run", folder / "run", *outputs, "--plot", folder / "rank.svg")
    assert done.exit_code == 0, done.stderr
    (folder / "rank.txt").write_text(done.stdout)
    return folder


@pytest.mark.parametrize("source", ["run", "rank.json"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_format_shown_again_has_the_same_bytes(folder, tmp_path, source, kind):
    done = run("show", folder / source, f"--{kind}", tmp_path / "again")
    assert done.exit_code == 0, done.stderr
    written, again = (path.read_bytes() for path in (folder / f"rank.{kind}", tmp_path / "again"))
    if kind != "html":  # the page says how data and model were taken, which only the run itself knows
        assert again == written
    assert b"relu" in again


@pytest.mark.parametrize("source", ["run", "rank.json"])
def test_the_table_and_the_figures_are_the_same(folder, tmp_path, source):
    done = run("show", folder / source, "--plot", tmp_path / "again.svg")
    ranked = (folder / "rank.txt").read_text()
    # What to do next is another: `show` has no flags that train.
    assert done.stdout.partition("\nnext:")[0] == ranked.partition("\nnext:")[0]
    assert "next: --confirm" in ranked
    assert "next: --code train.py" in done.stdout
    assert (tmp_path / "again.svg").read_bytes() == (folder / "rank.svg").read_bytes()


def test_a_run_that_is_not_finished_is_shown_as_far_as_it_is(folder, tmp_path):
    run_of = tmp_path / "run"
    run_of.mkdir()
    (run_of / "run.json").write_bytes((folder / "run" / "run.json").read_bytes())
    lines = (folder / "run" / "results.jsonl").read_text().splitlines(keepends=True)
    (run_of / "results.jsonl").write_text("".join(lines[:5]) + lines[5][:40])
    done = run("show", run_of, "--json", "-")
    assert "note: the run is not finished: 5 of 24 candidates have been probed so far" in done.stderr
    assert sum(row["seeds"] for row in json.loads(done.stdout)["ranking"]) == 5
    (run_of / "results.jsonl").write_text("")
    empty = run("show", run_of)
    assert (empty.exit_code, "No probe has finished" in empty.stderr) == (3, True)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing.json", "it cannot be read (No such file or directory)"),
        (".", "it is not a run directory: it has no run.json"),
        ("rank.csv", "it is not JSON"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(folder, name, said):
    done = run("show", folder / name)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stderr.startswith("error: RUN ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("path", ["plot.pdf", "plot", "-"])
def test_a_picture_ends_in_png_or_svg(folder, path):
    done = run("show", folder / "rank.json", "--plot", path)
    assert (done.exit_code, "a picture ends in .png or .svg" in done.stderr) == (2, True)


def test_stdout_holds_one_result_only(folder):
    done = run("show", folder / "rank.json", "--csv", "-", "--html", "-")
    assert (done.exit_code, "stdout can hold only one result" in done.stderr) == (2, True)
