"""The largest exponent by a neighbour that runs beside the trajectory: a cross-check for smooth maps.

    d_t = |s'_t - s_t|,    ln d_T - ln d_0 = sum over renormalisations of ln(d / d_0), plus the last, partial growth

The neighbour is set back to distance d_0 whenever d leaves [d_0 LOWER, d_0 UPPER]: above, where
the map is no longer linear between the two, and below, where rounding swallows the distance. A
bound on one side alone measures a converging map wrongly: the neighbour ends on the trajectory.

Sources: G. Benettin, L. Galgani and J.-M. Strelcyn, Phys. Rev. A 14 (1976) 2338-2345; both bounds
as in ChaosTools.jl, `lyapunov`. A neighbour on the other side of a kink sees a derivative that
jumps: with ReLU and distances from 1e-4 to 1e-1, lambda_1 of an MLP errs by 0.002 to 0.2 per step, against at most
1e-5 of the float32 tangent. So the tangent is the estimator to trust.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor

from lyapscreen.exponents import maps, trees
from lyapscreen.exponents.tangent import Part, everything

Tree = TypeVar("Tree")

Advance = Callable[[Any, int], tuple[Any, Any]]
"""`advance(state, t) -> (state, info)` of a batched map."""

LOWER, UPPER = 0.5, 2.0
"""Distances, relative to the first, at which the neighbour is set back; wider bounds only add error at their ends."""


class Pair(NamedTuple):
    """A batch of states with one neighbour each."""

    state: Any
    neighbour: Any
    distance: Tensor
    """Distance d_0 that neighbours are set back to, [states]."""
    log_scale: Tensor
    """ln of all the factors divided out so far, [states], float64."""
    log_start: Tensor
    """ln of the measured part's distance at the start, [states], float64."""


def init(state: Any, vector: Any, part: Part = everything, distance: float | None = None) -> Pair:
    """Return the start: neighbours at `distance` along the tangent `vector`.

    Without one it is sqrt(eps)/4 * max(1, |s_0|), eps the rounding of the state's dtype. Rounding
    errs by about eps |s| / d a step and curvature by c d, alike at this distance for c = 16, which
    is what maps of size 1 have where they bend (a logistic map at r = 3.2: 40).
    """
    length = trees.norms(vector)
    first = trees.norms(maps.floating(state)).clamp(min=1.0) * math.sqrt(maps.rounding(state)) / 4
    d0 = first if distance is None else torch.full_like(first, distance)
    neighbour = _moved(state, trees.divided(vector, length / d0))
    apart = _between(state, neighbour)
    return Pair(state, neighbour, d0, torch.zeros_like(d0, dtype=torch.float64), _log(apart, part))


def step(run: Pair, advance: Advance, t: int) -> tuple[Pair, Any]:
    """Return the run after step t of the map, and what the map tells of that step."""
    state, info = advance(run.state, t)
    neighbour, _ = advance(run.neighbour, t)
    return _set_back(run._replace(state=state, neighbour=neighbour)), info


def growth(run: Pair, part: Part = everything) -> Tensor:
    """Return ln(d_T / d_0) of the measured part, [states], float64; -inf where the neighbour has merged.

    Divided by the number of steps this is the finite-time exponent, in nats per step.
    """
    return run.log_scale + _log(_between(run.state, run.neighbour), part) - run.log_start


def _set_back(run: Pair) -> Pair:
    apart = _between(run.state, run.neighbour)
    size = trees.norms(apart)
    ratio = size / run.distance
    # A distance of 0 or NaN stays what it is, and so does its growth.
    leaves = ((ratio < LOWER) & (ratio > 0)) | (ratio > UPPER)
    moved = _moved(run.state, trees.divided(apart, torch.where(leaves, ratio, torch.ones_like(ratio))))
    neighbour = _chosen(leaves, moved, run.neighbour)
    # What was divided out is read off the neighbour as it was rounded, so that the growth is the map's alone.
    done = torch.where(leaves, size / trees.norms(_between(run.state, neighbour)), torch.ones_like(size))
    return run._replace(neighbour=neighbour, log_scale=run.log_scale + done.double().log())


def _between(state: Tree, neighbour: Tree) -> Tree:
    def one(a: Tensor, b: Tensor) -> Tensor:
        return maps.flat(b - a) if a.is_floating_point() else maps.empty(a)

    result: Tree = trees.tree_map(one, state, neighbour)
    return result


def _moved(state: Tree, by: Tree) -> Tree:
    def one(a: Tensor, d: Tensor) -> Tensor:
        return a + d.reshape(a.shape) if a.is_floating_point() else a

    result: Tree = trees.tree_map(one, state, by)
    return result


def _chosen(where: Tensor, a: Tree, b: Tree) -> Tree:
    def one(x: Tensor, y: Tensor) -> Tensor:
        return torch.where(where.view(-1, *[1] * (x.dim() - 1)), x, y)

    result: Tree = trees.tree_map(one, a, b)
    return result


def _log(apart: Any, part: Part) -> Tensor:
    return trees.norms(part(apart)).double().log()
