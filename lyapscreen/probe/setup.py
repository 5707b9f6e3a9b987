"""What a batch of candidates is trained on: data and model as tensors, and all that each seed fixes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from lyapscreen.data import Dataset
from lyapscreen.exponents import trees
from lyapscreen.probe.evaluation import Evaluator, objective_of
from lyapscreen.probe.inspection import inspect
from lyapscreen.spec.candidates import Batch
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings, Weights
from lyapscreen.spec.schedules import factor
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices, dropout
from lyapscreen.training.autodiff import WRITTEN_OUT, Way, kernels
from lyapscreen.training.derivatives import Buffers, Derivatives
from lyapscreen.training.inputs import Inputs, gathered, of_tensor, picked
from lyapscreen.training.model import build
from lyapscreen.training.module_derivatives import OwnModule, without_gradient
from lyapscreen.training.step_map import StepMap, minibatch_rows

Minibatch = tuple[Inputs, Tensor, Buffers, tuple[Tensor, ...]]
"""Inputs, targets, buffers and dropout masks, candidates along the first axis of every tensor."""


@dataclass(frozen=True)
class BatchSetup:
    """All that a batch is trained with; candidates of one seed share it but for their learning rates."""

    spec: Spec
    evaluator: Evaluator
    derivatives: Derivatives
    """The way to the tangent that was found when the model was looked at."""
    seeds: list[int]
    """The batch's seeds, ascending."""
    seed: Tensor
    """Index of each candidate's seed in `seeds` [candidates]."""
    lr: Tensor
    """[candidates]"""
    idle: frozenset[str]
    """Weights that the loss does not depend on."""
    orders: Tensor
    """The rows each seed's training sees, [steps, seeds, batch_size]."""

    @classmethod
    def of(cls, spec: Spec, data: Dataset, batch: Batch, way: Way | None = None) -> BatchSetup:
        """Return the setup of a batch, in the spec's dtype and on its device.

        Args:
            spec: at the batch's point of the axes.
            data: of the screening.
            batch: the candidates.
            way: to the tangent, as it was found when the model was looked at (`inspection.inspect`); None looks again.

        """
        device = devices.of(spec)
        seeds = sorted({candidate.seed for candidate in batch.candidates})
        objective = objective_of(spec, data)
        model = build(spec, data, batch.activation, seeds, objective.outputs or data.n_outputs)
        way = way or inspect(spec.model_copy(update={"act": (batch.activation,)}), data).ways[batch.activation]
        evaluator = Evaluator.of(spec, data, objective, replace(model, stacked=way.stacked)).to(device)
        derivatives = way.of(model.module, objective.loss, evaluator.minibatch_loss)
        assert derivatives is not None, "the way was found for this very model"
        rows = data.train_rows
        size = spec.minibatch_rows(rows)
        orders = [minibatch_rows(rows, size, spec.steps, named_seed(seed, "order")) for seed in seeds]
        return cls(
            spec=spec,
            evaluator=evaluator,
            derivatives=derivatives,
            seeds=seeds,
            seed=torch.tensor([seeds.index(candidate.seed) for candidate in batch.candidates], device=device),
            lr=torch.tensor(
                [c.configuration.lr for c in batch.candidates], dtype=getattr(torch, spec.dtype), device=device
            ),
            idle=_idle(spec, evaluator, orders[0]) if spec.decay and way is not WRITTEN_OUT else frozenset(),
            orders=torch.stack(orders, dim=1).to(device),
        )

    @property
    def indices(self) -> Tensor:
        """The indices of all candidates in the batch [candidates]."""
        return torch.arange(len(self.lr), device=self.lr.device)

    @property
    def weights(self) -> Weights:
        """Initial weights [candidates, ...], equal for the candidates of a seed."""
        return trees.select(self.evaluator.model.weights, self.seed)

    @property
    def buffers(self) -> Buffers:
        """Initial buffers [candidates, ...]."""
        return trees.select(self.evaluator.model.buffers, self.seed)

    def step_map(self, indices: Tensor, buffers: Buffers | None = None) -> StepMap:
        """Return the map of the candidates at these indices of the batch; they may repeat.

        Args:
            indices: of the candidates.
            buffers: as the step before left them [candidates, ...]; the initial ones if there was none.

        """
        spec = self.spec
        before = trees.select(self.buffers, indices) if buffers is None else buffers
        return StepMap(
            derivatives=self.derivatives,
            optimizer=OPTIMIZERS[spec.optimizer],
            settings=Settings(spec.momentum_factor, spec.decay, spec.clip_norm),
            lr=self.lr[indices],
            minibatches=lambda t: self.minibatch(indices, before, t),
            schedule=factor(spec.schedule, spec.full_steps, spec.warmup),
            idle=self.idle,
        )

    def minibatch(self, indices: Tensor, buffers: Buffers, t: int) -> Minibatch:
        """Return what the candidates at these indices see at step t.

        Rows are drawn, and dropout masks too, once a seed and handed to the seed's candidates.
        """
        seed, rows = self.seed[indices], self.orders[t]
        model = self.evaluator.model
        seeds = self.seeds if model.dropouts else []
        drawn = [dropout.masks(model.dropouts, named_seed(value, f"dropout/{t}")) for value in seeds]
        masks = tuple(torch.stack(of_call).to(seed.device)[seed] for of_call in zip(*drawn, strict=True))
        chosen = rows.index_select(0, seed)
        inputs, targets = self.evaluator.train
        return gathered(inputs, chosen), of_tensor(targets, chosen), buffers, masks

    def perturbations(self, weights: Weights) -> Weights:
        """Draw one direction in weight space a seed, shared by the seed's candidates [candidates, ...]."""
        one = {name: w[0] for name, w in weights.items()}
        drawn = trees.drawn_each(one, [named_seed(seed, "perturbation") for seed in self.seeds])
        return trees.select(drawn, self.seed)


def _idle(spec: Spec, evaluator: Evaluator, order: Tensor) -> frozenset[str]:
    """Return the weights that the loss of the first seed's first minibatch does not depend on."""
    model, (inputs, targets) = evaluator.model, evaluator.train
    rows = order[0].to(targets.device)
    masks = dropout.masks(model.dropouts, named_seed(spec.seeds[0], "idle weights"))
    first = {name: leaf[0] for name, leaf in model.weights.items()}
    buffers = {name: leaf[0] for name, leaf in model.buffers.items()}
    with kernels(model.module):
        own = OwnModule(model.module, evaluator.objective.loss)
        on_device = [mask.to(targets.device) for mask in masks]
        return without_gradient(own, first, picked(inputs, rows), targets[rows], buffers, on_device)
