"""Whether a module's values look like draws from a given distribution, judged by a few repeated draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from torch import Tensor

MOST = 10_000
"""Values that are compared of one tensor."""

LEVEL = 1e-9
"""Chance at which values that were drawn in the same way are taken for others."""

POOLED_LEVEL = 1e-12
"""The same where the reference's own scatter counts."""


NEAR = 1.01
"""Factor on an extreme within which a value is as far out: half precision has two to three digits."""


@dataclass(frozen=True)
class Difference:
    """A tensor whose values were drawn in another way."""

    name: str
    deviations: tuple[float, float]
    """Standard deviations of its values and of the draws'."""


@dataclass(frozen=True)
class _Compared:
    """One tensor against its draws, where these differ from each other."""

    values: np.ndarray
    """[n]"""
    draws: np.ndarray
    """[draws, n]"""

    @property
    def scores(self) -> float:
        """-2 sum ln u over values, u the share of draws nearer to their mean: chi-squared of 2n (R. A. Fisher)."""
        centre = self.draws.mean()
        near, far = np.sort(np.abs(self.draws - centre).ravel()), np.abs(self.values - centre)
        # Values of few digits are often equal: such a one counts as amid its equals.
        ranks = (np.searchsorted(near, far, "left") + np.searchsorted(near, far, "right")) / 2
        u = (ranks + 0.5) / (len(near) + 1)
        return float(-2 * np.log(u).sum())


def sample(values: Tensor) -> Tensor:
    """Return at most `MOST` of a tensor's values, evenly spread."""
    flat = values.detach().flatten()
    return flat[:: -(-flat.numel() // MOST) or 1].double().clone()


def difference(current: Mapping[str, Tensor], draws: Sequence[Mapping[str, Tensor]]) -> Difference | None:
    """Return the first tensor that was not drawn as `draws` were; None where all may have been.

    Values that every draw has alike have to be equal. The others are compared by the Kolmogorov-Smirnov test, by
    their extremes, by how far from their mean they lie, and by whether they vary at all; tensors too small for that
    are judged together.

    Args:
        current: values by name.
        draws: the same names, drawn a few times.

    """
    rest: dict[str, _Compared] = {}
    for name, tensor in current.items():
        values, drawn = tensor.numpy(), np.stack([draw[name].numpy() for draw in draws])
        found = Difference(name, (float(values.std()), float(drawn.std())))
        fixed = (drawn == drawn[0]).all(0)
        if (values[fixed] != drawn[0][fixed]).any():
            return found
        if not fixed.all():
            rest[name] = _Compared(values[~fixed], drawn[:, ~fixed])
            if _differs(rest[name]):
                return found
    if rest and _improbable(sum(one.scores for one in rest.values()), sum(len(one.values) for one in rest.values())):
        ratios = {name: abs(one.scores / len(one.values) - 2) for name, one in rest.items()}
        name = max(ratios, key=lambda key: ratios[key])
        return Difference(name, (float(rest[name].values.std()), float(rest[name].draws.std())))
    return None


def _differs(one: _Compared) -> bool:
    values, draws = one.values, one.draws
    if _repeated(values) and not _repeated(draws[0]):
        return True
    from scipy import stats  # a quarter of a second to import and 40 MiB in each worker, for finished modules alone

    if stats.ks_2samp(values, draws.ravel()[: 10 * MOST], method="asymp").pvalue < LEVEL:
        return True
    far, reach = np.abs(values - draws.mean()), np.abs(draws - draws.mean())
    beyond = int((far > NEAR * reach.max()).sum())
    # One value lies beyond all draws with probability 1 / (1 + their number a value).
    if beyond * np.log(1 + len(draws)) > -np.log(LEVEL):
        return True
    missing = int((reach > NEAR * far.max()).sum())
    if (missing - 4 * np.sqrt(missing)) / len(draws) > -np.log(LEVEL):
        return True
    return _improbable(one.scores, len(values))


def _repeated(values: np.ndarray) -> bool:
    """Tell whether one value is most of them; a single one counts if it is 0 or 1, as no draw is."""
    if len(values) == 1:
        return float(values[0]) in (0.0, 1.0)
    return bool(np.unique(values, return_counts=True)[1].max() > len(values) / 2)


def _improbable(score: float, count: int) -> bool:
    from scipy import stats

    return min(stats.chi2.sf(score, 2 * count), stats.chi2.cdf(score, 2 * count)) < POOLED_LEVEL
