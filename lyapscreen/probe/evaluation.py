"""What is read off a trained batch: held-out residual and loss into lambda_perp, lambda_eff and a regime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lyapscreen.data import Dataset
from lyapscreen.data.dataset import Inputs as Arrays
from lyapscreen.probe.evaluation_rows import HELD_OUT, RESIDUAL, TRAIN, sampled
from lyapscreen.probe.regimes import FLOOR, HeldOutMetrics, has_diverged, is_dead, regime_of
from lyapscreen.results.records import Measures, Regime
from lyapscreen.spec import user_code
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.spec import Spec
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.inputs import Inputs, count, moved, picked, split, tensors
from lyapscreen.training.losses import POSITIONS, Objective, objective
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from lyapscreen.training.model import Model
from lyapscreen.training.user_loss import Loss

COST_OF_INSTABILITY = 0.1
"""Weight of max(lambda_1, 0) in lambda_eff; 0.05 to 0.15 give nearly the same order."""

TINY = 1e-300
"""Keeps a residual that starts at exactly 0 (a solved task) from dividing by it."""

Rows = tuple[Inputs, Tensor]
"""Inputs and targets."""

ROWS_AT_ONCE, FEWEST_AT_ONCE = 1024, 16
"""Rows per forward pass where no gradient is taken: of networks written out, and the fewest of others.

Those go in minibatches: 1,024 rows of a convolutional network, stacked, cost two to four times as much each.
"""


@dataclass(frozen=True)
class Evaluator:
    """A task's data as tensors, and what is read off a model on them."""

    model: Model
    objective: Objective
    train: Rows
    """What is trained on."""
    train_sample: Rows
    """What the training loss is taken over: all of it, or a sample."""
    held_out: Rows
    """What held-out loss and score are taken over: all of it, or a sample."""
    residual_rows: Tensor | None
    """Those of `held_out` that the residual is taken over; None is all."""
    rows_at_once: int
    """Rows per forward pass where no gradient is taken."""
    reference_loss: float | None
    """L_ref: the held-out loss of the best constant prediction, one number a data set; None where it is no scale."""
    ln_max_growth: float

    @classmethod
    def of(cls, spec: Spec, data: Dataset, objective: Objective, model: Model) -> Evaluator:
        """Return the evaluator of a data set, in the spec's dtype."""
        dtype = getattr(torch, spec.dtype)
        train = _tensors(data.x_train, data.y_train, objective, data.n_outputs, dtype)
        held_out = _tensors(data.x_held_out, data.y_held_out, objective, data.n_outputs, dtype)
        held_out = _picked(held_out, sampled(spec, data.held_out_rows, HELD_OUT, "held-out"))
        quick = mlp_derivatives(model.module, objective.loss) is not None
        one_minibatch = spec.minibatch_rows(data.train_rows)
        return cls(
            model=model,
            objective=objective,
            train=train,
            train_sample=_picked(train, sampled(spec, data.train_rows, TRAIN, "train")),
            held_out=held_out,
            residual_rows=sampled(spec, len(held_out[1]), RESIDUAL, "residual"),
            rows_at_once=ROWS_AT_ONCE if quick else max(one_minibatch, FEWEST_AT_ONCE),
            reference_loss=objective.reference(held_out[1], objective.outputs or data.n_outputs),
            ln_max_growth=spec.ln_max_growth,
        )

    def to(self, device: torch.device) -> Evaluator:
        """Return the same on a device."""
        train, sample = _moved(self.train, device), self.train_sample
        return replace(
            self,
            model=self.model.to(device),
            train=train,
            train_sample=train if sample is self.train else _moved(sample, device),
            held_out=_moved(self.held_out, device),
            residual_rows=None if self.residual_rows is None else self.residual_rows.to(device),
        )

    def minibatch_loss(
        self, weights: Weights, inputs: Inputs, targets: Tensor, buffers: Buffers, masks: Sequence[Tensor]
    ) -> tuple[Tensor, Buffers]:
        """Return one candidate's mean loss over a minibatch, what training descends, and its buffers after that."""
        outputs, after = self.model.outputs(weights, buffers, inputs, masks)
        return self.objective.loss(outputs, targets), after

    def held_out_metrics(self, weights: Weights, buffers: Buffers) -> HeldOutMetrics:
        """Measure stacked weights and buffers on the held-out part, in evaluation mode."""
        inputs, targets = self.held_out
        outputs, rows = self._outputs(weights, buffers, inputs), self.residual_rows
        some = (outputs, targets) if rows is None else (outputs[:, rows], targets[rows])
        return HeldOutMetrics(
            loss=self.objective.losses(outputs, targets).double(),
            score=self.objective.score(outputs, targets),
            residual=self.objective.residuals(*some).double(),
            dead=is_dead(outputs),
        )

    def train_loss(self, weights: Weights, buffers: Buffers) -> Tensor:
        """Return the mean loss over the training part, or its sample, in evaluation mode, [candidates]."""
        inputs, targets = self.train_sample
        return self.objective.losses(self._outputs(weights, buffers, inputs), targets).double()

    def _outputs(self, weights: Weights, buffers: Buffers, inputs: Inputs) -> Tensor:
        chunks = split(inputs, count(inputs) if self.model.couples_rows else self.rows_at_once)
        return torch.cat([self.model.evaluated_outputs(weights, buffers, rows) for rows in chunks], dim=1)

    def measured(
        self, weights: Weights, buffers: Buffers, steps: int, growth: Tensor, start: HeldOutMetrics,
        *, with_train_loss: bool,
    ) -> list[Measures]:  # fmt: skip
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
            with_train_loss: whether the training loss is taken as well, which costs most of all.

        """
        now = self.held_out_metrics(weights, buffers)
        train_loss = self.train_loss(weights, buffers) if with_train_loss else torch.full_like(now.loss, torch.nan)
        finite = torch.isfinite(now.residual) & (torch.isfinite(growth) | growth.isneginf())
        if with_train_loss:
            finite &= torch.isfinite(train_loss)
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
            train_loss=finite_or_none(train_loss),
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


def _tensors(inputs: Arrays, targets: np.ndarray, objective: Objective, n_classes: int, dtype: torch.dtype) -> Rows:
    wanted = objective.targets(torch.from_numpy(targets), n_classes)
    return tensors(inputs), wanted.to(dtype) if wanted.is_floating_point() else wanted


def _picked(part: Rows, rows: Tensor | None) -> Rows:
    return part if rows is None else (picked(part[0], rows), part[1][rows])


def _moved(part: Rows, device: torch.device) -> Rows:
    return moved(part[0], device), part[1].to(device)


def finite_or_none(value: float) -> float | None:
    """Return the value, or None where it is infinite or not a number: undefined is never a number."""
    return value if math.isfinite(value) else None
