"""The columns of the ranking on a terminal: in words, or with `--wide` all of them with their symbols."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from lyapscreen.report.text.characters import one_line, short
from lyapscreen.report.text.expected import doubted
from lyapscreen.report.text.not_shown import cell as ended
from lyapscreen.report.text.not_shown import short_cell
from lyapscreen.report.text.numbers import column, lr_names
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec import sweep
from lyapscreen.spec.measures import MEASURE, MEASURES, Measure

PICK, AS_GOOD_MARK, NOT_RECOMMENDED = ">", "=", "!"
"""Before a row: recommended; as good, as far as the seeds can tell; looks better, and is not recommended."""

INSTABILITY = MEASURE["lyapunov"]

WORST = "worst_seed"
"""Key of the column that shows the instability of the seed that is most unstable."""


@dataclass(frozen=True)
class Column:
    """A column of the table."""

    key: str
    """The field of `Row` it shows; `interval` and `half` are two ways to show the interval of one."""
    head: str
    cell: Callable[[Row], str | None]
    """What stands there; None is undefined."""
    left: bool = False
    """Words and learning rates align at their left, other numbers at their right."""
    name: str = ""
    """What a sentence calls it, where it is left out; empty: nobody misses it."""
    instead_of: str = ""
    """The key of the wider column that it stands for where there is no room for that."""


def marks(ranking: Ranking) -> dict[int, str]:
    """Return what stands before rows, by their rank."""
    found = {row.rank: NOT_RECOMMENDED for row in doubted(ranking)}
    if ranking.recommended is not None:
        found |= {row.rank: AS_GOOD_MARK for row in ranking.as_good} | {ranking.recommended.rank: PICK}
    return found


def in_words(ranking: Ranking, rows: Sequence[Row], score_name: str) -> list[Column]:
    """Return the columns of the first screen; what the ranking is by stands last, with its interval."""
    names = lr_names(row.lr for row in ranking.rows)
    merit = ranking.measure
    shown = [measure for measure in MEASURES if measure.on_first_screen and measure is not merit]
    before = marks(ranking)
    return [
        Column("rank", "#  ", lambda row: f"{row.rank} {before.get(row.rank, ' ')}"),
        Column("activation", "act", lambda row: short(row.activation), left=True),
        Column("lr", "lr", lambda row: names[row.lr], left=True),
        *(_swept(name) for name in ranking.swept),
        Column("verdict", "verdict", lambda row: ended(row, ranking), left=True),
        Column("short_verdict", "verdict", lambda row: short_cell(row, ranking), left=True,
               instead_of="verdict"),
        # By another key than with symbols: what went fewer steps is always shown as such.
        *([Column("went", "steps", lambda row: str(row.steps))] if ranking.halved else []),
        Column("full_loss", "trained\nloss", _trained(rows)),
        *(c for one in reversed(shown) for c in _plain(one, ranking, rows, score_name)),
        *_plain(merit, ranking, rows, score_name),
    ]  # fmt: skip


def with_symbols(ranking: Ranking, rows: Sequence[Row], score_name: str) -> list[Column]:
    """Return all columns, under the symbols that files and formulas have."""
    names = lr_names(row.lr for row in ranking.rows)
    shown = [measure for measure in MEASURES if measure.terminal_head]
    return [
        Column("rank", "#", lambda row: f"{PICK} {row.rank}" if row.recommended else str(row.rank)),
        Column("group", "tie", lambda row: None if row.group is None or len(ranking.rows) == 1 else str(row.group),
               name="tie"),
        Column("activation", "act", lambda row: short(row.activation), left=True),
        Column("lr", "lr", lambda row: names[row.lr], left=True),
        *(_swept(name) for name in ranking.swept),
        Column("regime", "regime", lambda row: str(row.regime), left=True),
        *([Column("steps", "steps", lambda row: str(row.steps), name="steps")] if ranking.halved else []),
        *(column for measure in shown for column in _measured(measure, ranking, rows, score_name)),
        Column("full_loss", "trained\nloss", _trained(rows)),
    ]  # fmt: skip


def _plain(measure: Measure, ranking: Ranking, rows: Sequence[Row], score_name: str) -> Iterator[Column]:
    """Yield a measure's column in words; of what the ranking is by, with its interval if there is room."""
    words = measure.words.format(score=score_name)
    first, _, second = words.rpartition(" ")
    head = f"{first}\n{second}" if first else second
    value, show = _values(measure, ranking, rows)
    if measure is INSTABILITY and measure is not ranking.measure:
        yield Column(WORST, head, _worst_seed(show), name=words)
        return
    cell, half = _mean(measure, value, show), _half(measure, value, show)

    def with_half(row: Row) -> str | None:
        mean, around = cell(row), half(row)
        return None if mean is None else f"{mean} {around}" if around else mean

    if measure is not ranking.measure:
        yield Column(measure.name, head, cell, name=words)
        return
    if measure is INSTABILITY:
        yield Column(WORST, f"worst seed's\n{head}", _worst_seed(show), name="instability of the worst seed")
        head = f"mean\n{head}"
    if any(half(row) is not None for row in rows):
        yield Column("half", f"{head} ±", with_half, name=f"95% interval of {words}")
    yield Column(measure.name, head, cell, instead_of="half")


def _worst_seed(show: Callable[[float], str]) -> Callable[[Row], str | None]:
    """Return how the growth of the seed that is most unstable is written: what makes a row chaotic, or not."""

    def cell(row: Row) -> str | None:
        every = [None if r.final.lyapunov is None else r.final.lyapunov * r.final.steps for r in row.results]
        known = [growth for growth in every if growth is not None and math.isfinite(growth)]
        return show(max(known)) if known and len(known) == len(every) else None

    return cell


def _measured(measure: Measure, ranking: Ranking, rows: Sequence[Row], score_name: str) -> Iterator[Column]:
    """Yield the column of a measure; behind the one whose interval is shown that, in two ways."""
    value, show = _values(measure, ranking, rows)

    cell = _mean(measure, value, show)
    name = measure.symbol
    yield Column(measure.name, measure.terminal_head.format(score=score_name), cell, name=name)
    if measure is not ranking.measure:
        return

    def interval(row: Row) -> str | None:
        low, high = (value(row, name) for name in measure.columns[1:])
        return None if low is None or high is None else f"{show(low)} to {show(high)}"

    yield Column("interval", "95%\ninterval", interval)
    yield Column("half", "95%\n±", _half(measure, value, show), name="95% interval", instead_of="interval")


Value = Callable[[Row, str], float | None]


def _values(measure: Measure, ranking: Ranking, rows: Sequence[Row]) -> tuple[Value, Callable[[float], str]]:
    """Return how a field of a measure is read off a row, and how its numbers are written."""

    def value(row: Row, field: str) -> float | None:
        found: float | None = getattr(row, field)
        return None if found is None else found * ranking.times(measure, row)

    like = measure.digits_of or measure.name
    return value, column([like] if isinstance(like, float) else (value(row, like) for row in rows))


def _mean(measure: Measure, value: Value, show: Callable[[float], str]) -> Callable[[Row], str | None]:
    def mean(row: Row) -> str | None:
        return None if (found := value(row, measure.name)) is None else show(found)

    return mean


def _half(measure: Measure, value: Value, show: Callable[[float], str]) -> Callable[[Row], str | None]:
    def half(row: Row) -> str | None:
        low, high = (value(row, name) for name in measure.columns[1:])
        return None if low is None or high is None else f"±{show((high - low) / 2)}"

    return half


def _trained(rows: Sequence[Row]) -> Callable[[Row], str | None]:
    show = column(row.full_loss for row in rows)
    return lambda row: None if row.full_loss is None else show(row.full_loss)


def _swept(name: str) -> Column:
    # The key is no other column's, so that a narrow terminal never takes it for one it can do without.
    return Column(f"sweep.{name}", one_line(name), lambda row: short(sweep.label(row.value(name))), left=True)
