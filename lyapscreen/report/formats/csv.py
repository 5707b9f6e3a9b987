"""The ranking as CSV: one row a configuration, in rank order."""

from __future__ import annotations

import csv
import io

from lyapscreen.results.ranking import Ranking

COLUMNS = (
    "rank", "group", "activation", "lr", "regime",
    "effective", "effective_low", "effective_high",
    "transverse", "transverse_low", "transverse_high",
    "lyapunov", "lyapunov_low", "lyapunov_high",
    "kantz_wolf", "train_loss", "held_out_loss", "held_out_score",
    "seeds", "steps", "best_seed", "recommended",
)  # fmt: skip
"""The columns of every ranking; each is a field of `Row`. Programs read these names: they only ever grow."""

READ_AHEAD = ("end", "end_low", "end_high")
"""Columns behind them where the ranking is by the end of full training, read ahead."""

CONFIRMED = ("full_loss", "full_loss_low", "full_loss_high", "full_steps")
"""Columns behind those where the best were confirmed by full training."""


def columns(ranking: Ranking) -> tuple[str, ...]:
    """Return the columns of a ranking in their order: settings swept besides follow `lr`."""
    after = COLUMNS.index("lr") + 1
    further = (READ_AHEAD if ranking.rank_by == "end" else ()) + (CONFIRMED if ranking.confirmed else ())
    return (*COLUMNS[:after], *ranking.swept, *COLUMNS[after:], *further)


def render(ranking: Ranking) -> str:
    r"""Return the ranking as CSV text with a header and `\n` line ends.

    Numbers are written as %.9g, which is exact for learning rates; what is undefined is an empty
    cell; `recommended` is 1 on one row at most and 0 on every other.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = columns(ranking)
    writer.writerow(names)
    writer.writerows([_cell(row.value(name)) for name in names] for row in ranking.rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.9g}" if isinstance(value, float) else str(value)
