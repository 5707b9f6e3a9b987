"""How a probe ends, by what its numbers say: diverged, dead, chaotic, stalled or converging, tested in this order."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lyapscreen.results.records import STALLED_ABOVE, Regime

FLOOR = 1e-6
"""Residual and loss ratios below this count as this: further shrinking is rounding."""

DIVERGED_AT = 1000.0
"""A loss beyond this many times its start has diverged."""

DEAD_SPREAD = 1e-6
"""Outputs that spread by at most this, relative to 1 + |mean|, no longer depend on the input."""


class HeldOutMetrics(NamedTuple):
    """What the held-out part says of a batch of candidates; tensors are [candidates]."""

    loss: Tensor
    score: Tensor
    residual: Tensor
    """||e||, the Frobenius norm of the loss's derivative by the outputs."""
    dead: Tensor
    """Whether every output is the same whatever the input."""


def has_diverged(loss: Tensor, start: HeldOutMetrics) -> Tensor:
    """Tell which candidates' losses [candidates] have diverged: non-finite, or a thousand times their start's size.

    Non-finite is asked first, since every comparison with a NaN is false.
    """
    return ~torch.isfinite(loss) | (loss > DIVERGED_AT * start.loss.abs().clamp(min=FLOOR))


def is_dead(outputs: Tensor) -> Tensor:
    """Tell which candidates' outputs [candidates, rows, ...] no longer depend on the input, [candidates]."""
    size = 1 + outputs.mean(1).abs()
    spread = outputs.amax(1) - outputs.amin(1)
    return (spread <= DEAD_SPREAD * size).flatten(1).all(1)


def regime_of(growth: float, progress: float, ln_max_growth: float, *, dead: bool) -> Regime:
    """Return the regime of a probe that has not diverged.

    Args:
        growth: T lambda_1; from ln_max_growth on it is chaotic.
        progress: T lambda_perp; above -0.05 it is stalled, not five percent better than the best constant.
        ln_max_growth: logarithm of the growth allowed.
        dead: whether the outputs depend on the input no more.

    """
    if dead:
        return Regime.DEAD
    if growth >= ln_max_growth:
        return Regime.CHAOTIC
    return Regime.STALLED if progress > STALLED_ABOVE else Regime.CONVERGING
