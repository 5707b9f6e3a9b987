"""The exponents of any torch map, as a person asks for them.

lambda_1 = (1/T) sum_t ln |v_{t+1}| / |v_t|,    v_{t+1} = DPhi_t(s_t) v_t,    burn_in <= t < burn_in + T
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lyapscreen.exponents import checks, maps, trees
from lyapscreen.exponents.estimators import ESTIMATORS, SPECTRUM, Estimator, local_growths
from lyapscreen.exponents.maps import BatchedMap, StepOne
from lyapscreen.exponents.series import Summary, summarised, vanishing_marked


@dataclass(frozen=True, eq=False)  # arrays have no one answer to ==
class Exponent:
    """A Lyapunov exponent over a finite time, in nats per step.

    >>> import torch
    >>> found = largest_exponent(lambda x, t: 0.5 * x, torch.ones(1), 40)  # shrinks by ln 2 = 0.6931 at every step
    >>> round(found.value, 4), found.low <= found.value <= found.high, found.regime, found.local.shape, found.converged
    (-0.6931, True, 'converging', (40,), True)
    """

    value: float | None
    """Mean of `local`; -inf for a superstable map, None for one that diverged."""
    low: float | None
    """Low end of the 95 % interval; None with fewer than 20 steps, and where the value is not finite."""
    high: float | None
    """High end of the 95 % interval."""
    regime: str
    """converging: the interval lies below 0. chaotic: above 0. neutral: it contains 0. superstable: a tangent
    vanished. diverged: state or tangent became infinite or undefined. Without an interval the sign decides."""
    local: NDArray[np.float64]
    """Growth at each step after the burn-in, [steps]; of a map that diverged, at the steps before it did."""
    converged: bool | None
    """Whether the first and the second half agree (in 1 % of sound runs they do not); None without an interval."""

    def __float__(self) -> float:
        """Return the value.

        Raises:
            ValueError: the map diverged, and there is none.

        >>> import torch
        >>> round(float(largest_exponent(lambda x, t: 2 * x, torch.ones(1), 10)), 4)
        0.6931
        >>> float(largest_exponent(lambda x, t: x / 0, torch.ones(1), 10))
        Traceback (most recent call last):
        ...
        ValueError: a map that diverged has no exponent

        """
        if self.value is None:
            raise ValueError("a map that diverged has no exponent")
        return self.value


def largest_exponent(
    step: StepOne, state: Any, steps: int, *, burn_in: int = 0, estimator: str = "tangent", seed: int = 0
) -> Exponent:
    """Return the largest Lyapunov exponent of a map of one state.

    Args:
        step: `step(state, t) -> state`, in torch operations that torch.func can differentiate and batch
            (no branch on values; gradients by torch.func.grad), t counted from 0. Noise is drawn
            beforehand and looked up by t.
        state: any nesting of dicts, tuples and lists of tensors, of any shapes; floating ones are perturbed.
        steps: T, how many steps are measured.
        burn_in: steps done before, for the transient of the state and the alignment of the tangent.
        estimator: "tangent" (exact, the default) or "two-trajectory" (a cross-check for smooth maps).
        seed: fixes the direction the perturbation starts in.

    Raises:
        TypeError: `step` cannot be called, a number is not whole, `state` holds what is no tensor.
        ValueError: a number is out of its range, there is nothing to perturb, the estimator is
            unknown, or `step` returns another structure, shape or dtype than it was given.

    A factor per step that rounding hides (4 eps; for two trajectories 16 sqrt(eps)) counts as 0, if it
    returns in a twentieth of the steps: the map is superstable.
    Source: G. Benettin et al., Meccanica 15 (1980) 9-20; the interval: `lyapscreen.exponents.series`.

    >>> import torch
    >>> found = largest_exponent(lambda x, t: 3.2 * x * (1 - x), torch.tensor(0.3), 100, burn_in=100)
    >>> round(found.value, 3), found.regime  # two points in turn, the derivatives' product 0.16
    (-0.916, 'converging')
    >>> start = torch.tensor(0.3, dtype=torch.float64)
    >>> found = largest_exponent(lambda x, t: 4 * x * (1 - x), start, 1000)
    >>> abs(found.value - 0.6931) < 0.01, found.low < 0.6931 < found.high, found.regime  # ln 2
    (True, True, 'chaotic')

    """
    checks.state("state", state)
    one = trees.tree_map(lambda leaf: leaf[None], state)
    return largest_exponents(step, one, steps, burn_in=burn_in, estimator=estimator, seed=seed)[0]


def largest_exponents(
    step: StepOne, states: Any, steps: int, *, burn_in: int = 0, estimator: str = "tangent", seed: int = 0
) -> list[Exponent]:
    """Return the largest exponent from each of a batch of starting states, all run at once.

    As `largest_exponent` for each, with the states along the first axis of every tensor; one that
    diverges leaves the others alone.

    Raises:
        TypeError, ValueError: as `largest_exponent`; and the tensors' first axes differ.

    >>> import torch
    >>> rates = torch.tensor([2.0, 2.5, 4.5])
    >>> def logistic(state, t):
    ...     r = rates[state["which"]]
    ...     return {"which": state["which"], "x": r * state["x"] * (1 - state["x"])}
    >>> starts = {"which": torch.arange(3), "x": torch.full((3,), 0.3)}
    >>> for found in largest_exponents(logistic, starts, 50, burn_in=50):
    ...     print(found.regime, found.value and round(found.value, 4))
    superstable -inf
    converging -0.6931
    diverged None

    """
    checks.states(states)
    checks.choice("estimator", estimator, ESTIMATORS)
    local = _measured(ESTIMATORS[estimator], step, states, 1, steps, burn_in, seed)
    return _exponents(local, ESTIMATORS[estimator].resolution(maps.rounding(states)))


def spectrum(step: StepOne, state: Any, steps: int, k: int = 2, *, burn_in: int = 0, seed: int = 0) -> list[Exponent]:
    """Return the k leading exponents of a map of one state, largest first.

    exponent_j = (1/T) sum_t ln |R_t|_jj, R_t of the QR decomposition of the k tangents after step t, in
    nats per step; -inf where the map flattens a direction. Otherwise as `largest_exponent`.

    Raises:
        TypeError, ValueError: as `largest_exponent`; and k is not between 1 and the number of
            floating numbers in the state.

    Source: G. Benettin et al., Meccanica 15 (1980) 9-30.

    >>> import torch
    >>> factors = torch.tensor([0.8, 1.1])
    >>> [round(found.value, 4) for found in spectrum(lambda x, t: factors * x, torch.ones(2), 50, burn_in=100)]
    [0.0953, -0.2231]

    """
    checks.state("state", state)
    checks.whole("k", k, least=1)
    one = trees.tree_map(lambda leaf: leaf[None], state)
    if k > maps.dimension(one):
        raise ValueError(
            f"k={k}: the state has {maps.dimension(one)} floating-point numbers, and no more exponents than that"
        )
    local = _measured(SPECTRUM, step, one, k, steps, burn_in, seed)
    found = _exponents(local[0].T, SPECTRUM.resolution(maps.rounding(one)))
    return sorted(found, key=lambda exponent: -np.inf if exponent.value is None else exponent.value, reverse=True)


def _measured(
    estimator: Estimator, step: StepOne, states: Any, k: int, steps: int, burn_in: int, seed: int
) -> NDArray[np.float64]:
    """Return the local growths after the burn-in, [states, steps] or [states, steps, k]."""
    checks.whole("steps", steps, least=1)
    checks.whole("burn_in", burn_in, least=0)
    checks.whole("seed", seed, least=0)
    checks.step(step, states)
    # The map is given copies: a step that works in place must not change what the caller holds.
    start = trees.tree_map(lambda leaf: leaf.detach().clone(), states)
    tangents = maps.directions(start, seed, k)
    local = local_growths(estimator, BatchedMap(step), start, tangents, burn_in + steps)
    return local[:, burn_in:].cpu().numpy()


def _exponents(local: NDArray[np.float64], resolution: float) -> list[Exponent]:
    marked = vanishing_marked(local, resolution)
    summary = summarised(marked, resolution)
    return [_exponent(row, summary, i) for i, row in enumerate(marked)]


def _exponent(local: NDArray[np.float64], summary: Summary, i: int) -> Exponent:
    value, half = float(summary.value[i]), float(summary.half[i])
    if np.isnan(value):
        before = local[: int(np.argmax(np.isnan(local)))]
        return Exponent(None, None, None, "diverged", before, None)
    if np.isinf(value):
        return Exponent(value, None, None, "superstable", local, None)
    if np.isnan(half):
        return Exponent(value, None, None, _regime(value, value), local, None)
    low, high = value - half, value + half
    return Exponent(value, low, high, _regime(low, high), local, bool(summary.settled[i]))


def _regime(low: float, high: float) -> str:
    return "converging" if high < 0 else "chaotic" if low > 0 else "neutral"
