"""The probes that a validation judges: which configurations, to the end, and once more for the paper's estimate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lyapscreen import execution
from lyapscreen.errors import SettingError
from lyapscreen.results.projection import above_the_range
from lyapscreen.results.records import Result
from lyapscreen.screening.halving import Rung
from lyapscreen.screening.kept_seconds import KeptSeconds
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.probing import probed
from lyapscreen.screening.run_directory import RunDirectory
from lyapscreen.screening.rung import Observer, Progress
from lyapscreen.spec.candidates import Configuration, batches, configurations, settings
from lyapscreen.spec.parsing import within
from lyapscreen.spec.spec import Spec


def sample(spec: Spec, size: object) -> list[Configuration]:
    """Return the spec's configurations, or about so many: of every family as many learning rates, evenly spaced.

    Raises:
        SettingError: it is no whole number, or fewer than two learning rates of each family.

    """
    every = configurations(spec)
    if size is None:
        return every
    families = len(spec.act) * len(settings(spec))
    fix = f"There are {families} families (activations with the settings swept besides): each needs two learning rates"
    count = within("sample", size, 2 * families, 1_000_000, fix) // families
    if count >= len(spec.lr):
        return every
    indices = np.linspace(0, len(spec.lr) - 1, count).round().astype(int)
    lrs = frozenset(spec.lr[index] for index in indices)
    return [configuration for configuration in every if configuration.lr in lrs]


@dataclass(frozen=True)
class Stores:
    """Where a validation keeps what is finished; None keeps nothing."""

    probes: RunDirectory | None = None
    """Of the probes, and of the full trainings."""
    paper: RunDirectory | None = None
    """Of the probes with the paper's neighbours."""
    seconds: KeptSeconds = field(default_factory=lambda: KeptSeconds(None))


NOT_KEPT = Stores()

PAPER = "paper"
"""The directory within a run directory that holds the probes with the paper's neighbours."""


SAMPLE = "sample"


@contextmanager
def kept(run: str, spec: Spec, sample: object, *, resume: bool, command: str) -> Iterator[Stores]:
    """Keep what is finished in a run directory, and a second one within it.

    Args:
        run: the directory.
        spec: that is validated; the probes' own has no halving.
        sample: as it was asked for.
        resume: whether to go on with the validation that is there.
        command: what goes on with it.

    Raises:
        OutputError: it cannot be written, is in use, or holds something else.
        EnvironmentFailure: the disk is full.

    """
    purpose = {"name": "validate", "spec": spec.plain(), SAMPLE: None if sample is None else str(sample)}
    with RunDirectory(run, resume=resume, command=command, purpose=purpose) as probes:
        path = Path(run, PAPER)
        with RunDirectory(str(path), resume=resume, command=command, purpose=purpose) as paper:
            yield Stores(probes, paper, KeptSeconds(probes.path))


@dataclass(frozen=True)
class Probed:
    """Probes of all that is judged, none stopped early, and the seconds they took."""

    plan: Plan
    """Of these probes alone."""
    results: tuple[Result, ...]
    """Those above the range, which are read ahead to and not judged, among them."""
    seconds: float
    paper: tuple[Result, ...]
    """The same with the paper's estimate."""
    paper_seconds: float


def probe(
    plan: Plan,
    chosen: Sequence[Configuration],
    *,
    jobs: execution.Workers = None,
    observer: Observer | None = None,
    stores: Stores = NOT_KEPT,
) -> Probed:
    """Probe configurations to the end, measured at every rung's end, once more with the paper's neighbours.

    Args:
        plan: of the screening.
        chosen: configurations to judge by.
        jobs: worker processes, or a cluster; only the seconds depend on it.
        observer: called as the probes go on.
        stores: where what is finished is kept, and not done again.

    Raises:
        SettingError: there is only one configuration.
        OutputError: the run directory holds another run.
        EnvironmentFailure: the disk is full, or the cluster went away.

    """
    whole, with_paper = plans(plan, chosen)
    results, seconds = _probed(whole, jobs, observer, stores.probes, stores, "probes")
    paper, paper_seconds = _probed(with_paper, jobs, observer, stores.paper, stores, "paper")
    return Probed(whole, results, seconds, paper, paper_seconds)


def plans(plan: Plan, chosen: Sequence[Configuration]) -> tuple[Plan, Plan]:
    """Return the plans of the probes that are judged: to the end, and once more with the paper's neighbours.

    Raises:
        SettingError: there is only one configuration.

    """
    if len(chosen) < 2:
        raise SettingError("lr", plan.spec.lr[0], "one configuration leaves nothing to pick", "Name a range")
    whole = _whole(plan, chosen)
    return whole, _with_paper(whole, chosen)


def _whole(plan: Plan, among: Sequence[Configuration]) -> Plan:
    """Return the plan in which all of these configurations go to the end, measured at every rung's end."""
    lengths = tuple(rung.end for rung in plan.rungs) if len(plan.rungs) > 1 else plan.rungs[0].lengths
    spec = plan.spec.model_copy(update={"kantz_wolf": False, "halving": False})
    every = [*among, *above_the_range(spec, lengths[0])]
    planned = tuple(batches(spec, every, plan.bytes_per_candidate, plan.budget))
    return replace(plan, spec=spec, rungs=(Rung(0, lengths, len(every)),), batches=planned)


def _with_paper(whole: Plan, among: Sequence[Configuration]) -> Plan:
    (rung,) = whole.rungs
    spec = whole.spec.model_copy(update={"kantz_wolf": True, "rank_by": "kantz-wolf"})
    planned = tuple(batches(spec, among, whole.bytes_per_candidate, whole.budget))
    return replace(whole, spec=spec, rungs=(Rung(0, (rung.end,), len(among)),), batches=planned)


def _probed(
    plan: Plan,
    jobs: execution.Workers,
    observer: Observer | None,
    store: RunDirectory | None,
    stores: Stores,
    part: str,
) -> tuple[tuple[Result, ...], float]:
    """Return the results of a plan's probes and the seconds they took."""
    with stores.seconds.measured(part) as finished:

        def observe(progress: Progress) -> None:
            if progress.results:
                finished()
            if observer is not None:
                observer(progress)

        found = probed(plan, jobs=jobs, observer=observe, store=store)
        return tuple(found), finished()
