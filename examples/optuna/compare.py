"""Ten studies a task and arm; writes results.json beside this file and the tables in README.md."""

from __future__ import annotations

import argparse
import json
import math
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
from joblib import Memory, Parallel, delayed
from studies import ALONE, ARMS, BUDGETS, STEPS, search
from task import TASKS

from lyapscreen.results.statistics import t_interval

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "build" / "optuna-example"
"""Studies as they finish; remove it after a change of task.py or studies.py."""
SEEDS = range(10)
BEGIN, END = "<!-- compare.py writes from here -->", "<!-- to here -->"


def compare(jobs):
    """Return every study, those that the cache lacks done anew."""
    kept = Memory(CACHE, verbose=0).cache(search)
    every = product(TASKS, SEEDS, ARMS)
    studies = Parallel(n_jobs=jobs, verbose=5)(delayed(kept)(task, arm, seed) for task, seed, arm in every)
    return {"versions": {name: version(name) for name in ("lyapscreen", "optuna", "torch")}, "studies": studies}


def values(results, task, arm, budget):
    """Return the best value of each seed's study [seeds]."""
    chosen = [s for s in results["studies"] if (s["task"], s["arm"]) == (task, arm)]
    return np.array([s["best"][str(budget)] for s in sorted(chosen, key=lambda s: s["seed"])])


def against_alone(results, task, arm, budget):
    """Return ln(best value / best value of TPE alone) of each seed [seeds]; of every task, their mean for `None`."""
    if task is None:
        return np.mean([against_alone(results, each, arm, budget) for each in TASKS], axis=0)
    return np.log(values(results, task, arm, budget) / values(results, task, ALONE, budget))


def verdict(interval):
    """Say what a 95 % interval of a difference bears.

    >>> [verdict(t_interval(np.array(x))) for x in ([-1.0, -1.1], [1.0, 1.1], [-1.0, 1.0])]
    ['better', 'worse', 'no difference shown']
    """
    return "better" if interval.high < 0 else "worse" if interval.low > 0 else "no difference shown"


def block(results):
    """Return the tables of the page, made of the results alone."""
    return "\n".join([BEGIN, *(line for budget in BUDGETS for line in table(results, budget)), *costs(results), END])


def table(results, budget):
    """Yield the table of one budget."""
    yield f"**After {budget:,} steps** ({budget // STEPS} full trainings)\n"
    yield f"| | {' | '.join(TASKS)} | all three | |\n|---|{'---|' * (len(TASKS) + 2)}"
    means = [f"{math.exp(np.log(values(results, task, ALONE, budget)).mean()):.3g}" for task in TASKS]
    yield f"| {ALONE}: held-out loss, geometric mean | {' | '.join(means)} | | |"
    for arm in ARMS:
        if arm != ALONE:
            every = [t_interval(against_alone(results, task, arm, budget)) for task in (*TASKS, None)]
            yield f"| {arm} | {' | '.join(map(cell, every))} | {verdict(every[-1])} |"
    yield ""


def cell(interval):
    """Write a difference of logarithms as percent.

    >>> cell(t_interval(np.log([0.8, 0.9])))
    '-15 % (-60 to +79)'
    """
    mean, low, high = (100 * math.expm1(value) for value in (interval.mean, interval.low, interval.high))
    digits = 0 if abs(mean) >= 10 else 1
    return f"{mean:+.{digits}f} % ({low:+.{digits}f} to {high:+.{digits}f})"


def costs(results):
    """Yield what screening and probes took and did, arm by arm."""
    yield "| a study, on average | steps screened | trials | of them pruned |\n|---|---|---|---|"
    for arm in ARMS:
        chosen = [study for study in results["studies"] if study["arm"] == arm]
        screened, trials, pruned = (np.mean([s[key] for s in chosen]) for key in ("screened", "trials", "pruned"))
        yield f"| {arm} | {screened:,.0f} | {trials:.1f} | {pruned:.1f} |"


def main():
    """Write results.json, renew the page's tables and print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=2, help="processes (default %(default)s)")
    results = compare(parser.parse_args().jobs)
    (HERE / "results.json").write_text(json.dumps(results, indent=1, allow_nan=False) + "\n")
    page = HERE / "README.md"
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(before + block(results) + rest.partition(END)[2])
    print(block(results))


if __name__ == "__main__":
    main()
