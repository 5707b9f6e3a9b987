"""Figure 4 of arXiv 2410.05988: the exponent over 50 learning rates, ours as a band, the published points on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import output
import torch
import xor

EPOCHS = 100
BAND = (0.025, 0.975)
PUBLISHED = Path(__file__).parent / "published"


@dataclass(frozen=True)
class Row:
    """One learning rate: the published exponent and the distribution of ours over starting points."""

    activation: str
    lr: float
    published: float
    low: float
    """The 2.5 % quantile of ours."""
    median: float
    high: float
    """The 97.5 % quantile of ours."""
    inside: bool
    """Whether the published exponent lies in low .. high."""
    slope: float
    """The median of ours in nats per step."""
    zero: float
    """Share of ours that is exactly 0."""
    stopped: float
    """Share of ours whose distance passed the ceiling."""
    silent: float
    """Share of ours that ends with output 0 for every input, which is a loss of exactly 0.5."""


def compare(activation: str, points: int, seed: int) -> list[Row]:
    """Return one row a published learning rate, in float32 as published."""
    paper = json.loads((PUBLISHED / f"figure4_{activation}.json").read_text())
    rates = torch.tensor(paper["x"], dtype=torch.float64)
    one = xor.start(activation, points, seed)
    every = xor.Start(one.weights.repeat(len(rates), 1), one.noise.repeat(len(rates), 1, 1))
    outcome = xor.train(every, activation, rates.repeat_interleave(points), EPOCHS, torch.float32)
    shape = (len(rates), points)
    ends = torch.tensor(BAND, dtype=torch.float64)
    low, high = outcome.exponent.view(shape).nanquantile(ends, dim=1)
    published = torch.tensor(paper["y"], dtype=torch.float64)
    columns = (
        rates,
        published,
        low,
        outcome.exponent.view(shape).nanmedian(dim=1).values,
        high,
        (published >= low) & (published <= high),
        outcome.slope.view(shape).nanmedian(dim=1).values,
        (outcome.exponent.view(shape) == 0).double().mean(dim=1),
        (outcome.terms.view(shape) < EPOCHS - 1).double().mean(dim=1),
        (outcome.final.view(shape) == 0.5).double().mean(dim=1),
    )
    return [Row(activation, *values) for values in zip(*(column.tolist() for column in columns), strict=True)]


def draw(rows: list[Row], path: Path) -> None:
    """Draw a panel an activation: our band and median, the published points inside and outside of it."""
    with output.picture(path, 7.5, 8.0) as figure:
        for axes, activation in zip(figure.subplots(3, 1, sharex=True), xor.ACTIVATIONS, strict=True):
            mine = [row for row in rows if row.activation == activation]
            lr = [row.lr for row in mine]
            colour = output.COLOURS[activation]
            low, high = [row.low for row in mine], [row.high for row in mine]
            axes.fill_between(lr, low, high, color=colour, alpha=0.2, linewidth=0, label="our central 95 %")
            axes.plot(lr, [row.median for row in mine], color=colour, linewidth=1.2, label="our median")
            for inside, marker, label in ((True, "o", "published, inside"), (False, "X", "published, outside")):
                some = [(row.lr, row.published) for row in mine if row.inside == inside]
                face = "black" if inside else "crimson"
                axes.scatter(*zip(*some, strict=True), s=16, marker=marker, color=face, zorder=3, label=label)
            axes.axhline(0, color="grey", linewidth=0.6, zorder=0)
            axes.set_ylabel("λ$_{KW}$")
            axes.set_title(f"{activation}: {sum(row.inside for row in mine)} of {len(mine)} inside", loc="left")
        axes.set_xlabel("learning rate")
        figure.axes[0].legend(ncols=2, fontsize=8, frameon=False)


def main() -> None:
    """Write figure4.csv and the plots, and print how many published points our bands hold."""
    given = output.options(__doc__, points=400)
    rows = [row for activation in xor.ACTIVATIONS for row in compare(activation, given.points, given.seed)]
    output.table(given.out / "figure4.csv", rows)
    for activation in xor.ACTIVATIONS:
        mine = [row for row in rows if row.activation == activation]
        zeros = sum(row.published == 0 for row in mine)
        print(f"{activation:8} {sum(row.inside for row in mine)} of {len(mine)} inside, {zeros} published exactly 0")
    print(f"all      {sum(row.inside for row in rows)} of {len(rows)}, {sum(r.inside for r in rows) / len(rows):.1%}")
    if output.can_draw():
        draw(rows, given.out / "figure4")


if __name__ == "__main__":
    main()
