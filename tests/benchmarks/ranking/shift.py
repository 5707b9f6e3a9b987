"""How good a rate `extrapolate_lr` picks for full training, on the tables: python -m tests.benchmarks.ranking.shift.

Of every data set with each optimizer, relu and tanh at 16 rates are probed and trained for 1,500 steps, at a constant
rate and along a cosine to zero; the pick is the activation whose smoothed held-out loss is lowest at T, at the grid's
rate nearest to the extrapolated one. Half an hour on two cores; `--data wine` looks at some data sets alone.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rich.console import Console

from lyapscreen import extrapolate_lr
from lyapscreen.probe.probe import ProbeTask, probe
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.results.extrapolate_lr import filled
from lyapscreen.results.shift import smoothed
from lyapscreen.results.statistics import Values
from lyapscreen.screening.full_training import train
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.candidates import configurations
from tests.benchmarks.ranking.summary import over_data_sets
from tests.benchmarks.ranking.tasks import Task, tasks

LENGTHS = (25, 100, 400)
STEPS = 1500
ACTIVATIONS = ("relu", "tanh")
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class Found:
    """One task along one schedule; arrays are [activations, rates] or [activations, rates, seeds]."""

    task: Task
    schedule: str
    reference: float
    """The loss of the best constant guess."""
    held_out: dict[int, Values]
    """By length, NaN where a seed diverged; so are the others."""
    train: dict[int, Values]
    growth: dict[int, Values]
    ends: dict[str, Values]
    """Mean loss of full training by the checkpoint that is kept, infinite where a seed diverged."""


def measured(task: Task, schedule: str) -> Found:
    """Probe and train a task's two activations at all its rates and seeds."""
    spec = task.spec(act=ACTIVATIONS, steps=LENGTHS[-1], schedule=schedule, full_steps=STEPS, halving=False)
    plan = prepare(spec)
    shape = (len(spec.act), len(spec.lr), len(spec.seeds))
    place = {(act, lr): (i, j) for i, act in enumerate(spec.act) for j, lr in enumerate(spec.lr)}
    names = ("held_out_loss", "train_loss", "lyapunov")
    by = {name: {steps: np.full(shape, np.nan) for steps in LENGTHS} for name in names}
    for batch in plan.batches:
        for result in probe(plan.spec, plan.data, ProbeTask(batch, LENGTHS)).results:
            configuration, seed = result.candidate.configuration, spec.seeds.index(result.candidate.seed)
            for measures in result.rungs:
                for name in names:
                    value = getattr(measures, name)
                    if value is not None and measures.steps in LENGTHS:
                        by[name][measures.steps][(*place[configuration.activation, configuration.lr], seed)] = value
    ends = {keep: np.full(shape, np.inf) for keep in ("best", "last")}
    for one in train(plan, configurations(plan.spec), STEPS, jobs=1):
        at = (*place[one.candidate.configuration.activation, one.candidate.configuration.lr],
              spec.seeds.index(one.candidate.seed))  # fmt: skip
        if not one.full.diverged:
            ends["best"][at], ends["last"][at] = one.full.best, one.full.final
    reference = BatchSetup.of(plan.spec, plan.data, plan.batches[0]).evaluator.reference_loss
    growth = {steps: steps * value for steps, value in by["lyapunov"].items()}
    return Found(
        task, schedule, float(reference or np.nan), by["held_out_loss"], by["train_loss"], growth,
        {keep: of.mean(2) for keep, of in ends.items()},
    )  # fmt: skip


def pick(found: Found, steps: int, keep: str, *, growth: bool = False) -> tuple[int, int]:
    """Return activation and rate, as indices, of what is extrapolated from probes of so many steps."""
    rates = np.array(found.task.spec().lr)
    best, chosen = np.inf, (0, 0)
    for act in range(len(ACTIVATIONS)):
        losses = found.held_out[steps][act]
        if not np.isfinite(losses).all(1).any():
            continue
        lowest = smoothed(np.log10(rates), filled(losses.mean(1))).min()
        lr = extrapolate_lr(
            rates, losses, probe_steps=steps, full_steps=STEPS, optimizer=found.task.optimizer,
            schedule=found.schedule, keep=keep, train_losses=found.train[steps][act],
            growth=found.growth[steps][act] if growth else None,
        ).lr  # fmt: skip
        if lowest < best:
            best, chosen = lowest, (act, int(np.abs(np.log(rates / lr)).argmin()))
    return chosen


def greedy(found: Found, steps: int) -> tuple[int, int]:
    """Return what has the lowest held-out loss after so many steps."""
    means = found.held_out[steps].mean(2)
    act, rate = np.unravel_index(np.argmin(np.where(np.isfinite(means), means, np.inf)), means.shape)
    return int(act), int(rate)


def lines(found: Found) -> Iterator[dict[str, object]]:
    """Yield gap and regret of every length and checkpoint: (loss of the pick - best) / (constant guess - best)."""
    for keep, losses in found.ends.items():
        for steps in LENGTHS:
            picks = {"": pick(found, steps, keep), "greedy ": greedy(found, steps)}
            picks["growth "] = pick(found, steps, keep, growth=True)
            depth = found.reference - losses.min()
            values: dict[str, object] = {}
            for name, at in picks.items():
                gap = (losses[at] - losses.min()) / depth
                values[f"{name}gap"] = min(1.0, float(gap)) if np.isfinite(gap) else 1.0
                values[f"{name}regret"] = float(np.mean(losses < losses[at]))
            yield {
                "data": found.task.name, "aside": found.task.aside, "keep": keep, "steps": steps,
                "schedule": found.schedule, **values,
            }  # fmt: skip


def main() -> None:
    """Measure what was asked for and print one line a length, checkpoint and schedule."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", default="", help="names of data sets, comma-separated (default: all)")
    given, out = parser.parse_args(), Console(soft_wrap=True, highlight=False)
    chosen = [t for t in tasks() if t.is_mlp and (not given.data or t.name in given.data.split(","))]
    every = [line for task in chosen for schedule in SCHEDULES for line in lines(measured(task, schedule))]
    for aside in (False, True):
        for keep, schedule, steps in ((k, s, t) for k in ("best", "last") for s in SCHEDULES for t in LENGTHS):
            group = [
                x for x in every if (x["aside"], x["keep"], x["schedule"], x["steps"]) == (aside, keep, schedule, steps)
            ]
            if not group:
                continue
            shown = {
                name: over_data_sets(group, lambda x, n=name: x[n]) for name in ("gap", "greedy gap", "growth gap")
            }
            worst = max(x["gap"] for x in group)
            regret = np.mean([x["regret"] for x in group])
            gap = shown["gap"]
            out.print(
                f"{'set aside' if aside else 'chosen on'}, {keep} kept, {schedule}, T = {steps}: gap {gap['mean']:.3f} "
                f"({gap['low']} to {gap['high']}), worst {worst:.2f}, regret {regret:.2f}; lowest loss at T "
                f"{shown['greedy gap']['mean']:.3f}; with growth {shown['growth gap']['mean']:.3f}"
            )


if __name__ == "__main__":
    main()
