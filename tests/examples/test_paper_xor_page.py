"""The paper done again (examples/paper_xor): its scripts run, and its page says what they found."""

import csv
import doctest
import importlib.util
import re
import sys

import pytest
from torch import nn

from tests.helpers.project import EXAMPLES

EXAMPLE = EXAMPLES / "paper_xor"


ACTIVATIONS = {"linear": nn.Identity, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}


SMALL = {"figure4": "5", "figure5": "60", "epochs": "4"}


@pytest.mark.parametrize("script", SMALL)
def test_a_script_writes_the_same_bytes_each_time(paper, script, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paper.epochs, "EPOCHS", 30)
    written = []
    for name in ("a", "b"):
        monkeypatch.setattr(sys, "argv", [script, "--points", SMALL[script], "--out", str(tmp_path / name)])
        getattr(paper, script).main()
        written.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    files, again = written
    assert files == again
    assert files[f"{script}.csv"].startswith(b"activation,")
    printed = capsys.readouterr().out
    assert all(activation in printed for activation in ACTIVATIONS)
    if importlib.util.find_spec("matplotlib"):
        assert files[f"{script}.png"].startswith(b"\x89PNG")
        assert b"<svg" in files[f"{script}.svg"]
        assert b"<dc:date>" not in files[f"{script}.svg"]


def test_without_matplotlib_the_numbers_are_written_all_the_same(paper, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(sys, "argv", ["figure5", "--points", "60", "--out", str(tmp_path)])
    paper.figure5.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure5.csv", "figure5_points.csv"]
    assert "lyapscreen[report]" in capsys.readouterr().err


def test_the_examples_in_its_docstrings_hold(paper):
    results = [doctest.testmod(module) for module in vars(paper).values()]
    assert sum(result.attempted for result in results) == 2
    assert not any(result.failed for result in results)


def stored(name):
    with (EXAMPLE / "results" / name).open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_states_the_stored_results():
    page = (EXAMPLE / "README.md").read_text()
    for row in stored("figure5.csv"):
        got = {name: float(value) for name, value in row.items() if name not in ("activation", "dtype")}
        assert f"{got['correlation']:.3f} [{got['low']:.3f}, {got['high']:.3f}]" in page
        if row["dtype"] == "float64":
            assert f"| {row['activation']} | {got['mean']:.3e} |" in page
            assert f"{got['given_initial']:.3f} [{got['given_low']:.3f}, {got['given_high']:.3f}]" in page
    rows = stored("figure4.csv")
    inside = {a: sum(row["inside"] == "1" for row in rows if row["activation"] == a) for a in ACTIVATIONS}
    total = sum(inside.values())
    assert f"{inside['linear']} of 50 (linear), {inside['sigmoid']} (sigmoid) and {inside['relu']} (ReLU)" in page
    assert f"{total} of 150 in all, {total / 150:.1%}".replace("%", " %") in page


def test_the_stored_results_are_what_the_commands_give(figure5):
    for row in stored("figure5.csv"):
        if row["dtype"] == "float64":
            got = figure5[row["activation"], "float64"]
            # Another processor's sums may round otherwise, which float64 exponents of 1e-6 feel in the tenth digit.
            assert float(row["correlation"]) == pytest.approx(got.correlation, abs=1e-6)
            assert float(row["mean"]) == pytest.approx(got.mean, rel=1e-6)


def test_the_pages_commands_and_pictures_exist():
    page = (EXAMPLE / "README.md").read_text()
    commands = re.findall(r"^    python examples/paper_xor/(\w+)\.py$", page, re.MULTILINE)
    assert sorted(commands) == sorted(SMALL)
    pictures = re.findall(r"!\[.+\]\((.+)\)", page)
    assert len(pictures) == 3
    assert all((EXAMPLE / picture).is_file() for picture in pictures)
