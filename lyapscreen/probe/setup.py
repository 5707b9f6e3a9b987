"""What a batch of candidates is trained on: data and model as tensors, and all that each seed fixes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vmap

from lyapscreen.data import Dataset
from lyapscreen.exponents import trees
from lyapscreen.probe.evaluation import Evaluator, objective_of
from lyapscreen.spec.candidates import Batch
from lyapscreen.spec.optimizers import OPTIMIZERS, Settings, Weights
from lyapscreen.spec.schedules import factor
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices, dropout
from lyapscreen.training.autodiff import Differentiation, differentiation
from lyapscreen.training.mlp_derivatives import mlp_derivatives
from lyapscreen.training.model import Buffers, build, name_of
from lyapscreen.training.step_map import StepMap, minibatch_rows, one_by_one

Minibatch = tuple[Tensor, Tensor, Buffers, tuple[Tensor, ...]]
"""Inputs, targets, buffers and dropout masks, candidates along the first axis of every tensor."""


@dataclass(frozen=True)
class BatchSetup:
    """All that a batch is trained with; candidates of one seed share it but for their learning rates."""

    spec: Spec
    evaluator: Evaluator
    differentiation: Differentiation
    seeds: list[int]
    """The batch's seeds, ascending."""
    seed: Tensor
    """Index of each candidate's seed in `seeds` [candidates]."""
    lr: Tensor
    """[candidates]"""
    orders: Tensor
    """The rows each seed's training sees, [steps, seeds, batch_size]."""

    @classmethod
    def of(cls, spec: Spec, data: Dataset, batch: Batch) -> BatchSetup:
        """Return the setup of a batch, in the spec's dtype and on its device."""
        device = devices.of(spec)
        seeds = sorted({candidate.seed for candidate in batch.candidates})
        objective = objective_of(spec, data)
        model = build(spec, data, batch.activation, seeds, objective.outputs or data.n_outputs)
        evaluator = Evaluator.of(spec, data, objective, model).to(device)
        rows = len(data.x_train)
        size = spec.minibatch_rows(rows)
        orders = [minibatch_rows(rows, size, spec.steps, named_seed(seed, "order")) for seed in seeds]
        way = differentiation_of(spec, evaluator)
        return cls(
            spec=spec,
            evaluator=evaluator.one_by_one() if not way.stacked else evaluator,
            differentiation=way,
            seeds=seeds,
            seed=torch.tensor([seeds.index(candidate.seed) for candidate in batch.candidates], device=device),
            lr=torch.tensor(
                [c.configuration.lr for c in batch.candidates], dtype=getattr(torch, spec.dtype), device=device
            ),
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

    def step_map(self, indices: Tensor) -> StepMap:
        """Return the map of the candidates at these indices of the batch; they may repeat."""
        spec = self.spec
        return StepMap(
            loss=self.evaluator.minibatch_loss,
            optimizer=OPTIMIZERS[spec.optimizer],
            settings=Settings(spec.momentum_factor, spec.decay, spec.clip_norm),
            lr=self.lr[indices],
            minibatches=lambda t: self.minibatch(indices, t),
            schedule=factor(spec.schedule, spec.full_steps, spec.warmup),
            gradient=self.differentiation.gradient,
            gradient_and_jvp=self.differentiation.gradient_and_jvp,
            stacked=self.differentiation.stacked,
        )

    def minibatch(self, indices: Tensor, t: int) -> Minibatch:
        """Return what the candidates at these indices see at step t.

        Rows are drawn, and dropout masks too, once a seed and handed to the seed's candidates. Buffers
        are the initial ones: no training step reads those that it writes (autodiff.require_passive_buffers).
        """
        seed, rows = self.seed[indices], self.orders[t]
        model = self.evaluator.model
        seeds = self.seeds if model.dropouts else []
        drawn = [dropout.masks(model.dropouts, named_seed(value, f"dropout/{t}")) for value in seeds]
        masks = tuple(torch.stack(of_call).to(seed.device)[seed] for of_call in zip(*drawn, strict=True))
        # One flat index_select: torch's general indexing takes five times as long.
        chosen = rows.index_select(0, seed)
        inputs, targets = (
            part.index_select(0, chosen.flatten()).view(*chosen.shape, *part.shape[1:]) for part in self.evaluator.train
        )
        return inputs, targets, {name: buffer[seed] for name, buffer in model.buffers.items()}, masks

    def buffers_after(self, indices: Tensor, weights: Weights, buffers: Buffers, t: int) -> Buffers:
        """Return stacked buffers after a training step's forward pass: what evaluation mode will read."""
        if not buffers:
            return buffers
        inputs, _, _, masks = self.minibatch(indices, t)

        def after(weights: Weights, buffers: Buffers, inputs: Tensor, masks: tuple[Tensor, ...]) -> Buffers:
            return self.evaluator.model.outputs(weights, buffers, inputs, masks)[1]

        if not self.differentiation.stacked:
            return one_by_one(after, weights, buffers, inputs, masks)
        stacked: Buffers = vmap(after)(weights, buffers, inputs, masks)
        return stacked

    def perturbations(self, weights: Weights) -> Weights:
        """Draw one direction in weight space a seed, shared by the seed's candidates [candidates, ...]."""
        one = {name: w[0] for name, w in weights.items()}
        drawn = trees.drawn_each(one, [named_seed(seed, "perturbation") for seed in self.seeds])
        return trees.select(drawn, self.seed)


def differentiation_of(spec: Spec, evaluator: Evaluator) -> Differentiation:
    """Return the quickest way to the tangent that the model and its loss allow."""
    model = evaluator.model
    quick = mlp_derivatives(model.module, evaluator.objective.loss)
    if quick is not None:
        return Differentiation(gradient=quick.gradient, gradient_and_jvp=quick.gradient_and_jvp)
    inputs, targets = evaluator.train
    rows = spec.minibatch_rows(len(inputs))
    masks = tuple(mask.to(inputs.device) for mask in dropout.masks(model.dropouts, 0))
    buffers = {name: buffer[0] for name, buffer in model.buffers.items()}
    minibatch = (inputs[:rows], targets[:rows], buffers, masks)
    return differentiation(model, evaluator.minibatch_loss, minibatch, name_of(spec.model))
