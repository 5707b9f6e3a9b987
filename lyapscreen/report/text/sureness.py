"""How sure a recommendation is: what is as good, what the seeds say, whether it held from half the steps on."""

from __future__ import annotations

from typing import Any

import numpy as np

from lyapscreen.report.text.naming import listed, lr, name
from lyapscreen.report.text.numbers import column
from lyapscreen.results.naming import family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.statistics import t_interval
from lyapscreen.spec.spec import Spec

RIVALS_NAMED = 3
"""Configurations as good as the recommended one that are named before the rest is only counted."""


def as_good(ranking: Ranking, row: Row) -> str:
    """Say which learning rates, and which other configurations, the seeds cannot tell from the recommended one."""
    if len(ranking.rows) == 1 or row.group is None:
        return ""
    near = ranking.equally_good(row) if row.full_steps is None else (row,)
    others = [other for other in ranking.as_good if other not in near]
    parts = []
    if len(near) > 1:
        family = named_family(family_of(row.configuration))
        parts.append(f"lr {lr(ranking, near[0])} to {lr(ranking, near[-1])} of {family}")
    if others:
        named = [name(ranking, other) for other in others[:RIVALS_NAMED]]
        parts.append(listed(named, len(others) - len(named)))
    if not parts:
        return "nothing else that was screened"
    return f"{'; '.join(parts)}, as far as {row.seeds} seeds can tell"


def how_sure(ranking: Ranking, row: Row, halfway: Ranking, spec: Spec) -> str:
    """Say whether it leads by more than its seeds differ, whether half the steps said the same, and of odd seeds."""
    found = [_lead(ranking, row), _halfway(ranking, row, halfway, spec), _odd_seed(ranking, row)]
    return "; ".join(words for words in found if words)


def _lead(ranking: Ranking, row: Row) -> str:
    if len(ranking.rows) == 1:
        return ""
    if row.group is None:
        return "one seed cannot tell luck from merit: --seeds 5 gives intervals and ties"
    whom, count = _compared(ranking, row)
    if len(ranking.as_good) == 1:
        return f"leads {whom}seed by seed beyond chance"
    if len(ranking.as_good) >= count:
        return f"{row.seeds} seeds tell it from none of {whom or 'the others '}".rstrip()
    return f"{row.seeds} seeds tell it from {f'all of {whom}' if whom else 'all others '}but those as good"


def _compared(ranking: Ranking, row: Row) -> tuple[str, int]:
    """Return with whom a row was compared, where full training or halving let only some go as far, and how many."""
    if row.full_steps is not None:
        return "those trained fully ", sum(one.full_steps is not None for one in ranking.rows)
    if ranking.measure.reads_ahead or not ranking.halved:
        return "", len(ranking.rows)
    return "those that went as far ", sum(one.steps >= row.steps for one in ranking.rows)


def _halfway(ranking: Ranking, row: Row, halfway: Ranking, spec: Spec) -> str:
    """Say whether half the steps would have led to the same pick."""
    if row.full_steps is not None:
        return ""  # full training has judged, and it says what the probes' pick was
    half = spec.steps // 2
    when = "at half the steps"
    then = halfway.recommended
    if row.steps <= half or (then is not None and then.steps < half):
        return ""  # who was stopped by then has nothing to say of the steps after
    if ranking.halved:
        count = sum(one.steps >= half for one in halfway.rows)
        when += f", which {count} of {len(halfway.rows)} reached"
    if then is None:
        return f"nothing was recommended yet {when}"
    if then.configuration == row.configuration:
        return f"same pick {when}"
    now = next((r for r in ranking.rows if r.configuration == then.configuration), None)
    if now in ranking.as_good:
        return f"another pick {when}: {name(ranking, then)}, which is as good now"
    return f"another pick {when}: {name(ranking, then)} (--steps {2 * spec.steps} shows whether it settles)"


def _odd_seed(ranking: Ranking, row: Row) -> str:
    """Say which seed of the recommended configuration did better than chance explains."""
    if row.best_seed is None:
        return ""
    measure = ranking.measure
    times = ranking.times(measure, row) if measure.shown_over == "training" else 1
    what = measure.words if row.full_steps is None else "trained loss"
    values: dict[int, Any] = {
        r.candidate.seed: times * getattr(r.final, measure.name) if r.full is None else r.full.kept(ranking.keep)
        for r in row.results
    }
    best = values.pop(row.best_seed)
    others = t_interval(np.array(list(values.values())))
    show = column(list(values.values()))
    mean, low, high = (show(value) for value in (others.mean, others.low, others.high) if value is not None)
    return (
        f"seed {row.best_seed} stands out: {what} {show(best)}; the others' mean is {mean}, "
        f"95% interval {low} to {high}"
    )


def halved(ranking: Ranking) -> str:
    """Say who was stopped early: halving compares exponents at one length, and lets the best go on."""
    if not ranking.halved:
        return ""
    (first, every), *later = ranking.reached
    on = [f"{count} on to {steps}" for steps, count in later]
    return f"{every} went {first} steps, {listed(on, 0)}; --no-halving takes all to the end"
