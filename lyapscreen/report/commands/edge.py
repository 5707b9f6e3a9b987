"""The edges of stability as table, CSV and sentences."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from rich.table import Table

from lyapscreen.report.formats import spreadsheet
from lyapscreen.report.text.characters import short, text
from lyapscreen.report.text.numbers import compact, lr_names
from lyapscreen.results.edge import SAFE_SHARE, EdgeRegime, Edges, FamilyEdge
from lyapscreen.results.naming import named_family
from lyapscreen.results.statistics import Interval
from lyapscreen.spec import sweep

COLUMNS = (
    "activation", "regime", "edge", "edge_low", "edge_high", "best_lr", "headroom", "headroom_low", "headroom_high",
    "ragged_seeds", "seeds", "recommended", "largest_stable", "safe_lr",
)  # fmt: skip
"""Of the CSV; settings swept besides follow `activation`. Programs read these names: they only ever grow."""

MOST_NAMED = 3
"""Families that sentences name."""

COLOURS = {EdgeRegime.BEYOND: "yellow", EdgeRegime.BELOW: "red", EdgeRegime.FAILED: "bold red"}


def as_csv(edges: Edges) -> str:
    """Return one row a family; an undefined edge is an empty cell, and its regime says why."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    swept = [name for name, _ in edges.families[0].settings]
    writer.writerow([COLUMNS[0], *map(spreadsheet.words, swept), *COLUMNS[1:]])
    for family in edges.families:
        edge, headroom = family.interval, family.headroom
        numbers = (edge.mean, edge.low, edge.high, family.best_lr, headroom.mean, headroom.low, headroom.high)
        cells = [family.activation, *(value for _, value in family.settings), str(family.regime), *numbers]
        counts = [len(family.ragged), len(family.per_seed), int(family.recommended)]
        writer.writerow([_cell(cell) for cell in (*cells, *counts, family.largest_stable, family.safe_lr)])
    return text.getvalue()


def as_table(edges: Edges, *, unicode: bool) -> Table:
    """Return one row a family, for a person."""
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    swept = [name for name, _ in edges.families[0].settings]
    for head in ("act", *swept, "edge lr", "95% interval", "stable to", "safe lr", "fastest lr", "headroom"):
        left = head in ("act", *swept)
        table.add_column(text(head, unicode=unicode), justify="left" if left else "right", no_wrap=True)
    for family in edges.families:
        named = (short(family.activation), *_values(family))
        rates = (_rate(family.largest_stable), _rate(family.safe_lr), _rate(family.best_lr))
        cells = (_edge(edges, family), _between(family.interval), *rates, _room(family))
        table.add_row(*(text("–" if c is None else c, unicode=unicode) for c in (*named, *cells)))
    return table


def sentences(edges: Edges) -> Iterator[str]:
    """Say what an edge is, then by name the largest stable learning rate and a safe one; none is recommended."""
    yield (
        f"edge: the lowest learning rate at which a small change grows {edges.max_growth:g} times over "
        f"{edges.steps} steps; geometric mean over seeds."
    )
    known = [family for family in edges.families if family.safe_lr is not None]
    for family in sorted(known, key=lambda family: not family.recommended)[:MOST_NAMED]:
        yield _stable_and_safe(family)
    if len(known) > MOST_NAMED:
        yield f"The table has those of {len(known) - MOST_NAMED} more."


def _stable_and_safe(family: FamilyEdge) -> str:
    seeds = "every seed" if len(family.per_seed) > 1 else "its one seed"
    further = " at least" if family.regime is EdgeRegime.BEYOND else ""
    half = family.largest_stable is not None and family.safe_lr == SAFE_SHARE * family.largest_stable
    why = "half of it" if half else "the low end of the edge's 95% interval"
    words = (
        f"{_name(family)}: stable up to lr {_rate(family.largest_stable)}{further} in {seeds}; "
        f"safe is lr {_rate(family.safe_lr)}, {why}."
    )
    if family.best_lr is None or family.safe_lr is None:
        return words
    above = "above" if family.best_lr > family.safe_lr else "below"
    if family.best_lr == family.safe_lr:
        return words
    return f"{words} The fastest in the probes, lr {_rate(family.best_lr)}, lies {above} that."


def _rate(lr: float | None) -> str | None:
    return None if lr is None else lr_names([lr])[lr]


def warnings(edges: Edges) -> Iterator[str]:
    """Say where the boundary is ragged and where the edge lies outside of the range, with something to try."""
    ragged = [_ragged(family) for family in edges.families if family.ragged]
    if ragged:
        yield (
            f"the boundary is ragged: above its edge a learning rate is stable again for {', '.join(ragged)}. "
            "The edge is the first crossing: trust nothing above it."
        )
    low, high = edges.lr_low, edges.lr_high
    outside = {regime: [f for f in edges.families if f.regime is regime] for regime in EdgeRegime}
    if beyond := outside[EdgeRegime.BEYOND]:
        wider = f"--lr {compact(low)}:{compact(high * 10)}"
        yield f"{_listed(beyond)}: stable up to lr {compact(high)}, where the range ends. Try {wider}."
    if below := outside[EdgeRegime.BELOW]:
        wider = f"--lr {compact(low / 1000)}:{compact(high)}"
        yield f"{_listed(below)}: unstable from lr {compact(low)} on, where the range begins. Try {wider}."
    if failed := outside[EdgeRegime.FAILED]:
        yield f"{_listed(failed)}: a worker process was killed twice (out of memory?)."


def _ragged(family: FamilyEdge) -> str:
    highest = max(seed.stable_above for seed in family.ragged if seed.stable_above is not None)
    return f"{_name(family)} ({_seeds(len(family.ragged), family)}, up to lr {compact(highest)})"


def _edge(edges: Edges, family: FamilyEdge) -> str:
    if family.interval.mean is not None:
        return f"{family.interval.mean:.3g}"
    if family.regime is EdgeRegime.BEYOND:
        return f"> {compact(edges.lr_high if family.at_least is None else family.at_least)}"
    return f"< {compact(edges.lr_low)}" if family.regime is EdgeRegime.BELOW else str(family.regime)


def _room(family: FamilyEdge) -> str | None:
    if family.headroom.mean is not None:
        return f"{family.headroom.mean:.2g} x"
    if family.at_least is None or family.best_lr is None:
        return None
    return f"> {family.at_least / family.best_lr:.2g} x"


def _between(interval: Interval) -> str | None:
    return None if interval.low is None or interval.high is None else f"{interval.low:.3g} to {interval.high:.3g}"


def _values(family: FamilyEdge) -> tuple[str, ...]:
    return tuple(short(sweep.label(value)) for _, value in family.settings)


def _name(family: FamilyEdge) -> str:
    return named_family((family.activation, family.settings))


def _listed(families: list[FamilyEdge]) -> str:
    parts = []
    for family in families:
        outside = sum(seed.regime is family.regime for seed in family.per_seed)
        some = outside < len(family.per_seed)
        parts.append(f"{_name(family)} (in {_seeds(outside, family)})" if some else _name(family))
    return ", ".join(parts)


def _seeds(count: int, family: FamilyEdge) -> str:
    return f"{count} of {len(family.per_seed)} seeds"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.9g}"
    return str(value) if isinstance(value, int) else spreadsheet.words(str(value))
