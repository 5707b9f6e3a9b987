"""The pipeline on one screen, and the Python API.

spec -> candidates -> batches -> probes -> results -> ranking
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.metadata import version
from os import PathLike
from typing import TYPE_CHECKING

from lyapscreen import data, execute, probe
from lyapscreen.activations import KINKED
from lyapscreen.candidates import CACHE_BYTES, CALL_BYTES, Batch, batches, settings
from lyapscreen.coherence import SWEEPABLE
from lyapscreen.inspection import inspect
from lyapscreen.measure import objective_of
from lyapscreen.ranking import Ranking, Row, rank
from lyapscreen.report import csv, json
from lyapscreen.report.output import Destination
from lyapscreen.results import Result
from lyapscreen.spec import Spec

if TYPE_CHECKING:
    import pandas as pd

WORTH_WORKERS = 2e10
"""Bytes of working set times steps from which on worker processes pay for their start: some ten seconds of work."""

TIMED_STEPS = 12
"""Steps of the first batch that an estimate of the time is read from."""


@dataclass(frozen=True)
class Plan:
    """All that is decided before the first step: a function of the spec alone."""

    spec: Spec
    data: data.Dataset
    batches: tuple[Batch, ...]
    bytes_per_candidate: int
    """Working set of one candidate, an estimate."""
    notices: tuple[str, ...]
    """What a person should know of how their data and model were taken."""
    warnings: tuple[str, ...]
    """What they should look at before they trust the numbers."""

    @property
    def candidates(self) -> int:
        """Number of candidates."""
        return sum(len(batch.candidates) for batch in self.batches)

    def workers(self, jobs: int | None) -> int:
        """Return how many processes to use; 1 is this one alone."""
        if jobs is None:
            small = self.candidates * self.spec.steps * self.bytes_per_candidate < WORTH_WORKERS
            jobs = 1 if small else execute.cores()
        return min(jobs, len(self.batches))


@dataclass(frozen=True)
class Progress:
    """What an observer is told at the start and whenever a batch has finished."""

    plan: Plan
    results: tuple[Result, ...]
    """Of the batch just finished; empty at the start."""


Observer = Callable[[Progress], None]


@dataclass(frozen=True)
class Screening:
    """A finished screening."""

    spec: Spec
    ranking: Ranking
    halfway: Ranking
    """The ranking as it stood at half the steps."""
    score_name: str
    """What `held_out_score` is: accuracy or R2."""
    notices: tuple[str, ...]
    versions: Mapping[str, str]
    data_digest: str
    """SHA-256 of the numbers trained and measured on: two files of one name are told apart."""

    @property
    def recommended(self) -> Row | None:
        """The row recommended, or None when no configuration converges."""
        return self.ranking.recommended

    @cached_property
    def spec_hash(self) -> str:
        """Stable hash of spec, versions and data; what the code of functions named there does is not part of it."""
        return self.spec.hash(self.versions, self.data_digest)

    def to_frame(self) -> pd.DataFrame:
        """Return the ranking as a table, columns as in the CSV."""
        import pandas as pd

        columns = list(csv.columns(self.ranking))
        return pd.DataFrame([[row.value(column) for column in columns] for row in self.ranking.rows], columns=columns)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Write the ranking as CSV; an existing file is replaced whole."""
        _write("csv", path, self.csv())

    def to_json(self, path: str | PathLike[str]) -> None:
        """Write spec, versions and ranking with per-seed values as JSON; an existing file is replaced whole."""
        _write("json", path, self.json())

    def csv(self) -> str:
        """Return the ranking as CSV text."""
        return csv.render(self.ranking)

    def json(self) -> str:
        """Return spec, versions and ranking as JSON text."""
        return json.render(self.ranking, spec=self.spec, spec_hash=self.spec_hash, versions=self.versions)


def screen(*, jobs: int | None = None, observer: Observer | None = None, **settings: object) -> Screening:
    """Probe every configuration of the settings and rank them.

    Args:
        jobs: worker processes; None is one a core, or none at all for work that is done before they have
            started. The numbers do not depend on it.
        observer: called with a `Progress` at the start and after every batch.
        settings: the fields of `Spec`, the same words as the flags of `lyapscreen rank`.

    Raises:
        SettingError: a setting, the data or the model breaks a rule.

    """
    return run(prepare(Spec.of(**settings)), jobs=execute.job_count(jobs), observer=observer)


def prepare(spec: Spec) -> Plan:
    """Load the data, look at the model at every size it has, and divide the candidates into batches."""
    dataset = data.load(spec)
    looks = [inspect(sized, dataset) for sized in _sizes(spec)]
    size = max(look.bytes for look in looks)
    budget = CACHE_BYTES if all(look.written_out for look in looks) else CALL_BYTES
    notices = dict.fromkeys([*dataset.notices, *(notice for look in looks for notice in look.notices)])
    warned = dict.fromkeys([*(warning for look in looks for warning in look.warnings), *_warnings(spec)])
    return Plan(spec, dataset, tuple(batches(spec, size, budget)), size, tuple(notices), tuple(warned))


def run(plan: Plan, *, jobs: int | None = None, observer: Observer | None = None) -> Screening:
    """Probe a plan's batches in parallel and rank what they found."""
    observe = observer or (lambda _: None)
    observe(Progress(plan, ()))
    found: list[Result] = []
    for index, results in execute.execute(partial(probe.probe, plan.spec, plan.data), plan.batches, plan.workers(jobs)):
        if isinstance(results, execute.WorkerDied):
            results = [Result.failed(candidate, results.reason) for candidate in plan.batches[index].candidates]
        found += results
        observe(Progress(plan, tuple(results)))
    rank_by = plan.spec.rank_by
    return Screening(
        spec=plan.spec,
        ranking=rank(found, rank_by),
        halfway=rank(found, rank_by, halfway=True),
        score_name=objective_of(plan.spec, plan.data).score_name,
        notices=plan.notices,
        versions=versions(),
        data_digest=plan.data.digest(),
    )


def estimated_seconds(plan: Plan, jobs: int | None) -> float:
    """Time a few steps of the first batch here and scale them to the whole plan."""

    def seconds(steps: int) -> float:
        start = time.perf_counter()
        few = plan.spec.model_copy(update={"steps": steps, "schedule": "constant", "warmup": 0})
        probe.probe(few, plan.data, first)
        return time.perf_counter() - start

    first = plan.batches[0]
    with execute.one_thread():
        seconds(2)  # the first call pays for what later ones find ready
        # What is left in the difference of two lengths is the steps alone.
        per_step = max(seconds(TIMED_STEPS) - seconds(2), 0.0) / (TIMED_STEPS - 2)
    return per_step * plan.candidates / len(first.candidates) * plan.spec.steps / plan.workers(jobs)


def _sizes(spec: Spec) -> list[Spec]:
    """Return the spec once for every keyword of the model and every batch size, whatever else is swept."""
    sizing = [(name, values) for name, values in spec.sweep if name == "batch_size" or name not in SWEEPABLE]
    return [spec.at(further) for further in settings(spec.model_copy(update={"sweep": tuple(sizing)}))]


def versions() -> dict[str, str]:
    """Return the versions that the numbers depend on."""
    return {"lyapscreen": version("lyapscreen"), "torch": version("torch"), "python": platform.python_version()}


def _warnings(spec: Spec) -> tuple[str, ...]:
    kinked = [activation for activation in spec.act if activation in KINKED]
    if spec.estimator == "tangent" or not kinked:
        return ()
    names = ", ".join(kinked)
    return (
        f"--estimator two-trajectory is unreliable for {names}: a neighbour that crosses a kink sees a gradient "
        "that jumps. Its lambda_1 can be off by 0.1 per step; leave the flag out for the exact tangent.",
    )


def _write(setting: str, path: str | PathLike[str], text: str) -> None:
    with Destination(setting, str(path)) as destination:
        destination.write(text)
