"""The ranking's merit over the learning rate, one character a learning rate: where each activation works.

Where further settings are swept, each of their combinations has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lyapscreen.report.text.characters import BARS
from lyapscreen.results.naming import Family, family_of
from lyapscreen.results.ranking import Ranking, Row, recommended_first
from lyapscreen.results.records import Regime
from lyapscreen.spec.measures import Measure
from lyapscreen.spec.sweep import Settings

MARKS = {
    Regime.STALLED: "·",
    Regime.CHAOTIC: "~",
    Regime.DEAD: "_",
    Regime.DIVERGED: "×",
    Regime.FAILED: "!",
}
"""Of the other regimes; `?` is converging without a value."""

EARLY = ","
"""Of what learns, and was stopped before others, where the ranking is by what was measured when they stopped."""


@dataclass(frozen=True)
class Sparkline:
    """One activation, with one value of each setting swept besides, over the learning rates."""

    activation: str
    settings: Settings
    points: tuple[tuple[str, Regime | None], ...]
    """A character and its regime per learning rate, ascending; a blank without regime where nothing was probed."""
    best: Row
    """Its first row in the ranking."""


@dataclass(frozen=True)
class _Scale:
    """From the row called best, whose bar alone with those as good is the tallest, to the worst that may win."""

    ranking: Ranking
    as_good: tuple[Row, ...]
    best: float
    worst: float

    @classmethod
    def of(cls, ranking: Ranking) -> _Scale:
        """Return the scale of a ranking: that of the recommended row, or of the first."""
        able = [row for row in ranking.rows if _is_comparable(row, ranking)]
        values = [value for row in able if (value := _value(row, ranking.measure)) is not None]
        pick = ranking.recommended or (able[0] if able else None)
        best = None if pick is None else _value(pick, ranking.measure)
        if best is None:
            return cls(ranking, (), 0.0, 0.0)
        as_good = (pick, *ranking.as_good) if ranking.recommended and pick else (pick,) if pick else ()
        return cls(ranking, as_good, best, max([best, *values]))

    def character(self, row: Row) -> str:
        if row.regime not in self.ranking.eligible:
            return MARKS[row.regime]
        if not _is_comparable(row, self.ranking):
            return EARLY
        value = _value(row, self.ranking.measure)
        if value is None:
            return "?"
        if row in self.as_good:
            return BARS[-1]
        height = 1.0 if self.worst == self.best else (self.worst - value) / (self.worst - self.best)
        return BARS[min(len(BARS) - 2, max(0, round(height * (len(BARS) - 1))))]


def sparklines(ranking: Ranking, width: int) -> list[Sparkline]:
    """Return a spark for each activation and combination of settings, the best first, all on one scale.

    The recommended row and those as good have the tallest bar, and nothing else has.

    Args:
        ranking: the whole ranking.
        width: most characters a spark may have; beyond it neighbouring learning rates share one, and the best shows.

    """
    scale = _Scale.of(ranking)
    lrs = sorted({row.lr for row in ranking.rows})
    families: dict[Family, list[Row]] = {}
    for row in sorted(ranking.rows, key=recommended_first):
        families.setdefault(family_of(row.configuration), []).append(row)
    return [
        Sparkline(activation, settings, tuple(_points(rows, lrs, width, scale)), rows[0])
        for (activation, settings), rows in families.items()
    ]


def _points(
    rows: Sequence[Row], lrs: Sequence[float], width: int, scale: _Scale
) -> Iterator[tuple[str, Regime | None]]:
    at = {row.lr: row for row in rows}
    shared = -(-len(lrs) // max(1, width))
    for _, together in groupby(enumerate(lrs), key=lambda item: item[0] // shared):
        probed = [at[lr] for _, lr in together if lr in at]
        if probed:
            best = min(probed, key=recommended_first)
            yield scale.character(best), best.regime
        else:
            yield " ", None


def _value(row: Row, measure: Measure) -> float | None:
    """Return what the ranking is by, lowest the best."""
    value: float | None = getattr(row, measure.name)
    return None if value is None else measure.sign * value


def _is_comparable(row: Row, ranking: Ranking) -> bool:
    """Tell whether a row may win, and was measured over the same length as the others that may."""
    if row.regime not in ranking.eligible:
        return False
    return ranking.measure.reads_ahead or row.steps == ranking.rows[0].steps
