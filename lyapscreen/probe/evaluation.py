"""What is read off a trained batch: held-out residual and loss into lambda_perp, lambda_eff and a regime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lyapscreen.data import Dataset
from lyapscreen.probe.regimes import FLOOR, HeldOutMetrics, has_diverged, is_dead, regime_of
from lyapscreen.results.records import Measures, Regime
from lyapscreen.spec import user_code
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.spec import Spec
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.losses import POSITIONS, Objective, objective
from lyapscreen.training.model import Model
from lyapscreen.training.user_loss import Loss

COST_OF_INSTABILITY = 0.1
"""Weight of max(lambda_1, 0) in lambda_eff; 0.05 to 0.15 give nearly the same order."""

TINY = 1e-300
"""Keeps a residual that starts at exactly 0 (a solved task) from dividing by it."""

ROWS_AT_ONCE = 1024
"""Rows per forward pass where no gradient is taken: bounds the memory of large tables."""


@dataclass(frozen=True)
class Evaluator:
    """A task's data as tensors, and what is read off a model on them."""

    model: Model
    objective: Objective
    train: tuple[Tensor, Tensor]
    held_out: tuple[Tensor, Tensor]
    reference_loss: float | None
    """L_ref: the held-out loss of the best constant prediction, one number a data set; None where it is no scale."""
    ln_max_growth: float

    @classmethod
    def of(cls, spec: Spec, data: Dataset, objective: Objective, model: Model) -> Evaluator:
        """Return the evaluator of a data set, in the spec's dtype."""
        dtype = getattr(torch, spec.dtype)
        held_out = _tensors(data.x_held_out, data.y_held_out, objective, data.n_outputs, dtype)
        return cls(
            model=model,
            objective=objective,
            train=_tensors(data.x_train, data.y_train, objective, data.n_outputs, dtype),
            held_out=held_out,
            reference_loss=objective.reference(held_out[1], objective.outputs or data.n_outputs),
            ln_max_growth=spec.ln_max_growth,
        )

    def to(self, device: torch.device) -> Evaluator:
        """Return the same on a device."""
        (x, y), (x_held_out, y_held_out) = self.train, self.held_out
        return replace(
            self,
            model=self.model.to(device),
            train=(x.to(device), y.to(device)),
            held_out=(x_held_out.to(device), y_held_out.to(device)),
        )

    def minibatch_loss(
        self, weights: Weights, inputs: Tensor, targets: Tensor, buffers: Buffers, masks: Sequence[Tensor]
    ) -> tuple[Tensor, Buffers]:
        """Return one candidate's mean loss over a minibatch, what training descends, and its buffers after that."""
        outputs, after = self.model.outputs(weights, buffers, inputs, masks)
        return self.objective.loss(outputs, targets), after

    def held_out_metrics(self, weights: Weights, buffers: Buffers) -> HeldOutMetrics:
        """Measure stacked weights and buffers on the held-out part, in evaluation mode."""
        inputs, targets = self.held_out
        outputs = self._outputs(weights, buffers, inputs)
        return HeldOutMetrics(
            loss=self.objective.losses(outputs, targets).double(),
            score=self.objective.score(outputs, targets),
            residual=self.objective.residuals(outputs, targets).double(),
            dead=is_dead(outputs),
        )

    def train_loss(self, weights: Weights, buffers: Buffers) -> Tensor:
        """Return the mean loss over the whole training part, in evaluation mode, [candidates]."""
        inputs, targets = self.train
        return self.objective.losses(self._outputs(weights, buffers, inputs), targets).double()

    def _outputs(self, weights: Weights, buffers: Buffers, inputs: Tensor) -> Tensor:
        chunks = torch.split(inputs, ROWS_AT_ONCE)
        return torch.cat([self.model.evaluated_outputs(weights, buffers, rows) for rows in chunks], dim=1)

    def measured(
        self, weights: Weights, buffers: Buffers, steps: int, growth: Tensor, start: HeldOutMetrics
    ) -> list[Measures]:
        """Return what is reported of stacked weights after `steps` steps, a candidate each.

        lambda_1    = growth / T
        lambda_perp = (1/2T) [ln(||e_T|| / ||e_0||) + ln(L_T / L_ref)], both ratios floored at 1e-6
        lambda_eff  = lambda_perp + 0.1 max(lambda_1, 0)

        Where a loss has no L_ref, the residual part stands alone.

        Args:
            weights: stacked weights.
            buffers: stacked buffers.
            steps: T.
            growth: ln of the factor by which each tangent grew, T lambda_1, [candidates].
            start: the held-out metrics before the first step.

        """
        now = self.held_out_metrics(weights, buffers)
        train_loss = self.train_loss(weights, buffers)
        finite = (
            torch.isfinite(train_loss) & torch.isfinite(now.residual) & (torch.isfinite(growth) | growth.isneginf())
        )
        diverged = has_diverged(now.loss, start) | ~finite
        residual_part = (now.residual / start.residual.clamp(min=TINY)).clamp(min=FLOOR).log()
        reference = self.reference_loss
        loss_part = residual_part if reference is None else (now.loss / reference).clamp(min=FLOOR).log()
        transverse = (residual_part + loss_part) / (2 * steps)
        columns = (diverged, now.dead, growth, transverse, now.loss, now.score, train_loss)
        return [self._measures(steps, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]

    def _measures(
        self, steps: int, diverged: bool, dead: bool, growth: float, transverse: float,
        loss: float, score: float, train_loss: float,
    ) -> Measures:  # fmt: skip
        if diverged:
            return Measures(Regime.DIVERGED, steps)
        lyapunov = growth / steps
        return Measures(
            regime=regime_of(growth, transverse * steps, self.ln_max_growth, dead=dead),
            steps=steps,
            effective=transverse + COST_OF_INSTABILITY * max(lyapunov, 0.0),
            transverse=transverse,
            lyapunov=finite_or_none(lyapunov),
            train_loss=train_loss,
            held_out_loss=loss,
            held_out_score=score,
        )


def objective_of(spec: Spec, data: Dataset) -> Objective:
    """Return the objective of the spec's loss under the data's task.

    Raises:
        SettingError: the loss does not fit the task, or is a function that cannot be loaded.

    """
    name: str | Loss = spec.loss
    if isinstance(name, str) and ":" in name:
        name = user_code.load("loss", name, allowed=not spec.no_code)
    return objective(name, POSITIONS if data.of_positions else data.task, data.n_outputs)


def _tensors(
    inputs: np.ndarray, targets: np.ndarray, objective: Objective, n_classes: int, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    wanted = objective.targets(torch.from_numpy(targets), n_classes)
    return torch.from_numpy(inputs), wanted.to(dtype) if wanted.is_floating_point() else wanted


def finite_or_none(value: float) -> float | None:
    """Return the value, or None where it is infinite or not a number: undefined is never a number."""
    return value if math.isfinite(value) else None
