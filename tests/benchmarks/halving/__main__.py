"""Halving against probing everything: steps spent, and regret by full training; half an hour on two cores.

python -m tests.benchmarks.halving [PATH.json]

Results are kept in build/bench-cache as they come, so that a run that was stopped goes on. Remove its
screenings (halving-*.json and whole-*.json) when the screening itself has changed.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lyapscreen.execute import execute
from tests.benchmarks.halving.regret import JUDGES, outcome, summary
from tests.benchmarks.halving.tasks import RATES, Task, tasks
from tests.benchmarks.halving.work import Work, works
from tests.benchmarks.rows import page_width

CACHE = Path("build/bench-cache")


def main() -> None:
    """Do what is not yet in the cache, then print both tables and write the JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.halving", description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, default=Path("build/bench-halving.json"), help="%(default)s")
    parser.add_argument("--data", default="", help="names of data sets, comma-separated (default: all)")
    parser.add_argument("--steps", type=int, default=1500, help="of full training (default %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    given = parser.parse_args()
    chosen = [task for task in tasks() if not given.data or task.name in given.data.split(",")]
    fill([work for task in chosen for work in works(task, given.steps)], given.jobs)
    lines = [outcome(task.name, task.optimizer, kept(task, given.steps)) for task in chosen]
    together = {name: summary([x for x in lines if name in ("all", x["optimizer"])]) for name in (*RATES, "all")}
    given.path.parent.mkdir(parents=True, exist_ok=True)
    given.path.write_text(json.dumps({"steps": given.steps, "summary": together, "tasks": lines}, indent=2) + "\n")
    Console(width=page_width()).print(of_tasks(lines), of_all(together))


def fill(wanted: Sequence[Work], jobs: int) -> None:
    """Do the works that the cache lacks, several at once."""
    missing = [work for work in wanted if not at(work).exists()]
    progress, start = Console(stderr=True), time.perf_counter()
    for done, (index, found) in enumerate(execute(Work.__call__, missing, jobs), 1):
        if not isinstance(found, dict):
            raise RuntimeError(f"{missing[index].key}: {found.reason}")
        path = at(missing[index])
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(path)
        left = (time.perf_counter() - start) / done * (len(missing) - done) / 60
        progress.print(f"{done} of {len(missing)}, {left:.0f} min left: {missing[index].key}", highlight=False)


def at(work: Work) -> Path:
    """Return the file of a work's result."""
    return CACHE / f"{work.key}.json"


def kept(task: Task, steps: int) -> dict[str, Any]:
    """Return what the cache has of a task, by part."""
    return {work.part: json.loads(at(work).read_text()) for work in works(task, steps)}


def of_tasks(lines: Sequence[dict[str, Any]]) -> Table:
    """Return the table of the tasks."""
    table = Table(
        "data", "optimizer", "best: whole", "halving", "end: whole", "halving", "steps", "of planned", box=None
    )
    for line in lines:
        regrets = [f"{line[judge][screening]:.3f}" for judge in JUDGES for screening in ("whole", "halving")]
        table.add_row(line["data"], line["optimizer"], *regrets, *shares(line))
    return table


def shares(of: dict[str, Any]) -> tuple[str, str]:
    """Return the share of the steps that probing everything took, and of those it would take if nothing diverged."""
    return f"{of['share_of_steps']:.0%}", f"{of['share_of_planned']:.0%}"


def of_all(together: dict[str, dict[str, Any]]) -> Table:
    """Return the table of the means, with the difference in regret and its 95 % interval."""
    table = Table(
        "optimizer", "tasks", "regret by", "whole", "halving", "difference [95 %]", "steps", "of planned", box=None
    )
    for name, said in together.items():
        for judge in JUDGES:
            s = said[judge]
            difference = f"{s['difference']:+.3f}"
            if s["low"] is not None:
                difference += f" [{s['low']:+.3f}, {s['high']:+.3f}]"
            means = (f"{s['whole']:.3f}", f"{s['halving']:.3f}")
            table.add_row(name, str(said["tasks"]), judge, *means, difference, *shares(said))
    return table


main()
