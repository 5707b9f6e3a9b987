"""What full training of the best found, in plain sentences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lyapscreen.report.text.naming import name
from lyapscreen.report.text.numbers import column
from lyapscreen.results.ranking import Ranking, Row, rank


def how(ranking: Ranking) -> str:
    """Say how the best were confirmed, when training was at its best, and what the probes alone would have picked."""
    return "; ".join(_parts(ranking))


def _parts(ranking: Ranking) -> Iterator[str]:
    rows = trained(ranking)
    if not rows or rows[0].full_loss is None:
        return
    seeds = len(rows[0].results)
    who = f"{len(rows)} of the best" if len(rows) > 1 else "the best"
    lowest = int(np.median([r.full.best_steps for r in rows[0].results if r.full and r.full.best_steps]))
    when = "at the end" if lowest == rows[0].full_steps else f"after {lowest:,} (the median over seeds)"
    kept = ", and the last checkpoint is kept" if ranking.keep == "last" else ""
    yield (
        f"by full training of {who}, {seeds} {'seeds' if seeds > 1 else 'seed'} each, "
        f"over {rows[0].full_steps:,} steps: its loss is lowest {when}{kept}"
    )
    every = [result for row in ranking.rows for result in row.results]
    end = max(result.final.steps for result in every)
    alone = rank(every, ranking.rank_by, at=end, keep=ranking.keep, horizon=ranking.horizon).recommended
    if alone is None or len(rows) == 1:
        return
    picked = next(row for row in ranking.rows if row.configuration == alone.configuration)
    if picked is rows[0]:
        yield "the probes alone had the same pick"
    elif picked.full_steps is None:
        yield f"by the probes alone the pick was {name(ranking, picked)}, which was not trained fully"
    else:
        yield f"by the probes alone the pick was {name(ranking, picked)}, with {loss(picked)}"


def warning(ranking: Ranking, row: Row) -> str:
    """Say that no full training reached its end, where that is so; nothing otherwise."""
    rows = trained(ranking)
    if not rows or row.full_loss is not None:
        return ""
    return (
        f"Full training of {len(rows)} of the best over {rows[0].full_steps:,} steps diverged: the recommendation is "
        "by the probes alone. Try lower learning rates, or more with --confirm."
    )


def loss(row: Row) -> str:
    """Return a row's loss in full training with its interval; `no end` where a seed diverged."""
    if row.full_loss is None:
        return "training that diverged"
    show = column([row.full_loss])
    low, high = row.full_loss_low, row.full_loss_high
    interval = "" if low is None or high is None else f" (95% interval {show(low)} to {show(high)})"
    return f"{show(row.full_loss)}{interval}"


def trained(ranking: Ranking) -> list[Row]:
    """Return the rows that were trained fully."""
    return [row for row in ranking.rows if row.full_steps is not None]
