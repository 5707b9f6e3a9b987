"""The ranking as CSV: one row a configuration, in rank order."""

from __future__ import annotations

import csv
import io

from lyapscreen.ranking import Ranking

COLUMNS = (
    "rank", "group", "activation", "lr", "regime",
    "effective", "effective_low", "effective_high",
    "transverse", "transverse_low", "transverse_high",
    "lyapunov", "lyapunov_low", "lyapunov_high",
    "kantz_wolf", "train_loss", "held_out_loss", "held_out_score",
    "seeds", "steps", "best_seed", "recommended",
)  # fmt: skip
"""The columns in their order; each is a field of `Row`. Programs read these names: they only ever grow."""


def render(ranking: Ranking) -> str:
    r"""Return the ranking as CSV text with a header and `\n` line ends.

    Numbers are written as %.9g, which is exact for learning rates; what is undefined is an empty
    cell; `recommended` is 1 on one row at most and 0 on every other.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(getattr(row, column)) for column in COLUMNS] for row in ranking.rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return f"{value:.9g}" if isinstance(value, float) else str(value)
