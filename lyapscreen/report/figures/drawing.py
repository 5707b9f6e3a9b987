"""What all panels draw alike: a mark for each configuration, a line for each family, the edge and the pick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from matplotlib.axes import Axes

from lyapscreen.report.figures.families import INK, Edge, Look, looks
from lyapscreen.report.figures.scales import within
from lyapscreen.report.text.characters import short, visible
from lyapscreen.report.text.naming import lr
from lyapscreen.results.naming import Family, family_of, named_family
from lyapscreen.results.ranking import Ranking, Row
from lyapscreen.results.records import Regime
from lyapscreen.spec.spec import Spec

MARKS = {
    Regime.STALLED: ".",
    Regime.CHAOTIC: "+",
    Regime.DEAD: "_",
    Regime.DIVERGED: "x",
    Regime.FAILED: "1",
}
"""Drawn instead of a family's marker where it does not converge."""

MOST_DRAWN = 500
"""Configurations in a figure, the best: more can hardly be kept apart, and take a browser and us long."""

SIZE = 4.5
BORDER, BORDER_STEP = 0.965, 0.032
"""Height, as a fraction of the axes, of the marks of what has no number, and how far families are apart there."""

NAME_WIDTH = 26
"""Most characters of the name of a configuration within a panel."""


@dataclass(frozen=True)
class Drawing:
    """What every panel needs."""

    ranking: Ranking
    spec: Spec
    rows: tuple[Row, ...]
    """Of the ranking those that are drawn, best first."""
    looks: Mapping[Family, Look]
    edge: Mapping[Family, Edge]
    steps: int
    """Of the configurations that went furthest; who went less far was stopped on the way."""
    shortest: int | None
    """After which those first left behind were measured, as were all others; None where nobody was left behind."""

    @classmethod
    def of(cls, ranking: Ranking, spec: Spec, edge: Mapping[Family, Edge]) -> Drawing:
        """Decide what is drawn of a ranking, and how its families look, for all its panels alike."""
        lengths = [steps for steps, _ in ranking.reached]
        rows = tuple(row for row in ranking.rows if row.rank <= MOST_DRAWN or row.recommended)
        shortest = lengths[0] if len(lengths) > 1 else None
        return cls(ranking, spec, rows, looks(rows), edge, lengths[-1] if lengths else spec.steps, shortest)

    def families(self) -> Iterator[tuple[Look, list[Row], Edge | None]]:
        """Return each family's rows by learning rate, and its edge; the best family last, so that it is on top."""
        lines: dict[Family, list[Row]] = {}
        for row in self.rows:
            lines.setdefault(family_of(row.configuration), []).append(row)
        for key, rows in reversed(lines.items()):
            yield self.looks[key], sorted(rows, key=lambda row: row.lr), self.edge.get(key)

    @property
    def leaders(self) -> list[Row]:
        """The rows drawn in the order in which their course is shown: the one recommended, then by rank."""
        return sorted(self.rows, key=lambda row: not row.recommended)

    def look(self, row: Row) -> Look:
        """Return how the family of a row is drawn."""
        return self.looks[family_of(row.configuration)]

    def name(self, row: Row) -> str:
        """Name a configuration within a panel: `relu, lr 0.1`."""
        rate = f", lr {lr(self.ranking, row)}"
        return short(visible(named_family(family_of(row.configuration))), NAME_WIDTH - len(rate)) + rate

    def stopped(self, row: Row) -> bool:
        """Tell whether a row was left behind at a rung: its exponents are over fewer steps than the leaders'."""
        return row.steps < self.steps and row.regime not in (Regime.DIVERGED, Regime.FAILED)


def marks(axes: Axes, drawing: Drawing, points: Sequence[tuple[Row, float, float]], *, border: bool = False) -> None:
    """Draw rows at (x, y) as their family's marker or the mark of their regime; hollow where stopped on the way."""
    transform = axes.get_xaxis_transform() if border else axes.transData
    for row, x, y in points:
        if row.recommended:
            axes.plot(
                x, y, "o", transform=transform, color=INK.light, markersize=2.6 * SIZE, markerfacecolor="none", zorder=5
            )

    def style(point: tuple[Row, float, float]) -> tuple[str, str, bool]:
        row, look = point[0], drawing.look(point[0])
        return look.colour.light, MARKS.get(row.regime, look.marker), not drawing.stopped(row)

    # Those that look alike are one artist: an artist for each of a thousand rows takes minutes.
    for (colour, marker, kept), alike in groupby(sorted(points, key=style), key=style):
        _, xs, ys = zip(*alike, strict=True)
        axes.plot(
            xs,
            ys,
            marker,
            transform=transform,
            color=colour,
            markersize=SIZE,
            markeredgewidth=1.1,
            markerfacecolor=colour if kept else "none",
            alpha=1 if kept else 0.7,
            zorder=4,
            clip_on=not border,
        )


def at_border(axes: Axes, drawing: Drawing, rows: Iterable[Row], index: int) -> None:
    """Mark rows without a number at the upper border, over their learning rates; each family at a height of its own."""
    height = BORDER - BORDER_STEP * (index % 8)
    marks(axes, drawing, [(row, within(row.lr), height) for row in rows], border=True)


def line(axes: Axes, look: Look, points: Iterable[tuple[float, float | None, int]], *, dashed: bool = False) -> None:
    """Join neighbouring points (x, y, steps) that are both there and over equally many steps."""
    width, dashes = (0.8, (0, (3, 1.5))) if dashed else (1.1, "-")
    for (_, there), piece in groupby(points, key=lambda point: (point[2], point[1] is not None)):
        if there:
            xs, ys, _ = zip(*piece, strict=True)
            axes.plot(xs, ys, color=look.colour.light, linewidth=width, linestyle=dashes, alpha=0.75, zorder=2)


def edge(axes: Axes, look: Look, found: Edge | None) -> None:
    """Draw where stability ends for a family: a vertical line in its interval."""
    if found is None:
        return
    at, low, high = found
    axes.axvline(at, color=look.colour.light, linewidth=1, linestyle=(0, (1, 1.5)), zorder=1)
    if low is not None and high is not None:
        axes.axvspan(low, high, color=look.colour.light, alpha=0.12, linewidth=0, zorder=0)


def pick(axes: Axes, drawing: Drawing, equals: Sequence[Row]) -> None:
    """Point out the learning rate recommended, by a line with its name above, and those as good, by a band."""
    row = drawing.ranking.recommended
    if row is None:
        return
    axes.axvline(within(row.lr), color=INK.light, linewidth=0.9, zorder=1)
    if len(equals) > 1:
        ends = [within(one.lr) for one in equals]
        axes.axvspan(min(ends), max(ends), color=INK.light, alpha=0.08, linewidth=0, zorder=0)
    across = float(axes.transAxes.inverted().transform(axes.transData.transform((within(row.lr), 1)))[0])
    axes.text(
        across,
        1.02,
        drawing.name(row),
        transform=axes.transAxes,
        ha="left" if across < 0.3 else "right" if across > 0.7 else "center",
        fontweight="bold",
    )
