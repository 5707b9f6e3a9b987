"""What stands below the table on a terminal: who is not in it, what is left out, what marks and words mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lyapscreen.report.table.terminal_columns import (
    AS_GOOD_MARK,
    INSTABILITY,
    NOT_RECOMMENDED,
    PICK,
    WORST,
    Column,
    marks,
)
from lyapscreen.report.text import order
from lyapscreen.report.text.naming import listed
from lyapscreen.report.text.not_shown import LEGEND, not_shown
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.measures import MEASURES
from lyapscreen.spec.spec import Spec


def below(ranking: Ranking, others: Sequence[Row], missed: Sequence[str]) -> Iterator[str]:
    """Yield what became of the rows left out, and which columns had no room."""
    if others:
        them = "them" if len(others) > 1 else "it"
        yield f"not shown: {'; '.join(not_shown(others, ranking))}; --all shows {them}"
    if missed:
        yield f"no room for: {listed(list(missed), 0)}"


def of_table(
    ranking: Ranking, rows: Sequence[Row], columns: Sequence[Column], spec: Spec, *, wide: bool
) -> Iterator[str]:
    """Yield the meaning of marks, words and columns that occur."""
    keys = {column.key for column in columns}
    if wide:
        yield from _symbols(keys, spec)
    else:
        yield from _words(ranking, rows, keys, spec)
    if "full_loss" in keys:
        which = "held-out loss at the end" if spec.keep == "last" else "lowest held-out loss"
        yield f"trained loss: the {which} of full training, the mean over seeds; lowest is best."


def _words(ranking: Ranking, rows: Sequence[Row], keys: set[str], spec: Spec) -> Iterator[str]:
    meaning = {PICK: "recommended", AS_GOOD_MARK: "as good, as far as the seeds can tell",
               NOT_RECOMMENDED: "looks better, but is not recommended"}  # fmt: skip
    before = marks(ranking)
    signs = {before.get(row.rank) for row in rows}
    if found := [f"{sign} {words}" for sign, words in meaning.items() if sign in signs]:
        yield f"{', '.join(found)}."
    merit = ranking.measure
    if merit is not INSTABILITY and merit.plain and keys & {merit.name, "half"}:
        yield f"{merit.words}: {merit.plain.format(spec=spec)}{_sorted_by(ranking)}"
    if keys & {WORST, INSTABILITY.name} or (merit is INSTABILITY and "half" in keys):
        last = f"; the mean over seeds sorts{_sorted_by(ranking)}" if merit is INSTABILITY else "."
        yield f"instability: {INSTABILITY.plain.format(spec=spec)}{last}"
    regimes = {row.regime for row in rows}
    yield from (words for regime, words in LEGEND.items() if regime in regimes)


def _sorted_by(ranking: Ranking) -> str:
    """Return the end of the sentence about what the ranking is by: which end is the best, and among whom."""
    if ranking.confirmed:
        return "."
    best = f"; {'highest' if ranking.measure.highest_is_best else 'lowest'} is best"
    steps = [str(steps) for steps in order.lengths(ranking)]
    among = f", values after {listed(steps, 0)} steps only among themselves" if len(steps) > 1 else ""
    return f"{best}{among}."


def _symbols(keys: set[str], spec: Spec) -> Iterator[str]:
    lines = [
        (one.shown_over == "probe", one.legend.format(spec=spec)) for one in MEASURES if one.legend and one.name in keys
    ]
    yield from (words for of_regime, words in lines if not of_regime)
    if "group" in keys:
        yield "tie: the seeds cannot tell configurations of one number apart."
    yield from (words for of_regime, words in lines if of_regime)
