"""The ranking as CSV: one row a configuration, in rank order."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from lyapscreen.report.formats import Format, spreadsheet
from lyapscreen.spec.measures import Columns
from lyapscreen.spec.measures import columns as measured

if TYPE_CHECKING:
    from lyapscreen.results.ranking import Ranking

COLUMNS = (
    "rank", "group", "activation", "lr", "regime", *measured(Columns.STANDING),
    "seeds", "steps", "best_seed", "recommended", *measured(Columns.APPENDED),
)  # fmt: skip
"""The first columns of every ranking; each is a field of `Row`. Programs read these names: they only ever grow."""

CONFIRMED = ("full_loss", "full_loss_low", "full_loss_high", "full_steps")
"""Columns behind them where the best were confirmed by full training."""

INTERVALS = measured(Columns.INTERVALS)
"""Columns behind all others: the 95 % intervals of what had none in earlier files."""


def columns(ranking: Ranking) -> tuple[str, ...]:
    """Return the columns of a ranking in their order: settings swept besides follow `lr`."""
    after = COLUMNS.index("lr") + 1
    confirmed = CONFIRMED if ranking.confirmed else ()
    return (*COLUMNS[:after], *ranking.swept, *COLUMNS[after:], *confirmed, *INTERVALS)


def render(ranking: Ranking) -> str:
    r"""Return the ranking as CSV text with a header and `\n` line ends.

    Numbers are written as %.9g, which is exact for learning rates; what is undefined is an empty
    cell; `recommended` is 1 on one row at most and 0 on every other.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = columns(ranking)
    writer.writerow([spreadsheet.words(name) for name in names])
    writer.writerows([_cell(row.value(name)) for name in names] for row in ranking.rows)
    return text.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.9g}"
    return str(value) if isinstance(value, int) else spreadsheet.words(str(value))


FORMAT = Format(
    name="csv",
    order=1,
    help="Write the ranking as CSV; - is stdout, and then nothing else goes there.",
    render=lambda document, _: render(document.ranking),
)
