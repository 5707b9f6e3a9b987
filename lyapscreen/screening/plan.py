"""All that is decided before the first step: data, candidates, rungs and batches, and what they will take."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

from lyapscreen import data, execution
from lyapscreen.errors import SettingError
from lyapscreen.exponents import trees
from lyapscreen.probe import tokens
from lyapscreen.probe.baseline import baseline_score
from lyapscreen.probe.evaluation import objective_of
from lyapscreen.probe.inspection import inspect
from lyapscreen.probe.way import Ways, sizing
from lyapscreen.report.text.numbers import compact
from lyapscreen.results.projection import above_the_range
from lyapscreen.screening.halving import Rung, rungs
from lyapscreen.spec import epochs, user_code
from lyapscreen.spec.activations import ACTIVATIONS, NONE
from lyapscreen.spec.candidates import CACHE_BYTES, CALL_BYTES, Batch, Configuration, batches, configurations, settings
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import Settings
from lyapscreen.training import devices
from lyapscreen.training.autodiff import WRITTEN_OUT

WORTH_WORKERS = 2e10
"""Bytes of working set times steps from which on worker processes pay for their start: some ten seconds of work."""

CODE = ("model", "loss", "data")
"""Settings that may name code of the user's."""

IN_TURN = 2
"""Candidates in a batch whose models go one at a time."""


@dataclass(frozen=True)
class Plan:
    """All that is decided before the first step: a function of the spec alone."""

    spec: Spec
    data: data.Dataset
    rungs: tuple[Rung, ...]
    """One, unless the best alone go on."""
    batches: tuple[Batch, ...]
    """Of the first rung: all candidates."""
    ways: Ways
    """To each model's tangent."""
    bytes_per_candidate: int
    """Working set of one candidate, an estimate."""
    budget: int
    """Bytes that a batch may take."""
    notices: tuple[str, ...]
    """What a person should know of how their data and model were taken."""
    warnings: tuple[str, ...]
    """What they should look at before they trust the numbers."""

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return sum(len(batch.candidates) for batch in self.batches)

    @property
    def steps(self) -> int:
        """Optimizer steps of all candidates together, if no ties go on and nothing diverges."""
        return _steps(self.spec, self.rungs)

    def workers(self, jobs: execution.Workers) -> int | execution.Cluster:
        """Return what to use: a cluster if there is one, else so many processes; 1 is this one alone."""
        workers = self.workers_for(self.steps, jobs)
        return min(workers, len(self.batches)) if isinstance(workers, int) else workers

    def workers_for(self, steps: int, jobs: execution.Workers) -> int | execution.Cluster:
        """Return what to use for so many optimizer steps of single candidates: what is given, else what they pay."""
        if self.spec.device == "cuda":
            return 1  # several processes would take turns on the GPU, and share its memory
        if jobs is not None:
            return jobs
        return 1 if steps * self.bytes_per_candidate < WORTH_WORKERS else execution.cores()

    def processes(self, jobs: execution.Workers) -> int:
        """Return how many batches are worked on at a time."""
        workers = self.workers(jobs)
        return workers if isinstance(workers, int) else min(workers.size, len(self.batches))


def prepare(spec: Spec, jobs: execution.Workers = None) -> Plan:
    """Load the data, look at the model at every size it has, choose the device and divide candidates into batches.

    Args:
        spec: all that decides the numbers; `device` in the plan's own spec is no longer `auto`.
        jobs: a cluster keeps `auto` on the processor; of no other effect.

    Raises:
        SettingError: data or model break a rule, one candidate alone takes more than `memory`, or there is no
            such device.

    """
    asked = spec.device
    devices.require(spec)
    dataset = tokens.load(spec)
    spec = epochs.in_steps(spec, dataset.train_rows)
    with execution.one_thread():  # on a few rows, threads cost more than they save
        looks = {point: inspect(sized, dataset) for point, sized in _sizes(spec).items()}
        if not any(look.uses_activation for look in looks.values()) and spec.act != (NONE,):
            spec = spec.model_copy(update={"act": (NONE,)})
            looks = {point: inspect(sized, dataset) for point, sized in _sizes(spec).items()}
    ways = Ways({(act, point): way for point, look in looks.items() for act, way in look.ways.items()})
    size = max(look.bytes for look in looks.values())
    asked_for = configurations(spec)
    beyond = above_the_range(spec, rungs(spec, len(asked_for))[0].lengths[0])
    every = [*asked_for, *beyond]
    steps = rungs(spec, len(asked_for), len(beyond))
    work = size * _steps(spec, steps)
    spec = spec.model_copy(update={"device": devices.chosen(spec, work, cluster=isinstance(jobs, execution.Cluster))})
    budget = spec.memory or _budget(spec, ways, size)
    if spec.memory is not None and size > spec.memory:
        rule = f"one candidate of this model takes about {-(-size // 2**20)} MiB"
        raise SettingError("memory", spec.memory, rule, "Allow more, or use a smaller batch size")
    notices = dict.fromkeys([*dataset.notices, *(notice for look in looks.values() for notice in look.notices)])
    warned = dict.fromkeys(
        [*dataset.warnings, *(warning for look in looks.values() for warning in look.warnings), *_warnings(spec)]
    )
    planned = tuple(batches(spec, every, size, budget))
    devices.require_room(spec, size * max(len(batch.candidates) for batch in planned))
    plan = Plan(
        spec=spec,
        data=dataset,
        rungs=steps,
        batches=planned,
        ways=ways,
        bytes_per_candidate=size,
        budget=budget,
        notices=(*notices, *_of_activation(spec), *_of_device(asked, spec), *_above(beyond)),
        warnings=tuple(warned),
    )
    of_processes_here = not isinstance(jobs, execution.Cluster) and plan.processes(jobs) > 1
    return replace(plan, data=_shared(dataset)) if of_processes_here else plan


def _shared(dataset: data.Dataset) -> data.Dataset:
    """Return the data so that worker processes hold no copies of them, nor this process one beside theirs."""
    held = {name: getattr(dataset, name) for name in ("x_train", "y_train", "x_held_out", "y_held_out")}
    leaves, shape = trees.tree_flatten(held)
    return replace(dataset, **trees.tree_unflatten(execution.shared(leaves), shape))


def identity(plan: Plan) -> dict[str, object]:
    """Return what decides the bytes of a run, JSON-ready: another of any of it is another run."""
    spec, digest = plan.spec, plan.data.digest()
    gpu = devices.name(spec)
    code = {name: user_code.digest(value) for name in CODE if user_code.names_code(str(value := getattr(spec, name)))}
    found = versions() | ({} if gpu is None else {"gpu": gpu})
    return {
        "spec": spec.plain(),
        "spec_hash": spec.hash(found, digest),
        "versions": found,
        "data": digest,
        "code": code,
        "score_name": objective_of(spec, plan.data).score_name,
        "train_rows": plan.data.train_rows,
        "task": plan.data.task,
        "baseline_score": baseline_score(spec, plan.data),
        "held_out_rows": plan.data.held_out_rows,
        "classes": plan.data.n_outputs if plan.data.task == "classification" else None,
    }


def _steps(spec: Spec, of: tuple[Rung, ...]) -> int:
    return len(spec.seeds) * sum(rung.share * rung.steps for rung in of)


def _budget(spec: Spec, ways: Ways, size: int) -> int:
    """Return the bytes of a batch that are quick for the models on the spec's device.

    One at a time nothing is gained by many in a batch, and something by many batches: more workers have work.
    """
    if spec.device == "cuda":
        return devices.CUDA_BYTES
    if not all(way.stacked for way in ways.found.values()):
        return IN_TURN * size
    return CACHE_BYTES if all(way is WRITTEN_OUT for way in ways.found.values()) else CALL_BYTES


def _of_activation(spec: Spec) -> tuple[str, ...]:
    """Say that activations are not compared where the model gives the same numbers for all."""
    if spec.act != (NONE,):
        return ()
    return ("model: it gives the same numbers for every activation, so that learning rates alone are ranked",)


def _of_device(asked: str, spec: Spec) -> tuple[str, ...]:
    """Say that a GPU is used when nobody asked for it."""
    name = devices.name(spec)
    if name is None or asked == spec.device:
        return ()
    return (f"device: cuda ({name}), since the work is long enough to pay for it; --device cpu overrides this",)


def _above(beyond: Sequence[Configuration]) -> tuple[str, ...]:
    """Say which learning rates are probed that nobody asked for."""
    if not beyond:
        return ()
    rates = sorted({configuration.lr for configuration in beyond})
    which = f"{len(rates)} learning rates above the range, {compact(rates[0])} to {compact(rates[-1])}, are"
    if len(rates) == 1:
        which = f"a learning rate above the range, {compact(rates[0])}, is"
    return (f"{which} probed too, to read ahead to the full training; none is recommended",)


def _sizes(spec: Spec) -> dict[Settings, Spec]:
    """Return the spec once for every keyword of the model and every batch size, whatever else is swept."""
    axes = tuple((name, values) for name, values in spec.sweep if sizing(((name, values[0]),)))
    return {point: spec.at_point(point) for point in settings(spec.model_copy(update={"sweep": axes}))}


def versions() -> dict[str, str]:
    """Return the versions that the numbers depend on."""
    return {"lyapscreen": version("lyapscreen"), "torch": version("torch"), "python": platform.python_version()}


def _warnings(spec: Spec) -> tuple[str, ...]:
    jumping = [name for name in spec.values("optimizer") if OPTIMIZERS[name].jumps]
    if spec.estimator == "tangent":
        return tuple(OPTIMIZERS[name].jumps for name in jumping)
    found = []
    if jumping:
        found.append(
            f"--estimator two-trajectory is unreliable for {', '.join(jumping)}: the step jumps, so that lambda_1 "
            "depends on how near the neighbour is: on one network it was up to 0.15 per step in float32, 0 in float64. "
            "Read lambda_perp and the losses instead."
        )
    kinked = ", ".join(name for name in spec.act if name != NONE and ACTIVATIONS[name].is_kinked)
    if kinked:
        found.append(
            f"--estimator two-trajectory is unreliable for {kinked}: a neighbour that crosses a kink sees a gradient "
            "that jumps. Its lambda_1 can be off by 0.1 per step; leave the flag out for the exact tangent."
        )
    return tuple(found)
