"""How configurations ended where there is little room: in a row of a table, and of all that have no row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from lyapscreen.report.text.numbers import lr_names
from lyapscreen.report.text.verdicts import verdict
from lyapscreen.results.naming import Family, family_of, named_family
from lyapscreen.results.ranking import Ranking
from lyapscreen.results.records import Regime
from lyapscreen.results.row import Row

LEGEND = {
    Regime.STALLED: "hardly learns: not five percent better than a constant guess.",
    Regime.DEAD: "dead: the output no longer depends on the input.",
    Regime.FAILED: "failed: its worker process was killed twice.",
}
"""Those that the word alone does not explain."""

OF_MANY = {
    Regime.CONVERGING: ("learns", "learn"),
    Regime.STALLED: ("hardly learns", "hardly learn"),
    Regime.CHAOTIC: ("is chaotic", "are chaotic"),
    Regime.DEAD: ("is dead", "are dead"),
    Regime.DIVERGED: ("diverges", "diverge"),
    Regime.FAILED: ("failed", "failed"),
}
"""What one, and what many of a regime do."""

FAMILIES_NAMED = 3
"""Activations whose learning rates are named one by one."""


def cell(row: Row, ranking: Ranking) -> str:
    """Say how a row ended, and in how many of its seeds where it was not all of them.

    A probe that hardly learns may still be the best where the last checkpoint is kept: it is slow at first.
    """
    words = verdict(row)
    return words.replace("hardly learns", "slow at first") if row.regime in ranking.eligible else words


def short_cell(row: Row, ranking: Ranking) -> str:
    """Say the same where there is less room: `chaotic 1/5`."""
    return cell(row, ranking).replace(" seeds", "").replace(" in ", " ").replace(" of ", "/")


def not_shown(rows: Sequence[Row], ranking: Ranking) -> Iterator[str]:
    """Yield what became of rows that have no place in a table, a phrase a regime.

    `20 hardly learn in 25 to 50 steps (relu up to lr 0.0215, sigmoid up to lr 0.464)`
    """
    for regime in Regime:
        if found := [row for row in rows if row.regime is regime]:
            words = OF_MANY[regime][len(found) > 1]
            steps = sorted({row.steps for row in found})
            after = f"{steps[0]}" if len(steps) == 1 else f"{steps[0]} to {steps[-1]}"
            when = f" in {after} steps" if regime is Regime.STALLED else ""
            yield f"{len(found)} {words}{when} ({_where(found, ranking)})"


def _where(found: Sequence[Row], ranking: Ranking) -> str:
    names = lr_names(row.lr for row in ranking.rows)
    families: dict[Family, list[Row]] = {}
    for row in found:
        families.setdefault(family_of(row.configuration), []).append(row)
    if len(families) > FAMILIES_NAMED:
        low, high = (end(row.lr for row in found) for end in (min, max))
        return f"lr {names[low]}" if low == high else f"lr {names[low]} to {names[high]}"
    screened = Counter(family_of(row.configuration) for row in ranking.rows)
    parts = []
    for family, rows in families.items():
        lrs = sorted(row.lr for row in rows)
        every = sorted(row.lr for row in ranking.rows if family_of(row.configuration) == family)
        parts.append(f"{named_family(family)} {_rates(lrs, every, names)}" if len(rows) < screened[family]
                     else f"all of {named_family(family)}")  # fmt: skip
    return ", ".join(parts)


def _rates(lrs: list[float], every: list[float], names: dict[float, str]) -> str:
    """Name some of a family's learning rates: by the end they reach to, where there is no gap."""
    if len(lrs) == 1:
        return f"at lr {names[lrs[0]]}"
    if lrs == every[: len(lrs)]:
        return f"up to lr {names[lrs[-1]]}"
    if lrs == every[-len(lrs) :]:
        return f"from lr {names[lrs[0]]} on"
    return f"within lr {names[lrs[0]]} to {names[lrs[-1]]}"
