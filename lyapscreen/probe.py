"""One batch of candidates trained for the probe's steps, exponents measured along: map and exponents into results."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from lyapscreen.candidates import Batch, named_seed
from lyapscreen.data import Dataset
from lyapscreen.dynamics import State, Training, minibatch_rows
from lyapscreen.exponents import tangent, trees
from lyapscreen.measure import Outlook, Yardstick, gone
from lyapscreen.models import build
from lyapscreen.optimizers import OPTIMIZERS, Settings, Weights
from lyapscreen.results import Measures, Regime, Result
from lyapscreen.schedules import factor
from lyapscreen.spec import Spec


class Living(NamedTuple):
    """The candidates of a batch still in training, along the first axis of every tensor."""

    place: Tensor
    """Their places in the batch."""
    seed: Tensor
    """The place of their seed among the batch's seeds."""
    lr: Tensor
    start: Outlook
    """The held-out part before the first step."""
    run: tangent.Tangent


def probe(spec: Spec, data: Dataset, batch: Batch) -> list[Result]:
    """Train a batch of candidates and return one result each, in the batch's order.

    Candidates that have diverged leave the batch at once and cost no further work.
    """
    seeds = sorted({candidate.seed for candidate in batch.candidates})
    model = build(spec.model, batch.activation, seeds, data.n_inputs, data.n_outputs, getattr(torch, spec.dtype))
    yardstick = Yardstick.of(spec, data, model)
    orders = _orders(spec, len(data.x_train), seeds)
    living = _start(spec, batch, seeds, yardstick)
    training = _training(spec, yardstick, living, orders)
    lengths = (spec.steps // 2, spec.steps)
    found: list[dict[int, Measures]] = [{} for _ in batch.candidates]

    for t in range(spec.steps):
        run, losses = tangent.step(living.run, training.push, t)
        living = living._replace(run=run)
        lost = gone(losses, living.start) | ~torch.isfinite(run.log_scale)
        if lost.any():
            for place in living.place[lost].tolist():
                found[place] = dict.fromkeys(lengths, Measures(Regime.DIVERGED, t + 1)) | found[place]
            living = trees.select(living, ~lost)
            if not len(living.place):
                break
            training = _training(spec, yardstick, living, orders)
        if t + 1 in lengths:
            growth = tangent.growth(living.run, _weights)
            measured = yardstick.measured(living.run.state.weights, t + 1, growth, living.start)
            for place, measures in zip(living.place.tolist(), measured, strict=True):
                found[place][t + 1] = measures

    return [
        Result(candidate, final=measures[lengths[1]], halfway=measures[lengths[0]])
        for candidate, measures in zip(batch.candidates, found, strict=True)
    ]


def _start(spec: Spec, batch: Batch, seeds: list[int], yardstick: Yardstick) -> Living:
    seed = torch.tensor([seeds.index(candidate.seed) for candidate in batch.candidates])
    lr = torch.tensor([candidate.configuration.lr for candidate in batch.candidates], dtype=getattr(torch, spec.dtype))
    weights = trees.select(yardstick.model.weights, seed)
    state = State(weights, OPTIMIZERS[spec.optimizer].init(weights))
    return Living(
        place=torch.arange(len(batch.candidates)),
        seed=seed,
        lr=lr,
        start=yardstick.outlook(weights),
        run=tangent.init(state, State(_perturbations(weights, seeds, seed), trees.zeros_like(state.memory)), _weights),
    )


def _perturbations(weights: Weights, seeds: list[int], seed: Tensor) -> Weights:
    """Draw one direction in weight space a seed, shared by the seed's candidates [candidates, ...]."""
    one = {name: w[0] for name, w in weights.items()}
    drawn = [trees.drawn_like(one, named_seed(value, "perturbation")) for value in seeds]
    return {name: torch.stack([d[name] for d in drawn])[seed] for name in weights}


def _orders(spec: Spec, rows: int, seeds: list[int]) -> Tensor:
    """Return the rows each seed's training sees, [steps, seeds, batch_size]."""
    size = rows if spec.batch_size == "full" else spec.batch_size
    orders = [minibatch_rows(rows, size, spec.steps, named_seed(seed, "order")) for seed in seeds]
    return torch.stack(orders, dim=1)


def _training(spec: Spec, yardstick: Yardstick, living: Living, orders: Tensor) -> Training:
    inputs, targets = yardstick.train

    def minibatches(t: int) -> tuple[Tensor, Tensor]:
        rows = orders[t]
        # Gathered once a seed, then handed to the seed's candidates.
        return inputs[rows][living.seed], targets[rows][living.seed]

    schedule = factor(spec.schedule, spec.warmup, spec.steps)
    settings = Settings(spec.momentum_factor, spec.decay, spec.clip_norm)
    return Training(
        loss=yardstick.minibatch_loss,
        optimizer=OPTIMIZERS[spec.optimizer],
        settings=settings,
        lr=living.lr,
        minibatches=minibatches,
        schedule=schedule,
        gradients=yardstick.gradients,
    )


def _weights(state: State) -> Weights:
    """Measure perturbations in the weights, whatever else the state carries."""
    return state.weights
