"""Figure 5 of arXiv 2410.05988: the exponent against the final loss of 10,000 starting points of like initial loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import output
import torch
import xor
from torch import Tensor

LR = 0.001
EPOCHS = 5
BAND = (0.45, 0.55)
"""Of the initial losses' quantiles: starting points of nearly one initial loss."""
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Summary:
    """One activation in one precision."""

    activation: str
    dtype: str
    points: int
    mean: float
    """Of the exponent over all starting points."""
    in_band: int
    correlation: float
    """Of exponent and final loss in the band."""
    low: float
    high: float
    """The correlation's 95 % interval, by Fisher's z."""
    slope: float
    intercept: float
    """exponent = slope * final loss + intercept, least squares in the band."""
    given_initial: float
    """The partial correlation: what is left of the correlation once both are freed of the initial loss."""
    given_low: float
    given_high: float


@dataclass(frozen=True)
class Point:
    """A starting point in the band."""

    activation: str
    dtype: str
    initial_loss: float
    final_loss: float
    exponent: float


def measure(activation: str, points: int, seed: int) -> list[tuple[Summary, list[Point]]]:
    """Return the numbers of float32 and float64, for the same starting points and neighbours."""
    begin = xor.start(activation, points, seed)
    initial = xor.losses(begin.weights, activation)
    low, high = initial.quantile(torch.tensor(BAND, dtype=torch.float64))
    band = (initial >= low) & (initial <= high)
    found = []
    for name, dtype in DTYPES.items():
        outcome = xor.train(begin, activation, torch.full((points,), LR, dtype=torch.float64), EPOCHS, dtype)
        columns = (initial[band], outcome.final[band], outcome.exponent[band])
        summary = Summary(
            activation, name, points, float(outcome.exponent.mean()), int(band.sum()), *correlations(*columns)
        )
        rows = zip(*(column.tolist() for column in columns), strict=True)
        found.append((summary, [Point(activation, name, *row) for row in rows]))
    return found


def correlations(initial: Tensor, final: Tensor, exponent: Tensor) -> tuple[float, ...]:
    """Return a Summary's fields from `correlation` on."""
    n = len(exponent)
    r = correlation(exponent, final)
    slope = r * float(exponent.std() / final.std())
    partial = correlation(freed(exponent, initial), freed(final, initial))
    intercept = float(exponent.mean()) - slope * float(final.mean())
    return r, *fisher_interval(r, n), slope, intercept, partial, *fisher_interval(partial, n - 1)


def correlation(x: Tensor, y: Tensor) -> float:
    """Return Pearson's correlation of two columns."""
    return float(torch.corrcoef(torch.stack([x, y]))[0, 1])


def freed(x: Tensor, of: Tensor) -> Tensor:
    """Return what the least-squares line in `of` leaves of x."""
    centred = of - of.mean()
    return x - x.mean() - (centred @ x) / (centred @ centred) * centred


def fisher_interval(r: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a correlation r of n pairs.

    tanh(atanh r -+ 1.96 / sqrt(n - 3)): R. A. Fisher, Metron 1 (1921) 3-32. For a partial correlation
    given one variable n counts one less. Fewer than four pairs have none: it is not a number.

    >>> tuple(round(end, 3) for end in fisher_interval(0.5, 28))
    (0.156, 0.736)
    """
    if n < 4:
        return math.nan, math.nan
    half = NormalDist().inv_cdf(0.975) / math.sqrt(n - 3)
    return math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)


def draw(found: list[tuple[Summary, list[Point]]], path: Path) -> None:
    """Draw the band's points with the regression line: activations side by side, precisions one above the other."""
    with output.picture(path, 9.0, 5.6) as figure:
        grid = figure.subplots(len(DTYPES), len(xor.ACTIVATIONS), sharex="col", sharey="col")
        for axes, (summary, points) in zip(grid.T.flat, found, strict=True):
            low, high = shown(found, summary.activation)
            beyond = sum(not low <= point.exponent <= high for point in points)
            colour = output.COLOURS[summary.activation]
            loss, exponent = [p.final_loss for p in points], [p.exponent for p in points]
            # A thousand dots as vectors would make the file a hundred times as large.
            axes.scatter(loss, exponent, s=5, color=colour, alpha=0.5, linewidths=0, rasterized=True)
            ends = [min(loss), max(loss)]
            axes.plot(ends, [summary.slope * x + summary.intercept for x in ends], color="black", linewidth=1.4)
            r = f"r = {summary.correlation:.2f}, 95 % {summary.low:.2f} to {summary.high:.2f}"
            axes.set_title(f"{summary.activation}, {summary.dtype}\n{r}", loc="left", fontsize=9)
            axes.ticklabel_format(axis="y", scilimits=(-2, 2))
            axes.locator_params(axis="x", nbins=4)
            axes.set_ylim(low, high)
            if beyond:
                axes.annotate(
                    f"{beyond} beyond", (1, 0), (-2, 3), "axes fraction", "offset points", ha="right", fontsize=8
                )
        for axes in grid[-1]:
            axes.set_xlabel("loss after 5 epochs")
        for axes in grid[:, 0]:
            axes.set_ylabel("λ$_{KW}$")


def shown(found: list[tuple[Summary, list[Point]]], activation: str) -> tuple[float, float]:
    """Return a range of exponents that holds nearly all points: a few stray ones would flatten the rest to a line."""
    all_of_it = [point.exponent for summary, points in found if summary.activation == activation for point in points]
    low, high = torch.tensor(all_of_it).quantile(torch.tensor([0.005, 0.995])).tolist()
    return low - 0.2 * (high - low), high + 0.2 * (high - low)


def main() -> None:
    """Write figure5.csv, figure5_points.csv and the plots, and print the correlations."""
    given = output.options(__doc__, points=10_000)
    found = [pair for activation in xor.ACTIVATIONS for pair in measure(activation, given.points, given.seed)]
    output.table(given.out / "figure5.csv", [summary for summary, _ in found])
    output.table(given.out / "figure5_points.csv", [point for _, points in found for point in points])
    print("activation dtype    mean exponent   correlation [95 %]    given initial loss [95 %]")
    for s, _ in found:
        mine = f"{s.correlation:6.3f} [{s.low:6.3f}, {s.high:6.3f}]"
        given_initial = f"{s.given_initial:6.3f} [{s.given_low:6.3f}, {s.given_high:6.3f}]"
        print(f"{s.activation:10} {s.dtype} {s.mean:13.3e}   {mine}  {given_initial}")
    if output.can_draw():
        draw(found, given.out / "figure5")


if __name__ == "__main__":
    main()
