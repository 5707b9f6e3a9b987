"""Successive halving: every candidate goes to a quarter of the steps, and only the best go on.

    all to T/4  ->  the best fifth to T/2  ->  the best tenth to T

Where the ranking is by the projected exponent, the learning rates that those are read at go on with them, and the
shares are twice as large.

Source: K. Jamieson and A. Talwalkar, arXiv 1502.07943; the shares are ours. With T = 100 the smaller ones recommended
as well as probing everything by lambda_eff, for 35 % of the steps. By the projected exponent, on the 33 tasks that its
rule was chosen on, a fifth and a tenth had a gap to the best of 0.027 for 40 % of the steps, two fifths and a fifth
0.017 for 54 %, and probing everything 0.014.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lyapscreen.results.naming import Family, family_of
from lyapscreen.results.projection import horizons, needed, project
from lyapscreen.results.ranking import Ranking, ranked
from lyapscreen.results.records import Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.measures import RANK_BY
from lyapscreen.spec.spec import Spec

SHARES = ((4, 1.0), (2, 0.2), (1, 0.1))
"""Of each rung: what the steps are divided by, and the share of the configurations that goes so far."""

READING_AHEAD = 2
"""Times as large the shares are, the first apart, where each is read at several others."""

FEWEST_CONFIGURATIONS = 10
"""A tenth of fewer is less than one."""

FEWEST_STEPS = 40
"""A quarter of fewer is too short to judge by."""

FEWEST_KEPT = 2
"""One alone would have nothing to be compared with."""

MOST_STEPS, MOST_READING_AHEAD = 0.4, 0.55
"""Share of the steps of probing everything that ties may fill a screening up to, and where each is read at others."""

MOST_TIES = 2
"""Times a rung's share that ties may fill it up to."""

OUT = frozenset({Regime.DEAD, Regime.DIVERGED, Regime.FAILED})
"""Regimes that more steps do not end."""


@dataclass(frozen=True)
class Rung:
    """A length at which probes are compared and only the best go on."""

    begin: int
    """Steps done before."""
    lengths: tuple[int, ...]
    """Steps after which is measured; the last is the rung's end."""
    share: int
    """Configurations it is for, ties apart."""

    @property
    def end(self) -> int:
        """Steps done after."""
        return self.lengths[-1]

    @property
    def steps(self) -> int:
        """Steps of each of its candidates."""
        return self.end - self.begin


def rungs(spec: Spec, configurations: int, beyond: int = 0) -> tuple[Rung, ...]:
    """Return the rungs of a screening; one alone where nothing is halved.

    Args:
        spec: of the screening.
        configurations: how many were asked for.
        beyond: how many are probed besides, to read ahead.

    """
    total, every = spec.steps, configurations + beyond
    if not spec.halves or configurations < FEWEST_CONFIGURATIONS or total < FEWEST_STEPS:
        return (Rung(0, (total // 2, total), every),)
    ends = [total // divisor for divisor, _ in SHARES]
    wider = READING_AHEAD if RANK_BY[spec.rank_by].reads_ahead else 1
    shares = [max(FEWEST_KEPT, int(every * min(1.0, wider * share) + 0.5)) for _, share in SHARES]
    return tuple(Rung(begin, (end,), share) for begin, end, share in zip([0, *ends], ends, shares, strict=False))


def room(results: Iterable[Result], steps: int, most: float = MOST_STEPS) -> float:
    """Return how many steps may still be done: a share of those that probing everything takes, less those done.

    Probing everything takes `steps` of each candidate, fewer of one that has diverged.

    Args:
        results: of all candidates, as far as they went.
        steps: T.
        most: that share.

    """
    done = [(result.final.steps, result.final.regime) for result in results]
    whole = sum(at if regime in (Regime.DIVERGED, Regime.FAILED) else steps for at, regime in done)
    return most * whole - sum(at for at, _ in done)


def going_on(
    found: Mapping[Candidate, Result], going: Collection[Candidate], spec: Spec, ladder: Sequence[Rung], rung_index: int
) -> list[Configuration]:
    """Return the configurations that go on to one rung of the ladder, best first.

    Args:
        found: results of all candidates, as far as they went.
        going: those that were in the rung before.
        spec: of the screening.
        ladder: all rungs.
        rung_index: which of them is next, counted from 0.

    """
    among = frozenset(going)
    so_far = ranked((r for r in project(found.values(), spec) if r.candidate in among), spec)
    most = MOST_READING_AHEAD if so_far.measure.reads_ahead else MOST_STEPS
    best = survivors(so_far, ladder, rung_index, room(found.values(), ladder[-1].end, most))
    if not so_far.measure.reads_ahead:
        return best
    share = max(ladder[rung_index].share, len(best))
    able = [row.configuration for row in so_far.rows if row.regime not in OUT]
    ends = [rung.end for rung in ladder[rung_index:]]
    reached = {candidate: found[candidate] for candidate in going}
    return _with_those_read(able, reached, spec, ends, share)


def survivors(ranking: Ranking, ladder: Sequence[Rung], rung_index: int, left: float) -> list[Configuration]:
    """Return the leading configurations that go on to one rung of the ladder, best first.

    They are its share of a ranking, and what is tied with the leader: up to `MOST_TIES` times the share,
    as long as there is room for them beside the shares of this and all later rungs.

    Args:
        ranking: of those that were in the rung before.
        ladder: all rungs.
        rung_index: which of them is next, counted from 0.
        left: steps that may still be done, of all seeds together (`room`).

    """
    if not ranking.rows:
        return []  # nobody got so far
    rung = ladder[rung_index]
    seeds = ranking.rows[0].seeds
    free = left / seeds - sum(later.share * later.steps for later in ladder[rung_index:])
    most = rung.share + max(0, min((MOST_TIES - 1) * rung.share, int(free / rung.steps)))
    able = [row for row in ranking.rows if row.regime not in OUT]
    tied = sum(row.group == 1 for row in able)
    return [row.configuration for row in able[: min(max(rung.share, tied), most)]]


def _with_those_read(
    able: Sequence[Configuration], found: Mapping[Candidate, Result], spec: Spec, ends: Sequence[int], count: int
) -> list[Configuration]:
    """Return the best with those that they are read at, as many whole sets as fit into a count, and one at least.

    Args:
        able: those that may go on, best first.
        found: results of all candidates, as far as they went.
        spec: of the screening.
        ends: of the rungs to come.
        count: configurations.

    """
    out = {candidate.configuration for candidate, result in found.items() if result.final.regime in OUT}
    families: dict[Family, list[float]] = {}
    for configuration in sorted({candidate.configuration for candidate in found}):
        families.setdefault(family_of(configuration), []).append(configuration.lr)
    shifts = {further: [horizon.shift(steps) for steps in ends] for further, horizon in horizons(spec).items()}
    chosen: dict[Configuration, None] = {}
    for configuration in able:
        family = family_of(configuration)
        rates = needed(configuration.lr, shifts[family[1]], families[family])
        # Who is out stays out, and is known not to make progress.
        wanted = {other: None for lr in rates if (other := replace(configuration, lr=lr)) not in out}
        if chosen and len(chosen | wanted) > count:
            break
        chosen |= wanted
    return list(chosen)


def replayed(results: Sequence[Result], spec: Spec, ladder: Sequence[Rung]) -> list[Result]:
    """Return what a screening by these rungs would have found, from probes that all went to the end.

    Args:
        results: of all candidates, measured at every rung's end.
        spec: of the screening.
        ladder: all rungs.

    """
    whole = {result.candidate: result for result in results}
    found = {candidate: _until(result, ladder[0].end) for candidate, result in whole.items()}
    going = list(whole)
    for rung_index in range(1, len(ladder)):
        best = frozenset(going_on(found, going, spec, ladder, rung_index))
        going = [candidate for candidate in going if candidate.configuration in best]
        found |= {candidate: _until(whole[candidate], ladder[rung_index].end) for candidate in going}
    return list(found.values())


def _until(result: Result, steps: int) -> Result:
    """Return a result as it stood after so many steps."""
    return replace(result, rungs=tuple(measures for measures in result.rungs if measures.steps <= steps))
