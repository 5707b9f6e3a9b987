"""What is minimised and how well it is done: loss, residual, score and the best constant, by task."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import grad
from torch.nn import functional as F  # noqa: N812  its customary name


@dataclass(frozen=True)
class Objective:
    """A task's loss with all that is read off it; outputs are [rows, outputs]."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """Mean loss over rows."""
    constant: Callable[[Tensor], float]
    """The lowest mean loss any constant prediction reaches on these targets."""
    score: Callable[[Tensor, Tensor], Tensor]
    """What people read: accuracy or R2, over rows."""
    score_name: str

    def residual(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return ||e||, e_i = d loss_i / d output_i over all rows (Frobenius norm, a scalar).

        Softmax minus one-hot for cross-entropy, twice output minus target for the squared error.
        """
        rows = outputs.shape[-2]
        e: Tensor = grad(lambda o: self.loss(o, targets) * rows)(outputs)
        norm: Tensor = torch.linalg.vector_norm(e)
        return norm


def _entropy(targets: Tensor) -> float:
    """Cross-entropy of predicting the targets' own class frequencies."""
    shares = torch.bincount(targets).double() / len(targets)
    return float(torch.special.entr(shares).sum())


def _variance(targets: Tensor) -> float:
    """Mean squared error of predicting the targets' own mean."""
    return float(targets.double().var(correction=0))


def _accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.argmax(-1) == targets).double().mean()


def _r2(outputs: Tensor, targets: Tensor) -> Tensor:
    return 1 - (outputs - targets).square().mean() / targets.var(correction=0)


OBJECTIVES = {
    "classification": Objective(F.cross_entropy, _entropy, _accuracy, "accuracy"),
    "regression": Objective(F.mse_loss, _variance, _r2, "R2"),
}
"""By task."""
