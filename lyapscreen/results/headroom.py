"""The room that a learning rate has below instability, as far as its family was screened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lyapscreen.results.naming import family_of
from lyapscreen.results.records import Regime
from lyapscreen.results.row import Row

UNSTABLE = frozenset({Regime.CHAOTIC, Regime.DEAD, Regime.DIVERGED})
"""What a learning rate that is too high ends in, in one seed at least."""

STABLE = frozenset({Regime.CONVERGING, Regime.STALLED})


@dataclass(frozen=True)
class Headroom:
    """How far above a learning rate its activation and settings are stable."""

    stable_to: float
    """The highest learning rate screened up to which none above the row's own is unstable in any seed, or failed."""
    times: float
    """How many times as high that is; 1 where the next one is unstable, or where none was screened above."""
    unstable: Row | None
    """The row of the lowest unstable learning rate above; None where there is none among those screened."""

    @property
    def is_open(self) -> bool:
        """Whether no learning rate above was found unstable: the room is at least what is said."""
        return self.unstable is None


def headroom(rows: Iterable[Row], row: Row) -> Headroom:
    """Return the room of a row among all that were screened.

    Args:
        rows: of a ranking.
        row: one of them.

    """
    family = family_of(row.configuration)
    above = sorted((r for r in rows if family_of(r.configuration) == family and r.lr > row.lr), key=lambda r: r.lr)
    stable_to = row.lr
    for other in above:
        if other.regime not in STABLE:
            break
        stable_to = other.lr
    unstable = next((other for other in above if other.regime in UNSTABLE), None)
    return Headroom(stable_to, stable_to / row.lr, unstable)
