"""The largest exponent by the exact tangent of the map, renormalised at every step.

    v_{t+1} = DPhi_t(s_t) v_t,    ln|v_T| - ln|v_0| = sum_t ln|v_{t+1}| / |v_t|

Source: G. Benettin et al., Meccanica 15 (1980) 9-20. Written as init / step / growth over explicit
state: one loop, wherever it stands, drives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lyapscreen.exponents import trees

Push = Callable[[Any, Any, int], tuple[Any, Any, Any]]
"""`push(state, tangent, t) -> (state, tangent, info)` of a batched map."""

Part = Callable[[Any], Any]
"""Picks what of a tangent is measured; the rest is carried along."""


class Tangent(NamedTuple):
    """A batch of states with one tangent each."""

    state: Any
    vector: Any
    """Tangents, each scaled to norm 1 over the whole state."""
    log_scale: Tensor
    """ln of all the factors divided out so far, [candidates], float64."""
    log_start: Tensor
    """ln of the measured part's norm at the start, [candidates], float64."""


def everything(tangent: Any) -> Any:
    """Measure the whole tangent."""
    return tangent


def init(state: Any, vector: Any, part: Part = everything) -> Tangent:
    """Return the start: `vector` may have any length but zero in its measured part."""
    return _rescaled(Tangent(state, vector, torch.zeros(()), trees.norms(part(vector)).double().log()))


def step(run: Tangent, push: Push, t: int) -> tuple[Tangent, Any]:
    """Return the run after step t of the map, and what the map reports of that step."""
    state, vector, info = push(run.state, run.vector, t)
    return _rescaled(Tangent(state, vector, run.log_scale, run.log_start)), info


def growth(run: Tangent, part: Part = everything) -> Tensor:
    """Return ln(|v_T| / |v_0|) of the measured part, [candidates], float64; -inf where it has vanished.

    Divided by the number of steps this is the finite-time exponent, in nats per step.
    """
    return run.log_scale + trees.norms(part(run.vector)).double().log() - run.log_start


def _rescaled(run: Tangent) -> Tangent:
    # The scale is taken over the whole state: velocity may carry a perturbation through a step at
    # which the measured weights stand still. A tangent of norm 0 stays 0, and its growth is -inf.
    vector, scale = trees.normalised(run.vector)
    return run._replace(vector=vector, log_scale=run.log_scale + scale.double().log())
