"""What is minimised and how well it is done: loss, residual, score and the best constant, by task and name."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  its customary name

from lyapscreen.errors import SettingError
from lyapscreen.training import positions
from lyapscreen.training.user_loss import Loss, MeanOf

POSITIONS = "classification of positions"
"""The task where each row has a class at every position, as messages call it."""


def _as_they_are(targets: Tensor, _: int) -> Tensor:
    return targets


def _one_hot(targets: Tensor, classes: int) -> Tensor:
    return F.one_hot(targets, classes).to(torch.get_default_dtype())


def _as_column(targets: Tensor, _: int) -> Tensor:
    return targets[:, None].to(torch.get_default_dtype())


@dataclass(frozen=True)
class Objective:
    """A task's loss with all that is read off it."""

    loss: Loss
    score: Callable[[Tensor, Tensor], Tensor]
    """What people read, accuracy or R2, of stacked outputs [candidates, rows, outputs]: [candidates], float64."""
    score_name: str
    of_rows: Callable[[Tensor, Tensor], Tensor] | None = None
    """The loss of every row [candidates, rows] of stacked outputs; None where its mean alone is known: a user's."""
    constant: Callable[[Tensor], float] | None = None
    """The lowest mean loss any constant prediction reaches on these targets; None finds it numerically."""
    targets: Callable[[Tensor, int], Tensor] = field(default=_as_they_are)
    """The data's targets and number of classes as the targets this loss takes."""
    outputs: int | None = None
    """Outputs of the model; None is one a class, or one for regression."""
    has_constant: bool = True
    """Whether a constant prediction is one vector of outputs for all rows, so that the best can be found."""

    def losses(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return the mean losses [candidates] of stacked outputs [candidates, rows, outputs]."""
        if self.of_rows is not None:
            return self.of_rows(outputs, targets).mean(1)
        # A user's loss may be one that torch cannot batch.
        return torch.stack([self.loss(of_one, targets) for of_one in outputs])

    def residuals(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Return ||e|| [candidates], e_i = d loss_i / d output_i over all rows (Frobenius norm).

        Softmax minus one-hot for cross-entropy, twice output minus target for the squared error; any
        differentiable loss has one.

        Args:
            outputs: stacked, [candidates, rows, outputs].
            targets: the rows' targets, the same for every candidate.

        """
        # Candidates share nothing, nor do rows where the loss is known of each, so that one backward pass of the sum
        # serves them all.
        with torch.enable_grad():
            leaf = outputs.detach().requires_grad_()
            if self.of_rows is not None:
                whole = self.of_rows(leaf, targets).sum()
            else:
                whole = self.losses(leaf, targets).sum() * outputs.shape[1]
            (e,) = torch.autograd.grad(whole, leaf)
        norms: Tensor = torch.linalg.vector_norm(e.flatten(1), dim=1)
        return norms

    def reference(self, targets: Tensor, n_outputs: int) -> float | None:
        """Return L_ref, the loss of the best constant prediction; None where it is no scale to measure by.

        That is so when it is not positive or not finite: the loss has no natural floor at 0. A user's loss over
        positions has none either, for it alone knows which of its outputs belong to one position.
        """
        if not self.has_constant:
            return None
        found = self.constant(targets) if self.constant else _best_constant(self.loss, targets, n_outputs)
        return found if math.isfinite(found) and found > 0 else None


def objective(name: str | Loss, task: str, n_classes: int) -> Objective:
    """Return the objective of a loss under a task.

    Args:
        name: `auto`, `cross-entropy`, `mse`, `huber`, `bce`, or a function of outputs and targets.
        task: of the data set, or `POSITIONS`.
        n_classes: number of classes, for classification.

    Raises:
        SettingError: the loss does not fit the task, or has weights of its own.

    """
    found = _OF_TASK[task]
    if isinstance(name, nn.Module) and any(weight.requires_grad for weight in name.parameters()):
        rule = "it has weights of its own, which would never be trained"
        raise SettingError("loss", type(name).__name__, rule, "Freeze them, or leave them out")
    if callable(name):
        default = found["auto"]
        return Objective(MeanOf(name), default.score, default.score_name, has_constant=task != POSITIONS)
    if name not in found:
        fix = f"For {task} there are {', '.join(found)}, or FILE.py:loss"
        raise SettingError("loss", name, f"it does not fit the task, {task}", fix)
    if name == "bce" and task == "classification" and n_classes != 2:
        raise SettingError("loss", name, f"it needs two classes, but the data has {n_classes}", "Use cross-entropy")
    return found[name]


def _entropy(targets: Tensor) -> float:
    """Cross-entropy of predicting the targets' own class frequencies."""
    shares = torch.bincount(targets).double() / len(targets)
    return float(torch.special.entr(shares).sum())


def _binary_entropy(targets: Tensor) -> float:
    return _entropy(targets.long().flatten())


def _entropy_of_labels(targets: Tensor) -> float:
    """Mean over labels of the cross-entropy of predicting how often each is set."""
    shares = targets.double().mean(dim=0)
    return float((torch.special.entr(shares) + torch.special.entr(1 - shares)).mean())


def _variance(targets: Tensor) -> float:
    """Mean squared error of predicting the targets' own mean."""
    return float(targets.double().var(dim=0, correction=0).mean())


def _best_constant(loss: Loss, targets: Tensor, n_outputs: int) -> float:
    """Minimise the loss over one output vector for all rows, by L-BFGS from 0."""
    try:
        return _minimum(loss, targets.double() if targets.is_floating_point() else targets, n_outputs, torch.float64)
    except RuntimeError:  # a user's loss may hold tensors (class weights) in float32
        return _minimum(loss, targets, n_outputs, torch.float32)


def _minimum(loss: Loss, wide: Tensor, n_outputs: int, dtype: torch.dtype) -> float:
    constant = torch.zeros(n_outputs, dtype=dtype, requires_grad=True)
    search = torch.optim.LBFGS([constant], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> float:
        search.zero_grad()
        value = loss(constant.expand(len(wide), n_outputs), wide)
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    with torch.enable_grad():
        search.step(closure)  # type: ignore[no-untyped-call]
        return closure()


def _entropy_of_rows(outputs: Tensor, targets: Tensor) -> Tensor:
    return -F.log_softmax(outputs, 2).gather(2, targets.expand(len(outputs), -1)[..., None]).squeeze(2)


def _square_of_rows(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs - targets).square().mean(2)


def _huber_of_numbers(outputs: Tensor, targets: Tensor) -> Tensor:
    size = (outputs - targets).abs()
    return torch.where(size <= 1, 0.5 * size.square(), size - 0.5)


def _huber(outputs: Tensor, targets: Tensor) -> Tensor:
    """F.huber_loss, which has no forward-mode derivative in torch 2.13."""
    return _huber_of_numbers(outputs, targets).mean()


def _huber_of_rows(outputs: Tensor, targets: Tensor) -> Tensor:
    return _huber_of_numbers(outputs, targets).mean(2)


def _logistic_of_rows(outputs: Tensor, targets: Tensor) -> Tensor:
    both = F.binary_cross_entropy_with_logits(outputs, targets.expand_as(outputs), reduction="none")
    return both.mean(2)


def _accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.argmax(2) == targets).double().mean(1)


def _accuracy_of_one_hot(outputs: Tensor, targets: Tensor) -> Tensor:
    return _accuracy(outputs, targets.argmax(1))


def _accuracy_of_logits(outputs: Tensor, targets: Tensor) -> Tensor:
    return ((outputs > 0) == (targets > 0.5)).double().mean((1, 2))


def _r2(outputs: Tensor, targets: Tensor) -> Tensor:
    return 1 - ((outputs - targets).square().mean((1, 2)) / targets.var(dim=0, correction=0).mean()).double()


_CROSS_ENTROPY = Objective(F.cross_entropy, _accuracy, "accuracy", _entropy_of_rows, _entropy)
_SQUARED = Objective(F.mse_loss, _r2, "R2", _square_of_rows, _variance)
_LOGISTIC = Objective(
    F.binary_cross_entropy_with_logits,
    _accuracy_of_logits,
    "accuracy",
    _logistic_of_rows,
    _binary_entropy,
    _as_column,
    outputs=1,
)
_LABELS = Objective(
    F.binary_cross_entropy_with_logits,
    _accuracy_of_logits,
    "accuracy",
    _logistic_of_rows,
    _entropy_of_labels,
)
"""Several labels, each yes or no: targets and outputs [rows, labels]."""

_POSITIONS = Objective(positions.cross_entropy, positions.accuracy, "accuracy", positions.of_each, positions.entropy)
_OF_TASK: Mapping[str, Mapping[str, Objective]] = {
    "classification": {
        "auto": _CROSS_ENTROPY,
        "cross-entropy": _CROSS_ENTROPY,
        "mse": Objective(F.mse_loss, _accuracy_of_one_hot, "accuracy", _square_of_rows, _variance, _one_hot),
        "huber": Objective(_huber, _accuracy_of_one_hot, "accuracy", _huber_of_rows, targets=_one_hot),
        "bce": _LOGISTIC,
    },
    POSITIONS: {"auto": _POSITIONS, "cross-entropy": _POSITIONS},
    "multi-label": {"auto": _LABELS, "bce": _LABELS},
    "regression": {"auto": _SQUARED, "mse": _SQUARED, "huber": Objective(_huber, _r2, "R2", _huber_of_rows)},
}
"""By task and by the name `--loss` takes."""
