"""The probes that a validation judges: which configurations, to the end, and once more for the paper's estimate."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lyapscreen import execution
from lyapscreen.errors import SettingError
from lyapscreen.results.projection import above_the_range
from lyapscreen.results.records import Result
from lyapscreen.screening import run
from lyapscreen.screening.halving import Rung
from lyapscreen.screening.plan import Plan
from lyapscreen.screening.rung import Observer
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
    plan: Plan, chosen: Sequence[Configuration], *, jobs: execution.Workers = None, observer: Observer | None = None
) -> Probed:
    """Probe configurations to the end, measured at every rung's end, once more with the paper's neighbours.

    Args:
        plan: of the screening.
        chosen: configurations to judge by.
        jobs: worker processes, or a cluster; only the seconds depend on it.
        observer: called as the probes go on.

    Raises:
        SettingError: there is only one configuration.

    """
    if len(chosen) < 2:
        raise SettingError("lr", plan.spec.lr[0], "one configuration leaves nothing to pick", "Name a range")
    whole = _whole(plan, chosen)
    results, seconds = _probed(whole, jobs, observer)
    paper, paper_seconds = _probed(_with_paper(whole, chosen), jobs, observer)
    return Probed(whole, results, seconds, paper, paper_seconds)


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


def _probed(plan: Plan, jobs: execution.Workers, observer: Observer | None) -> tuple[tuple[Result, ...], float]:
    """Return the results of a plan's probes and the seconds they took."""
    start = time.perf_counter()
    found = run.probed(plan, jobs=jobs, observer=observer)
    return tuple(found), time.perf_counter() - start
