"""The edge of stability: per activation, the largest learning rate at which training does not amplify perturbations.

    edge = the smallest lr at which T lambda_1 >= ln max_growth

A probe that diverges, or whose network dies, is above the edge too: stable is who ends `converging` or `stalled`.
A coarse grid finds where each seed turns unstable for the first time, and whether it turns stable again above;
from then on every round divides the bracket of each seed in ln lr, all families and seeds together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, product

from lyapscreen import execution
from lyapscreen.execution import user_files
from lyapscreen.probe import probe
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.naming import Family, family_of
from lyapscreen.results.ranking import Ranking
from lyapscreen.results.records import UNMEASURED, Measures, Regime
from lyapscreen.screening.kept_probes import KeptProbes
from lyapscreen.screening.plan import Plan
from lyapscreen.spec.candidates import Batch, Candidate, Configuration, settings

Observer = Callable[[int, int], None]
"""Called after every batch with how many candidates of the round are probed, and how many it has."""

WITHIN = 0.02
"""A bracket this narrow in ln lr, so 2 %, is narrow enough: seeds differ by more."""

POINTS = 3
"""Learning rates that divide a bracket in one round."""

STABLE = frozenset({Regime.CONVERGING, Regime.STALLED})

POINTS_PER_DECADE = 3


def search(
    plan: Plan,
    ranking: Ranking,
    *,
    families: Sequence[Family] = (),
    lrs: Sequence[float] = (),
    jobs: execution.Workers = None,
    observer: Observer | None = None,
    kept: KeptProbes | None = None,
) -> Edges:
    """Find the edges of some families within a range of learning rates.

    Which probes are made, and in which batches, follows from the plan and from what they find, never from
    the number of workers: the same numbers for any `jobs`.

    Args:
        plan: what was screened; its spec says T, the seeds and the largest growth.
        ranking: of that screening: its probes that went all the way are not made again.
        families: those to search for; all of the spec's unless given.
        lrs: the coarse grid, ascending, its ends the range; the spec's learning rates unless given.
        jobs: worker processes, or a cluster.
        observer: called after every batch with how far the round is.
        kept: of a run directory: what is finished there is not probed again.

    Raises:
        EnvironmentFailure: the disk is full; what is finished is in `kept`.

    """
    spec = plan.spec
    chosen = tuple(families) or tuple(product(spec.act, settings(spec)))
    grid = tuple(lrs) or spec.lr
    known = {r.candidate: r.final for row in ranking.rows for r in row.results if _is_final(r.final, spec.steps)}
    probed: dict[tuple[Family, int], dict[float, Measures]] = {}
    waiting = dict.fromkeys(product(chosen, spec.seeds), grid)
    for search_round in count():
        if not waiting:
            break
        wanted = [_candidate(family, seed, lr) for (family, seed), points in waiting.items() for lr in points]
        new = [candidate for candidate in wanted if candidate not in known]
        known |= _measured(plan, new, jobs, observer or (lambda *_: None), kept, search_round)
        for (family, seed), points in waiting.items():
            at = probed.setdefault((family, seed), {})
            at.update((lr, known[_candidate(family, seed, lr)]) for lr in points)
        brackets = {key: _seed_edge(key[1], at) for key, at in probed.items()}
        waiting = {key: points for key, bracket in brackets.items() if (points := _between(bracket))}
    return Edges(
        steps=spec.steps,
        max_growth=spec.max_growth,
        lr_low=grid[0],
        lr_high=grid[-1],
        families=tuple(
            _family_edge(family, ranking, [brackets[family, seed] for seed in sorted(spec.seeds)]) for family in chosen
        ),
    )


def reaching(lrs: Sequence[float], lr: float) -> tuple[float, ...]:
    """Return ascending learning rates, continued logarithmically until one is at least `lr`.

    >>> reaching((0.01, 0.1), 0.35)
    (0.01, 0.1, 0.215443469, 0.464158883)
    """
    found = list(lrs)
    while found[-1] < lr:
        found.append(_rounded(lrs[-1] * 10 ** ((len(found) - len(lrs) + 1) / POINTS_PER_DECADE)))
    return tuple(found)


def _is_final(measures: Measures, steps: int) -> bool:
    """Tell whether a probe went all the way, or will never go further."""
    return measures.steps >= steps or measures.regime in UNMEASURED


def _candidate(family: Family, seed: int, lr: float) -> Candidate:
    return Candidate(Configuration(family[0], lr, family[1]), seed)


def _seed_edge(seed: int, at: Mapping[float, Measures]) -> SeedEdge:
    """Return the first turn to instability among the learning rates probed."""
    ordered = sorted(at)
    if any(at[lr].regime is Regime.FAILED for lr in ordered):
        return SeedEdge(seed, EdgeRegime.FAILED, None, None)
    first = next((index for index, lr in enumerate(ordered) if at[lr].regime not in STABLE), None)
    if first is None:
        return SeedEdge(seed, EdgeRegime.BEYOND, ordered[-1], None)
    again = max((lr for lr in ordered[first:] if at[lr].regime in STABLE), default=None)
    if first == 0:
        return SeedEdge(seed, EdgeRegime.BELOW, None, ordered[0], again)
    return SeedEdge(seed, EdgeRegime.FOUND, ordered[first - 1], ordered[first], again)


def _between(bracket: SeedEdge) -> tuple[float, ...]:
    """Return the learning rates that divide a bracket; none for one that is narrow enough, or no bracket."""
    if bracket.stable is None or bracket.unstable is None:
        return ()
    width = math.log(bracket.unstable / bracket.stable)
    if width <= WITHIN:
        return ()
    # One point would do for the last halving of a bracket that is nearly narrow enough.
    points = min(POINTS, math.ceil(width / WITHIN) - 1)
    return tuple(_rounded(bracket.stable * math.exp(width * i / (points + 1))) for i in range(1, points + 1))


def _rounded(lr: float) -> float:
    return float(f"{lr:.9g}")  # what a file shows is exactly what was used


def _family_edge(family: Family, ranking: Ranking, per_seed: Sequence[SeedEdge]) -> FamilyEdge:
    rows = [row for row in ranking.rows if family_of(row.configuration) == family]
    best = next((row for row in rows if row.regime is Regime.CONVERGING), None)
    return FamilyEdge(
        activation=family[0],
        settings=family[1],
        best_lr=None if best is None else best.lr,
        recommended=any(row.recommended for row in rows),
        per_seed=tuple(per_seed),
    )


def _measured(
    plan: Plan,
    candidates: Sequence[Candidate],
    jobs: execution.Workers,
    observe: Observer,
    kept: KeptProbes | None,
    search_round: int,
) -> dict[Candidate, Measures]:
    """Probe candidates to the end and return how they stood there."""
    spec = plan.spec.model_copy(update={"kantz_wolf": False, "rank_by": "effective"})  # stability is all that counts
    batches = _batches(plan, candidates)
    workers = plan.workers_for(len(candidates) * spec.steps, jobs)
    found: dict[Candidate, Measures] = {}
    observe(0, len(candidates))
    before = {batch.index: kept.of(search_round, batch) for batch in batches} if kept is not None else {}
    found |= {result.candidate: result.final for results in before.values() if results for result in results}
    batches = [batch for batch in batches if not before.get(batch.index)]
    tasks = [probe.ProbeTask(batch, (spec.steps,)) for batch in batches]
    for index, probed in user_files.execute(probe.probe, spec, plan.data, tasks, workers):
        if isinstance(probed, execution.WorkerDied):
            found |= {c: Measures(Regime.FAILED, 0) for c in batches[index].candidates}
        else:
            if kept is not None:
                kept.keep(search_round, batches[index], probed.results)
            found |= {result.candidate: result.final for result in probed.results}
        observe(len(found), len(candidates))
    return found


def _batches(plan: Plan, candidates: Iterable[Candidate]) -> list[Batch]:
    """Divide candidates by family, then into batches within the plan's budget, as `candidates.batches` does."""
    members: dict[Family, list[Candidate]] = {}
    for c in sorted(candidates):
        members.setdefault(family_of(c.configuration), []).append(c)
    found: list[Batch] = []
    for (activation, further), of_family in members.items():
        hands = -(-len(of_family) // max(1, plan.budget // plan.bytes_per_candidate))
        found += [Batch(len(found) + i, activation, tuple(of_family[i::hands]), further) for i in range(hands)]
    return found
