"""How sentences call configurations."""

from __future__ import annotations

from lyapscreen.report.text.numbers import lr_names
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.spec.sweep import label


def name(ranking: Ranking, row: Row) -> str:
    """Name a configuration: `relu at lr 0.1 (momentum 0.9)`."""
    return f"{row.activation} at lr {lr(ranking, row)}{_settings(row)}"


def family(row: Row) -> str:
    """Name what it is apart from its learning rate."""
    return f"{row.activation}{_settings(row)}"


def _settings(row: Row) -> str:
    """Name the settings swept beside activation and learning rate, ` (momentum 0.9, width 64)`."""
    named = ", ".join(f"{setting} {label(value)}" for setting, value in row.configuration.settings)
    return f" ({named})" if named else ""


def lr(ranking: Ranking, row: Row) -> str:
    """Name its learning rate with as many digits as tell it from the others."""
    return lr_names(r.lr for r in ranking.rows)[row.lr]


def listed(names: list[str], more: int) -> str:
    """Join names as a sentence does, and count those left out."""
    if more:
        return f"{', '.join(names)} and {more} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
