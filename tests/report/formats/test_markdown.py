"""The ranking in a pull request."""

import re

import pytest

from lyapscreen.report.formats import markdown
from lyapscreen.spec.spec import Spec
from tests.helpers.documents import HOSTILE, ODD, document, halved, hostile, one


def test_a_table_of_all_rows_where_they_are_few():
    lines = markdown.render(document()).splitlines()
    rows = [line for line in lines if line.startswith("| ") and "---" not in line]
    assert rows[0].startswith("| # | tie | act | lr | regime | λ_eff |")
    assert len(rows) == 1 + 8
    assert rows[1].startswith("| **1** | **1** | **tanh** | **0.01** | **converging** | **-0.0501** |")
    assert len({row.count("|") for row in rows}) == 1
    assert "<details>" not in lines
    assert lines[0] == "**Recommended: tanh at lr 0.01.**"
    assert "- Settings: lr=0.01, activation=tanh, optimizer=sgd, batch_size=64." in lines
    steps = "100 steps of a probe, 1,500 of the full training"
    assert lines[-1] == f"<sub>5 seeds, {steps}; lyapscreen 0.1.0, torch 2.13.0; spec 0123456789abcdef</sub>"


def test_what_is_undefined_is_an_empty_cell():
    diverged = next(line for line in markdown.render(document()).splitlines() if "diverged" in line and "|" in line)
    assert diverged.endswith("| diverged |  |  |  |  |  |  |")


def test_many_rows_are_folded_and_very_many_are_counted():
    many = [one(f"act{i}", 0.1, seed, value=-1 + i / 1e3 + seed / 1e6) for i in range(300) for seed in (0, 1)]
    text = markdown.render(document(many))
    shown, _, folded = text.partition("<details><summary>290 more configurations</summary>")
    assert shown.count("act") - shown.count("| act |") >= markdown.LEADING
    assert folded.count("| act") == 1 + markdown.FOLDED
    assert "… 90 more rows: --csv FILE has all\n\n</details>" in folded
    assert len(text.encode()) < 65_536


def test_steps_are_a_column_where_they_differ():
    assert "| steps |" in markdown.render(document(halved()))
    assert "| steps |" not in markdown.render(document(ODD["one learning rate"]))


def test_a_warning_stands_out_and_nothing_recommended_is_said():
    text = markdown.render(document(ODD["all diverged"]))
    assert text.startswith("**Nothing is recommended.**\n\n> [!WARNING]\n> No configuration learns: 2 diverge.")


@pytest.mark.parametrize("words", HOSTILE, ids=ascii)
def test_names_are_shown_as_they_are(words):
    written = markdown.escaped(words)
    assert "\n" not in written
    assert not re.search(r"<|>|(?<!\\)[|`*\[\]$]|@\w", written)


def test_hostile_names_break_no_table():
    text = markdown.render(hostile())
    text.encode()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert "<script" not in text
    assert "<img" not in text


@pytest.mark.parametrize("results", ODD.values(), ids=ODD)
def test_odd_results_are_written_the_same_way_each_time(results):
    assert markdown.render(document(results)) == markdown.render(document(results))
    assert "nan" not in markdown.render(document(results, Spec.of(seeds=2)))
