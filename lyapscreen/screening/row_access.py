"""A screening as a sequence of its rows."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator
from dataclasses import dataclass
from typing import overload

from lyapscreen.results.candidate_choice import configuration_of
from lyapscreen.results.row import Row
from lyapscreen.screening.rendered import Rendered


@dataclass(frozen=True, repr=False)
class RowAccess(Rendered, ABC):
    """What makes `len`, `for` and `[...]` of a `Screening` work."""

    def __len__(self) -> int:
        """Return how many configurations it has.

        >>> import lyapscreen as ls
        >>> len(ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20))
        2
        """
        return len(self.ranking.rows)

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, best first.

        >>> import lyapscreen as ls
        >>> [row.lr for row in ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)]
        [0.2, 0.05]
        """
        return iter(self.ranking.rows)

    @overload
    def __getitem__(self, place: int | str) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, place: int | str | slice) -> Row | tuple[Row, ...]:
        """Return the row at a place counted from 0, the best first; rows of a slice; or a configuration's, by name.

        Raises:
            IndexError: there are not so many rows.
            SettingError: no such configuration was screened.

        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20)
        >>> found[0].lr, [row.lr for row in found[:5]], found["act=relu,lr=0.05"].rank
        (0.2, [0.2, 0.05], 2)

        """
        if not isinstance(place, str):
            return self.ranking.rows[place]
        chosen = configuration_of(place, [row.configuration for row in self], self.spec, "the screening")
        return next(row for row in self if row.configuration == chosen)
