"""The benchmarks' own arithmetic; what they measure is `make bench`."""

import doctest
import json
from pathlib import Path

import pytest

from tests.benchmarks import rows
from tests.benchmarks.ranking import pages, records, summary, tasks, trainings
from tests.benchmarks.ranking.frontier import lines, page, picture, rivals, truth
from tests.benchmarks.ranking.frontier import summary as frontier


@pytest.mark.parametrize(
    "module", [rows, records, summary, trainings, truth, lines, frontier, page], ids=lambda module: module.__name__
)
def test_what_the_docstrings_show(module):
    assert doctest.testmod(module).attempted
    assert not doctest.testmod(module).failed


def test_an_aim_is_kept_to_from_its_own_side():
    assert rows.spread("less", [1.0, 2.0, 3.0], at_most=2.0).met
    assert not rows.spread("more", [1.0, 2.0, 3.0], at_least=2.5).met
    assert rows.Row("left out", None, at_least=2.5).met is None


def test_a_data_set_counts_once_however_many_tasks_it_has():
    lines = [{"data": name, "x": value} for name, value in (("a", 0.0), ("a", 0.4), ("b", 0.4), ("a, cnn", 0.2))]
    found = summary.over_data_sets(lines, lambda line: line["x"])
    assert found["mean"] == pytest.approx(0.3)  # a has 0.2, b 0.4
    assert found["high"] - found["mean"] == pytest.approx(0.1 * 12.7062, rel=1e-4)  # t of one degree of freedom


def test_a_search_that_never_gets_there_counts_as_long_as_it_lasted():
    ours = {"regret": 0.1, "seconds": 2.0}
    study = {"at_steps": 0.2, "at_seconds": 0.4, "seconds": 30.0}
    studies = [
        {**study, "seconds_to_ours": 10.0},
        {**study, "seconds_to_ours": None},
        {**study, "seconds_to_ours": 4.0},
    ]
    said = summary.against_optuna({"a": {"ours": ours, "studies": studies}})
    assert said["times as long"]["median"] == 5.0
    assert said["times as long"]["upper quartile"] == 10.0
    assert said["never"] == pytest.approx(1 / 3)


def test_a_third_of_the_data_sets_is_set_aside_with_all_its_tasks():
    every = tasks.tasks()
    names = {task.name for task in every if task.is_mlp}
    if len(names) < 18:
        pytest.skip("the tables beside the project are not here")
    assert len(tasks.ASIDE) == len(names) // 3
    assert all(len([t for t in every if t.name == name]) == 3 for name in names)


def test_the_numbers_on_the_page_are_those_the_benchmark_wrote():
    results = json.loads(pages.RESULTS.read_text())
    assert pages.block(results) in pages.PAGE.read_text()
    # And those in the file follow from its tasks, line by line.
    for line in results["tasks"]:
        assert set(line["regret"]) == {"best", "final"}
    again = summary.summary(results["tasks"])
    assert json.loads(json.dumps(again)) == results["summary"]


def test_the_gaps_in_readme_are_the_benchmarks():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    cases = {
        case["keep"]: case["groups"]["all"]
        for case in json.loads(page.RESULTS.read_text())["summary"]
        if (case["schedule"], case["steps"]) == ("constant", 1500)
    }
    for keep, row in (("best", "keeps its best checkpoint"), ("last", "keeps its last weights")):
        ours, rules = cases[keep]["ours"]["100"], cases[keep]["rules"]
        values = (ours["rank"], ours["confirm 3"], rules["held_out_loss-100"], rules["effective-100"], rules["random"])
        assert [f"{one['gap']['mean']:.3f}" for one in values] == next(
            [cell.strip() for cell in line.split("|")[3:-1]] for line in readme.splitlines() if row in line
        )
    assert f"{cases['best']['tasks']} tasks" in readme
    assert f"({cases['best']['rules']['lyapunov-100']['gap']['mean']:.2f})" in readme


def searched(losses, keep, name, steps=9):
    """A study of one rival over rates 0.1 and 1, whose trainings have these losses at every third step."""
    task = tasks.Task("made up", "sgd", {"data": "wine", "act": ("relu",), "lr": "0.1,1"})
    curves = {
        id_: tuple(truth.Curve(tuple(zip((3, 6, 9), row, strict=False)), len(row) < 3) for row in seeds)
        for id_, seeds in losses.items()
    }
    known = truth.Truth(task, trainings.Training(steps), keep, curves, reference=1.0)
    pytest.importorskip("optuna").logging.set_verbosity(40)
    return known, rivals.study(known, rivals.RIVALS[name](0, 3, steps), 3)


LOSSES = {"relu/lr=0.1": [(0.9, 0.5, 0.6), (0.9, 0.6, 0.7)], "relu/lr=1": [(0.8, 0.1, 0.8), (9.0,)]}
"""Of two seeds each; the second of the higher rate diverges."""


def test_a_trial_costs_the_steps_it_takes_and_the_incumbent_has_the_lowest_loss_seen():
    known, changes = searched(LOSSES, "best", "random")
    assert known.gap("relu/lr=1") == 1.0
    assert known.gap("relu/lr=0.1") == 0.0
    assert changes[-1][1:] == ("relu/lr=1", 0.1)
    assert all(spent <= rivals.MOST * 9 for spent, *_ in changes)
    assert [loss for *_, loss in changes] == sorted((loss for *_, loss in changes), reverse=True)


@pytest.mark.parametrize("name", rivals.RIVALS)
def test_where_the_last_is_kept_a_pruned_trial_is_none_once_one_has_ended(name):
    _, changes = searched(LOSSES, "last", name)
    assert changes[-1][1:] == ("relu/lr=0.1", 0.6)


def test_the_frontier_on_the_page_is_that_of_the_file(tmp_path):
    results = json.loads(page.RESULTS.read_text())
    assert page.block(results) in pages.PAGE.read_text()
    assert page.dumped(results) == page.RESULTS.read_text()
    assert json.loads(json.dumps(frontier.summary(results["lines"]))) == results["summary"]
    pytest.importorskip("matplotlib")
    for path in (tmp_path / "a.svg", tmp_path / "b.svg"):
        picture.draw(results, path)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
