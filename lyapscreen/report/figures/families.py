"""How figures tell activations apart: a colour and a marker each, for eyes that see colours and eyes that do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from lyapscreen.report.text.characters import short, visible

if TYPE_CHECKING:
    from lyapscreen.results.edge import Edges
    from lyapscreen.results.naming import Family
    from lyapscreen.results.row import Row

NAME_WIDTH = 32
"""Longer names of families lose their beginning."""


class Edge(NamedTuple):
    """The largest stable learning rate of a family, with an interval where there is one."""

    lr: float
    low: float | None = None
    high: float | None = None


def edges(found: Edges | None) -> dict[Family, Edge]:
    """Return the edges of a search by family, those that were found; none where there was no search."""
    families = () if found is None else found.families
    every = ((family.activation, family.settings, family.interval) for family in families)
    return {(act, settings): Edge(at.mean, at.low, at.high) for act, settings, at in every if at.mean is not None}


class Colour(NamedTuple):
    """One colour on paper and its like on a dark screen."""

    light: str
    dark: str


INK = Colour("#1f2328", "#e6edf3")
FAINT = Colour("#d4dae0", "#343b43")
OTHERS = Colour("#8c959f", "#77808a")
COLOURS = (
    Colour("#0072b2", "#4db2ef"),
    Colour("#d55e00", "#ff8a3d"),
    Colour("#008f68", "#2fc79a"),
    Colour("#b0559a", "#e393cb"),
    Colour("#a87900", "#dbb02e"),
    Colour("#2b98c8", "#8bd3f7"),
    Colour("#882255", "#d9709b"),
    Colour("#4b3fa0", "#a79bf0"),
)
"""After Okabe and Ito, at a contrast of 3 or more on either ground; neighbours differ in lightness too."""

MARKERS = ("o", "s", "^", "D", "v", "P", "<", "p")
"""In matplotlib's letters; a cross is kept for what diverged."""


@dataclass(frozen=True)
class Look:
    """How a family is drawn."""

    name: str
    colour: Colour
    marker: str


def looks(rows: Iterable[Row]) -> dict[Family, Look]:
    """Return how each family of rows is drawn, in their order; beyond those that colours tell apart, all look alike."""
    from lyapscreen.results.naming import family_of, named_family

    families = list(dict.fromkeys(family_of(row.configuration) for row in rows))
    # One colour less than there are, so that a single family is never called "others".
    distinguished = len(families) if len(families) <= len(COLOURS) else len(COLOURS) - 1
    others = Look(f"{len(families) - distinguished} others", OTHERS, ".")
    return {
        family: Look(short(visible(named_family(family)), NAME_WIDTH), COLOURS[index], MARKERS[index])
        if index < distinguished
        else others
        for index, family in enumerate(families)
    }


def distinct(looks: Iterable[Look]) -> list[Look]:
    """Return each look once, in order: the entries of a legend."""
    return list(dict.fromkeys(looks))
