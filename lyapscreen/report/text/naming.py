"""How sentences call the configurations of a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lyapscreen.report.text.numbers import lr_names

if TYPE_CHECKING:
    from lyapscreen.results.ranking import Ranking
    from lyapscreen.results.row import Row


def name(ranking: Ranking, row: Row) -> str:
    """Name a configuration: `relu at lr 0.1 (momentum 0.9)`."""
    from lyapscreen.results.naming import named

    return named(row.configuration, lr(ranking, row))


def title(ranking: Ranking) -> str:
    """Return the recommendation in a few words."""
    row = ranking.recommended
    return "nothing is recommended" if row is None else name(ranking, row)


def lr(ranking: Ranking, row: Row) -> str:
    """Name its learning rate with as many digits as tell it from the others."""
    return lr_names(r.lr for r in ranking.rows)[row.lr]


def listed(names: list[str], more: int) -> str:
    """Join names as a sentence does, and count those left out."""
    if more:
        return f"{', '.join(names)} and {more} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
