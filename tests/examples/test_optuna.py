"""The Optuna example: its page says what its results file holds, and the file what its studies find."""

import doctest
import json
import re
import sys
from types import SimpleNamespace

import pytest
import torch

from lyapscreen.results.statistics import t_interval
from tests.helpers.project import EXAMPLES

EXAMPLE = EXAMPLES / "optuna"
PAGE = (EXAMPLE / "README.md").read_text()


@pytest.fixture(scope="module")
def example():
    """The example's modules, imported from where they lie; one thread, as its studies take."""
    threads = torch.get_num_threads()
    names = ("task", "studies", "compare")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE)
        yield SimpleNamespace(**{name: __import__(name) for name in names})
        for name in names:
            del sys.modules[name]
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def results():
    return json.loads((EXAMPLE / "results.json").read_text())


def test_the_tables_of_the_page_are_those_of_the_results(example, results):
    assert example.compare.block(results) in PAGE


def test_what_the_pages_say_of_it_is_what_the_results_bear(example, results):
    def over_all(arm, budget):
        return t_interval(example.compare.against_alone(results, None, arm, budget))

    quarter, whole = example.studies.BUDGETS
    verdict, enqueued = example.compare.verdict, "with the leading 3 enqueued"
    said = {"at the start": verdict(over_all(enqueued, quarter)), "in the end": verdict(over_all(enqueued, whole))}
    assert said == {"at the start": "better", "in the end": "no difference shown"}
    page = " ".join(PAGE.split())
    assert f"{example.compare.cell(over_all(enqueued, whole))} over all three" in page
    for task in example.task.TASKS:
        interval = t_interval(example.compare.against_alone(results, task, enqueued, quarter))
        assert verdict(interval) == "better"
        assert f"{example.compare.cell(interval)} on {task}" in page
    for budget in (quarter, whole):
        assert verdict(over_all("with a probe that prunes", budget)) == "no difference shown"
        by_loss = example.compare.against_alone(results, None, "enqueued by held-out loss instead", budget)
        ours = example.compare.against_alone(results, None, enqueued, budget)
        assert verdict(t_interval(by_loss - ours)) == "no difference shown"
    pruned = {task: sum(s["pruned"] for s in results["studies"] if s["task"] == task) for task in example.task.TASKS}
    assert {task for task, count in pruned.items() if count} == {"friedman1"}


def test_every_study_is_there_once(example, results):
    done = [(study["task"], study["arm"], study["seed"]) for study in results["studies"]]
    wanted = [(t, a, s) for t in example.task.TASKS for a in example.studies.ARMS for s in example.compare.SEEDS]
    assert sorted(done) == sorted(wanted)
    assert len(example.task.TASKS) == 3
    assert len(example.compare.SEEDS) == 10


def test_a_stored_study_is_what_it_gives_now(example, results):
    arm = "with both"
    (stored,) = (s for s in results["studies"] if (s["task"], s["arm"], s["seed"]) == ("wine", arm, 0))
    found = example.studies.search("wine", arm, 0)
    assert found["screened"] == stored["screened"]
    # Trainings that round otherwise, on another processor, lead the sampler elsewhere; the start is the same.
    small = str(example.studies.BUDGETS[0])
    assert found["best"][small] == pytest.approx(stored["best"][small], rel=1e-2)


def test_a_study_spends_its_budget_and_no_training_more(example, monkeypatch):
    monkeypatch.setattr(example.studies, "STEPS", 50)
    monkeypatch.setattr(example.studies, "BUDGETS", (100, 310))
    found = example.studies.search("wine", "with a probe that prunes", 0)
    assert found == example.studies.search("wine", "with a probe that prunes", 0)
    assert found["screened"] == 0
    # 75 steps a trial, the last begun before 310 are spent.
    assert found["trials"] == 5
    assert found["best"]["310"] <= found["best"]["100"]


def test_differences_are_paired_by_seed_and_all_three_are_one_a_seed(example):
    compare, alone = example.compare, example.studies.ALONE
    arm = "with both"
    studies = [
        {"task": task, "arm": name, "seed": seed, "best": {"5000": (seed + 1.0) * (factor if name == arm else 1.0)}}
        for task, factor in zip(example.task.TASKS, (0.5, 1.0, 2.0), strict=True)
        for name in (alone, arm)
        for seed in (1, 0)
    ]
    first, *_ = example.task.TASKS
    assert compare.cell(t_interval(compare.against_alone({"studies": studies}, first, arm, 5000))) == (
        "-50 % (-50 to -50)"
    )
    assert compare.against_alone({"studies": studies}, None, arm, 5000) == pytest.approx([0.0, 0.0])


def test_what_the_docstrings_show(example):
    for module in (example.studies, example.compare):
        found = doctest.testmod(module)
        assert found.attempted
        assert not found.failed


def test_the_python_shown_runs(example):
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    here = {}
    exec(compile(block, "README.md", "exec"), here)
    assert len(here["study"].trials) == 5
    assert here["study"].trials[0].user_attrs["screening_rank"] == 1


def test_the_command_of_the_page_exists():
    (script,) = re.findall(r"^    python (examples/optuna/\w+\.py)$", PAGE, flags=re.MULTILINE)
    assert (EXAMPLE.parents[1] / script).is_file()
