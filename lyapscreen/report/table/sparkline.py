"""The ranking's merit over the learning rate, one character a learning rate: where each activation works.

Where further settings are swept, each of their combinations has a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from lyapscreen.report.text.characters import BARS
from lyapscreen.results.ranking import Ranking, Row
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


@dataclass(frozen=True)
class Sparkline:
    """One activation, with one value of each setting swept besides, over the learning rates."""

    activation: str
    settings: Settings
    points: tuple[tuple[str, Regime | None], ...]
    """A character and its regime per learning rate, ascending; a blank without regime where nothing was probed."""
    best: Row
    """Its first row in the ranking."""


def sparklines(ranking: Ranking, width: int) -> list[Sparkline]:
    """Return a spark for each activation and combination of settings, the best first, all on one scale.

    Args:
        ranking: the whole ranking.
        width: most characters a spark may have; beyond it neighbouring learning rates share one, and the best shows.

    """
    measure = ranking.measure
    values = [_value(row, measure) for row in ranking.rows if row.regime is Regime.CONVERGING]
    defined = [value for value in values if value is not None]
    scale = (min(defined), max(defined)) if defined else (0.0, 0.0)
    lrs = sorted({row.lr for row in ranking.rows})
    found = []
    families: dict[tuple[str, Settings], list[Row]] = {}
    for row in ranking.rows:
        families.setdefault((row.activation, row.configuration.settings), []).append(row)
    for (activation, settings), rows in families.items():
        found.append(Sparkline(activation, settings, tuple(_points(rows, lrs, width, measure, scale)), rows[0]))
    return found


def _points(
    rows: Sequence[Row], lrs: Sequence[float], width: int, measure: Measure, scale: tuple[float, float]
) -> Iterator[tuple[str, Regime | None]]:
    at = {row.lr: row for row in rows}
    shared = -(-len(lrs) // max(1, width))
    for _, together in groupby(enumerate(lrs), key=lambda item: item[0] // shared):
        probed = [at[lr] for _, lr in together if lr in at]
        if probed:
            best = min(probed, key=lambda row: row.rank)
            yield _character(best, _value(best, measure), *scale), best.regime
        else:
            yield " ", None


def _value(row: Row, measure: Measure) -> float | None:
    """Return what the ranking is by, lowest the best."""
    value: float | None = getattr(row, measure.name)
    return None if value is None else measure.sign * value


def _character(row: Row, value: float | None, best: float, worst: float) -> str:
    if row.regime is not Regime.CONVERGING:
        return MARKS[row.regime]
    if value is None:
        return "?"
    height = 1.0 if worst == best else (worst - value) / (worst - best)
    return BARS[round(height * (len(BARS) - 1))]
