"""Distance, loss and exponent over the epochs at a few learning rates, the median of many starting points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import output
import torch
import xor
from torch import Tensor

from lyapscreen.exponents import kantz_wolf

RATES = (0.01, 0.4098, 2.009, 10.005, 19.6002)
"""Five of Figure 4's, its smallest and its largest among them."""

EPOCHS = 1000

LINES = ("#9ecae1", "#4292c6", "#08519c", "#000000", "#d55e00")
"""Paler to darker as the learning rate rises, the largest stands out."""


@dataclass(frozen=True)
class Row:
    """One activation and learning rate after so many epochs; medians over the starting points."""

    activation: str
    lr: float
    epoch: int
    distance: float
    """Mean distance to the reference; infinite once half of the trainings have overflowed."""
    loss: float
    """The reference's, before the epoch's step; infinite once half of the trainings have overflowed."""
    exponent: float
    """lambda_KW over the epochs so far; undefined after the first."""
    slope: float
    """The same in nats per step."""


def follow(activation: str, lr: float, points: int, epochs: int, seed: int) -> list[Row]:
    """Return rows at every epoch up to ten and ever sparser ones from there, in float32."""
    begin = xor.start(activation, points, seed)
    shown = sparse(epochs)
    rows = []
    run_of = xor.trajectory(begin, activation, torch.full((points,), lr), epochs, torch.float32)
    for epoch, (run, loss) in enumerate(run_of, 1):
        if epoch in shown:
            found = kantz_wolf.finish(run)
            exponent, slope = (float(x.nanmedian()) for x in (found.value, found.slope))
            rows.append(Row(activation, lr, epoch, middle(run.distance), middle(loss), exponent, slope))
    return rows


def sparse(epochs: int) -> set[int]:
    """Return epochs that are even on a logarithmic axis, twenty a decade, the first ten and the last among them.

    >>> sorted(sparse(14))
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14]
    """
    return {*range(1, 11), *(round(10 ** (i / 20)) for i in range(20, 200)), epochs} & set(range(1, epochs + 1))


def middle(values: Tensor) -> float:
    """Return the median, a training that overflowed (not a number, or infinite) counted as infinitely large."""
    return float(values.nan_to_num(nan=torch.inf, posinf=torch.inf).median())


def draw(rows: list[Row], path: Path) -> None:
    """Draw distance, loss and exponent one above the other, activations side by side, a line a learning rate."""
    with output.picture(path, 9.0, 7.0) as figure:
        grid = figure.subplots(3, len(xor.ACTIVATIONS), sharex=True, sharey="row")
        for column, activation in zip(grid.T, xor.ACTIVATIONS, strict=True):
            for i, lr in enumerate(RATES):
                mine = [row for row in rows if (row.activation, row.lr) == (activation, lr)]
                epoch = [row.epoch for row in mine]
                style = {"color": LINES[i], "linewidth": 1.4, "label": f"lr {lr:g}"}
                column[0].plot(epoch, [within(row.distance, kantz_wolf.CEILING) for row in mine], **style)
                column[1].plot(epoch, [within(row.loss, 1.0) for row in mine], **style)
                column[2].plot(epoch, [row.exponent for row in mine], **style)
            column[0].set(title=activation, xscale="log", yscale="log")
            column[2].set(xlabel="epoch")
        for axes, name in zip(grid[:, 0], ("distance", "loss", "λ$_{KW}$ so far"), strict=True):
            axes.set_ylabel(name)
        grid[0, -1].legend(fontsize=8, frameon=False)


def within(value: float, limit: float) -> float:
    """Return the value, or not a number (which ends a line) where it is beyond the limit."""
    return value if value <= limit else float("nan")


def main() -> None:
    """Write epochs.csv and the plots, and print where the trainings end."""
    given = output.options(__doc__, points=200)
    rows = [
        row
        for activation in xor.ACTIVATIONS
        for lr in RATES
        for row in follow(activation, lr, given.points, EPOCHS, given.seed)
    ]
    output.table(given.out / "epochs.csv", rows)
    print("activation      lr  epoch   distance      loss  exponent     slope")
    for row in rows:
        if row.epoch in (5, 100, EPOCHS):
            numbers = f"{row.distance:10.3g} {row.loss:9.3g} {row.exponent:9.3g} {row.slope:9.2g}"
            print(f"{row.activation:10} {row.lr:7.4f} {row.epoch:6} {numbers}")
    if output.can_draw():
        draw(rows, given.out / "epochs")


if __name__ == "__main__":
    main()
