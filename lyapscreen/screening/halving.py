"""Successive halving: every candidate goes to a quarter of the steps, and only the best go on.

    all to T/4  ->  the best fifth to T/2  ->  the best tenth to T

Source: K. Jamieson and A. Talwalkar, arXiv 1502.07943; the shares are ours: with T = 100 they
recommended as well as probing everything, for 35 % of the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lyapscreen.results.ranking import Ranking, rank
from lyapscreen.results.records import Regime, Result
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec

SHARES = ((4, 1.0), (2, 0.2), (1, 0.1))
"""Of each rung: what the steps are divided by, and the share of the configurations that goes so far."""

FEWEST_CONFIGURATIONS = 10
"""A tenth of fewer is less than one."""

FEWEST_STEPS = 40
"""A quarter of fewer is too short to judge by."""

FEWEST_KEPT = 2
"""One alone would have nothing to be compared with."""

MOST_STEPS = 0.4
"""Share of the steps of probing everything that ties may fill a screening up to."""

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


def rungs(spec: Spec, configurations: int) -> tuple[Rung, ...]:
    """Return the rungs of a screening of so many configurations; one alone where nothing is halved."""
    total = spec.steps
    if not spec.halves or configurations < FEWEST_CONFIGURATIONS or total < FEWEST_STEPS:
        return (Rung(0, (total // 2, total), configurations),)
    ends = [total // divisor for divisor, _ in SHARES]
    shares = [max(FEWEST_KEPT, int(configurations * share + 0.5)) for _, share in SHARES]
    return tuple(Rung(begin, (end,), share) for begin, end, share in zip([0, *ends], ends, shares, strict=False))


def room(results: Iterable[Result], steps: int) -> float:
    """Return how many steps may still be done: `MOST_STEPS` of probing everything, less those done.

    Probing everything takes `steps` of each candidate, fewer of one that has diverged.

    Args:
        results: of all candidates, as far as they went.
        steps: T.

    """
    done = [(result.final.steps, result.final.regime) for result in results]
    whole = sum(at if regime in (Regime.DIVERGED, Regime.FAILED) else steps for at, regime in done)
    return MOST_STEPS * whole - sum(at for at, _ in done)


def survivors(ranking: Ranking, ladder: Sequence[Rung], rung_index: int, left: float) -> list[Configuration]:
    """Return the configurations that go on to one rung of the ladder, best first.

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


def replayed(results: Sequence[Result], ladder: Sequence[Rung], rank_by: str = "effective") -> list[Result]:
    """Return what a screening by these rungs would have found, from probes that all went to the end.

    Args:
        results: of all candidates, measured at every rung's end.
        ladder: all rungs.
        rank_by: what the ranking is sorted by.

    """
    whole = {result.candidate: result for result in results}
    found = {candidate: _until(result, ladder[0].end) for candidate, result in whole.items()}
    going = list(whole)
    for rung_index in range(1, len(ladder)):
        so_far = rank((found[candidate] for candidate in going), rank_by)
        best = frozenset(survivors(so_far, ladder, rung_index, room(found.values(), ladder[-1].end)))
        going = [candidate for candidate in going if candidate.configuration in best]
        found |= {candidate: _until(whole[candidate], ladder[rung_index].end) for candidate in going}
    return list(found.values())


def _until(result: Result, steps: int) -> Result:
    """Return a result as it stood after so many steps."""
    return replace(result, rungs=tuple(measures for measures in result.rungs if measures.steps <= steps))
