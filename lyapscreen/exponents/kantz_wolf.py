"""The paper's exponent: how far neighbours have drifted from their reference, over the whole run.

    d_t = 1/N sum_i |s_t^i - s_t^0|,    lambda_KW = 1/n sum_{t=1..n} ln(d_t / d_0)

The N trajectories count the reference itself, at distance 0, and d_0 is taken after the first step, so
that n + 1 steps give n terms. lambda_KW is not divided by time: where distances grow by a factor a each
step it is (n+1)/2 ln a. Beside it stands the slope, in nats per step, of the least-squares line through
all points (t, ln d_t), t = 0 .. n: there it is ln a.

The map sees the neighbours of all candidates as one batch of candidates * N rows, candidate-major: rows
c*N .. c*N + N-1 are candidate c's, the first of them its reference.

Source: T. Mittra, arXiv 2410.05988. Written as init / step / finish over explicit state: one loop,
wherever it stands, drives it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from lyapscreen.exponents import trees

Tree = TypeVar("Tree")

Map = Callable[[Any, int], tuple[Any, Any]]
"""`advance(states, t) -> (states, info)` of a batch of rows."""

Part = Callable[[Any], Any]
"""Picks what of the states distances are measured in; the rest is carried along."""

MEMBERS = 25
"""The paper's N: a reference and 24 neighbours."""

STD = 1e-4
"""The paper's standard deviation of a neighbour about its reference, in every coordinate."""

CEILING = 1e9
"""The paper's sums stop where the distance passes this: its Figure 4 cannot be had otherwise."""


class Cloud(NamedTuple):
    """A batch of references, each among its neighbours, and the sums over the distances seen so far."""

    state: Any
    """States [candidates, N, ...], the reference first."""
    distance: Tensor
    """d_t after the last step [candidates], float64; NaN before the first."""
    log_first: Tensor
    """ln d_0 [candidates], float64; NaN before the first step."""
    running: Tensor
    """Whether the sums still run [candidates]: no longer once the distance has passed the ceiling."""
    last: Tensor
    """The t of the last distance taken [candidates]: 0 stands for d_0, -1 for none."""
    total: Tensor
    """sum_t ln(d_t / d_0) [candidates], float64."""
    moment: Tensor
    """sum_t t ln(d_t / d_0) [candidates], float64."""


@dataclass(frozen=True)
class KantzWolf:
    """The estimates of a batch: NaN where undefined, -inf where all neighbours have merged with their reference."""

    value: Tensor
    """lambda_KW [candidates], float64; not divided by time."""
    slope: Tensor
    """Least-squares slope of ln d_t against t [candidates], float64, in nats per step."""
    terms: Tensor
    """n, the terms of the sum [candidates]: less than steps - 1 where the distance passed the ceiling."""


def everything(state: Any) -> Any:
    """Measure distances in the whole state."""
    return state


def noise(reference: Tree, seeds: Sequence[int], members: int = MEMBERS) -> Tree:
    """Return standard normal numbers [candidates, N-1, ...] for the neighbours of `reference` [candidates, ...].

    One seed a candidate: equal seeds draw equal numbers, whatever else is in the batch.
    """

    def room(leaf: Tensor) -> Tensor:
        return leaf[:1].expand(members - 1, *leaf.shape[1:])

    drawn: Tree = trees.drawn_each(trees.tree_map(room, reference), seeds)
    return drawn


def neighbours(reference: Tree, drawn: Tree, std: float = STD) -> Tree:
    """Return each reference followed by its neighbours, reference + std * drawn, as rows [candidates * N, ...]."""

    def one(centre: Tensor, by: Tensor) -> Tensor:
        return torch.cat([centre[:, None], centre[:, None] + std * by], dim=1).flatten(0, 1)

    rows: Tree = trees.tree_map(one, reference, drawn)
    return rows


def init(states: Any, members: int = MEMBERS) -> Cloud:
    """Return the start from rows [candidates * N, ...] that are candidate-major, each reference first."""
    apart = _apart(states, members)
    first: Tensor = trees.tree_leaves(apart)[0]
    zero = torch.zeros(len(first), dtype=torch.float64, device=first.device)
    unknown = torch.full_like(zero, torch.nan)
    running = torch.ones_like(zero, dtype=torch.bool)
    return Cloud(apart, unknown, unknown, running, torch.full_like(zero, -1, dtype=torch.int64), zero, zero)


def step(run: Cloud, advance: Map, t: int, part: Part = everything, ceiling: float = CEILING) -> tuple[Cloud, Any]:
    """Return the run after step t of the map, and what the map reports of that step, row by row.

    An infinite distance has passed every ceiling. A distance that is not a number while its sum runs
    makes the estimate undefined for good, as does d_0 = 0.
    """
    rows, info = advance(_together(run.state), t)
    state = _apart(rows, trees.tree_leaves(run.state)[0].shape[1])
    distance = _distance(part(state))
    # NaN compares false, so it does not stop a sum here but goes on to poison it.
    running = run.running & ~(torch.isinf(distance) | (distance > ceiling))
    log = distance.log()
    log_first = torch.where(run.last >= 0, run.log_first, log)
    last = run.last + running
    # The first step's own rise is 0, and NaN where d_0 = 0: -inf less itself.
    rise = torch.where(running, log - log_first, 0.0)
    return Cloud(state, distance, log_first, running, last, run.total + rise, run.moment + last * rise), info


def finish(run: Cloud) -> KantzWolf:
    """Return the estimates over the steps so far; two steps are the fewest that define one."""
    n = run.last.clamp(min=0).double()
    # Without a term both quotients are 0/0, not a number.
    value = run.total / n
    # The least-squares slope through t = 0 .. n, whose sum of squares about the mean is n (n+1) (n+2) / 12.
    slope = 12 * (run.moment - n / 2 * run.total) / (n * (n + 1) * (n + 2))
    return KantzWolf(value, torch.where(torch.isneginf(value), value, slope), run.last.clamp(min=0))


def _distance(state: Any) -> Tensor:
    """Return d, the mean over N of the distances to the reference [candidates], float64."""

    # Differences are as exact as the map's dtype has them; their squares would overflow in float32.
    def squares(leaf: Tensor) -> Tensor:
        return (leaf - leaf[:, :1]).double().square().reshape(*leaf.shape[:2], -1).sum(dim=2)

    return torch.stack([squares(leaf) for leaf in trees.tree_leaves(state)]).sum(dim=0).sqrt().mean(dim=1)


def _together(tree: Tree) -> Tree:
    """Fold [candidates, N, ...] into the rows [candidates * N, ...] that the map takes."""
    rows: Tree = trees.tree_map(lambda leaf: leaf.flatten(0, 1), tree)
    return rows


def _apart(tree: Tree, members: int) -> Tree:
    """Unfold the map's rows [candidates * N, ...] into [candidates, N, ...]."""
    apart: Tree = trees.tree_map(lambda leaf: leaf.unflatten(0, (-1, members)), tree)
    return apart
