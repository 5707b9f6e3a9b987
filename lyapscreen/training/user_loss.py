"""A loss function of the user's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

Loss = Callable[[Tensor, Tensor], Tensor]
"""`loss(outputs [rows, outputs], targets) -> scalar`, a mean over rows."""


@dataclass(frozen=True)
class MeanOf:
    """A loss; where it gives a number for each row or position (`reduction="none"`), their mean."""

    loss: Loss

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean."""
        found = self.loss(outputs, targets)
        return found.mean() if isinstance(found, Tensor) and found.dim() else found
