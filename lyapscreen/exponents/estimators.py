"""Every estimator of the largest exponent by its name, and the one loop that drives them all."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lyapscreen.exponents import maps, spectrum, tangent, trees, two_trajectory
from lyapscreen.exponents.maps import Map
from lyapscreen.exponents.tangent import Part, everything


@dataclass(frozen=True)
class Estimator:
    """An estimator as init / step / growth over explicit state; a run has its states as `.state`."""

    init: Callable[[Any, Any, Part], Any]
    """`init(states, tangents, part) -> run`; tangents are [k, states, ...] in every tensor."""
    step: Callable[[Any, Map, int], tuple[Any, Any]]
    """`step(run, map, t) -> (run, what the map reports of that step)`."""
    growth: Callable[[Any, Part], Tensor]
    """`growth(run, part)` -> ln of the growth so far, [states] or [states, k], float64."""
    resolution: Callable[[float], float]
    """Error of a growth factor, at a relative rounding of the state; no interval is narrower."""


# A derivative and the log of a norm are known to a few roundings.
_tangent = Estimator(
    lambda states, tangents, part: tangent.init(states, _first(tangents), part),
    lambda run, of, t: tangent.step(run, of.push, t),
    tangent.growth,
    lambda rounding: 4 * rounding,
)

# Rounding and curvature each err by 4 sqrt(rounding) at its distance, by more where a map bends more.
_two_trajectory = Estimator(
    lambda states, tangents, part: two_trajectory.init(states, _first(tangents), part),
    lambda run, of, t: two_trajectory.step(run, of.step, t),
    two_trajectory.growth,
    lambda rounding: 16 * math.sqrt(rounding),
)

# Its growths stay in the order of the decomposition: sorted at every step they would jump where two cross.
SPECTRUM = Estimator(
    lambda states, tangents, _: spectrum.init(states, tangents),
    lambda run, of, t: spectrum.step(run, of.push, t),
    lambda run, _: run.logs,
    lambda rounding: 4 * rounding,
)
"""The k leading exponents at once."""

ESTIMATORS = {"tangent": _tangent, "two-trajectory": _two_trajectory}
"""By the name `estimator=` takes."""


def local_growths(
    estimator: Estimator, of: Map, states: Any, tangents: Any, steps: int, part: Part = everything
) -> Tensor:
    """Return the growth at every step, [states, steps] or [states, steps, k], float64.

    -inf from the step on at which the tangent vanishes, NaN from the one on at which state or
    tangent is no longer finite.
    """
    with torch.no_grad():
        run = estimator.init(states, tangents, part)
        growths, finite = [estimator.growth(run, part)], [maps.all_finite(run.state)]
        for t in range(steps):
            run, _ = estimator.step(run, of, t)
            growths.append(estimator.growth(run, part))
            finite.append(maps.all_finite(run.state))
    return _local(torch.stack(growths, dim=1), torch.stack(finite, dim=1))


def _local(growths: Tensor, finite: Tensor) -> Tensor:
    """Return the differences of ln growth [states, 1 + steps, ...], with what is not finite marked for good."""
    wide = finite.view(*finite.shape, *[1] * (growths.dim() - 2))
    sound = (wide & ~growths.isnan() & ~growths.isposinf()).cumprod(dim=1).bool()[:, 1:]
    vanished = growths.isneginf()[:, 1:]
    local = torch.where(vanished, growths[:, 1:], growths.diff(dim=1))
    return torch.where(sound, local, torch.full_like(local, torch.nan))


def _first(tangents: Any) -> Any:
    return trees.tree_map(lambda leaf: leaf[0], tangents)
