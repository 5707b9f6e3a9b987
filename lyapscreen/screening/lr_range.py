"""`--lr auto`: the range of learning rates that has the best inside, found before anything is screened.

A screening of the first two seeds over the default range says which way the best lies, and the range grows by a decade
on that side until the best is neither its lowest nor its highest rate. The real screening then has all seeds and that
range, and the same bytes as one that was given it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lyapscreen import execution
from lyapscreen.report.text.numbers import compact
from lyapscreen.results.headroom import UNSTABLE
from lyapscreen.results.projection import project
from lyapscreen.results.ranking import Ranking, ranked
from lyapscreen.results.records import Regime
from lyapscreen.screening.plan import Plan, prepare
from lyapscreen.screening.probing import probed
from lyapscreen.spec import constraints
from lyapscreen.spec.parsing import learning_rates
from lyapscreen.spec.spec import Spec

SEEDS = 2
"""How many of the seeds look for the range."""

LOWEST, HIGHEST = 1e-7, 1e3
"""As far as a range grows."""


def resolved(
    spec: Spec,
    *,
    auto: bool,
    jobs: execution.Workers = None,
    observer: Callable[[str], None] | None = None,
    fail_fast: bool = False,
) -> tuple[Spec, tuple[str, ...]]:
    """Return a spec with the range that was found, and what to say of it; unless `auto`, the spec as it is.

    The leader is who would be recommended, over all activations and settings. Where nobody learns, the range grows
    downwards if every rate is unstable and upwards if every one stalls.

    Args:
        spec: whose range is the first one tried.
        auto: whether to look.
        jobs: worker processes, or a cluster; the range does not depend on it.
        observer: called with what is done, before each screening.
        fail_fast: as for the screening.

    Raises:
        SettingError: the data or the model breaks a rule, or a range has too many candidates.
        EnvironmentFailure: the disk is full, the cluster went away, or a worker was killed and `fail_fast` is set.

    """
    if not auto:
        return spec, ()
    low, high = spec.lr[0], spec.lr[-1]
    while True:
        spec = _over(spec, low, high)
        if observer is not None:
            observer(f"looking for the range of learning rates: {compact(low)} to {compact(high)}")
        plan = prepare(scouting(spec), jobs)
        ranking = ranked(project(probed(plan, jobs=jobs, fail_fast=fail_fast), plan.spec), plan.spec)
        lower = grows_downwards(ranking, spec)
        if lower is None or (low <= LOWEST if lower else high >= HIGHEST):
            return spec, (_notice(ranking, spec, lower),)
        low, high = (_rounded(low / 10), high) if lower else (low, _rounded(high * 10))


def scouting(spec: Spec) -> Spec:
    """Return the spec of the screening that looks whether a range has the best inside."""
    return spec.model_copy(update={"seeds": spec.seeds[:SEEDS]})


def noted(plan: Plan, notices: tuple[str, ...]) -> Plan:
    """Return a plan that says how its range was found, before all else."""
    return replace(plan, notices=(*notices, *plan.notices))


def grows_downwards(ranking: Ranking, spec: Spec) -> bool | None:
    """Tell which way the best lies: True below the range, False above it, None inside or nobody knows."""
    leader = ranking.recommended
    if leader is None and ranking.rows and ranking.rows[0].regime is Regime.CONVERGING:
        leader = ranking.rows[0]
    if leader is not None:
        return {spec.lr[0]: True, spec.lr[-1]: False}.get(leader.lr)
    regimes = {row.regime for row in ranking.rows} - {Regime.FAILED}
    if regimes and regimes <= UNSTABLE:
        return True
    return False if regimes == {Regime.STALLED} else None


def _over(spec: Spec, low: float, high: float) -> Spec:
    """Return the spec as `--lr LOW:HIGH` has it."""
    found = spec.model_copy(update={"lr": learning_rates(f"{low:.9g}:{high:.9g}")})
    constraints.check(found)
    return found


def _rounded(lr: float) -> float:
    return float(f"{lr:.9g}")


def _notice(ranking: Ranking, spec: Spec, lower: bool | None) -> str:
    low, high = compact(spec.lr[0]), compact(spec.lr[-1])
    seeds = "two seeds" if len(spec.seeds) >= SEEDS else "one seed"
    end = "" if lower is None else f"{low}, the lowest" if lower else f"{high}, the highest"
    if ranking.recommended is None:
        why = f"; it grows no further than {end} it goes to" if end else ""
        return f"lr: auto found no learning rate with {seeds} that can be recommended from {low} to {high}{why}"
    if end:
        return f"lr: auto found {low} to {high}: the best of {seeds} lies at {end} that auto goes to"
    return f"lr: auto found {low} to {high}: the best of {seeds} lies inside"
