"""One batch of candidates trained for the probe's steps, exponents measured along: map and exponents into results."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

# torch.func is built on this module and offers no public door to it.
from torch.utils import _pytree as pytree

from lyapscreen import neighbours
from lyapscreen.candidates import Batch, named_seed
from lyapscreen.data import Dataset
from lyapscreen.derivation import kernels
from lyapscreen.dynamics import State
from lyapscreen.exponents import trees
from lyapscreen.exponents.estimators import ESTIMATORS
from lyapscreen.ground import Ground
from lyapscreen.measure import Outlook, finite_or_none, gone
from lyapscreen.models import Buffers
from lyapscreen.optimizers import Weights
from lyapscreen.results import Measures, Regime, Result
from lyapscreen.spec import Spec

Found = list[dict[int, Measures]]
"""By place in the batch, then by length."""


class Living(NamedTuple):
    """The candidates of a batch still in training, along the first axis of every tensor."""

    place: Tensor
    """Their places in the batch."""
    start: Outlook
    """The held-out part before the first step."""
    run: Any
    """States and perturbations, as the estimator has them."""
    buffers: Buffers
    """What evaluation mode reads beside the weights."""


def probe(spec: Spec, data: Dataset, batch: Batch) -> list[Result]:
    """Train a batch of candidates and return one result each, in the batch's order."""
    lengths = (spec.steps // 2, spec.steps)
    with redirect_stdout(sys.stderr):  # what a user's model prints is no result
        ground = Ground.of(spec.at(batch.settings), data, batch)
        with kernels(ground.yardstick.model.module):
            found = _trained(ground, lengths)
            if spec.measures_kantz_wolf:
                _add_kantz_wolf(ground, lengths, found)
    return [
        Result(candidate, final=measures[lengths[1]], halfway=measures[lengths[0]])
        for candidate, measures in zip(batch.candidates, found, strict=True)
    ]


def weights_of(state: State) -> Weights:
    """Measure perturbations in the weights, whatever else the state carries."""
    return state.weights


def _trained(ground: Ground, lengths: tuple[int, ...]) -> Found:
    """Train all candidates to the last length; those that diverge leave at once and cost no further work."""
    estimator, yardstick = ESTIMATORS[ground.spec.estimator], ground.yardstick
    living = _start(ground)
    training = ground.training(living.place)
    found: Found = [{} for _ in living.place]
    for t in range(max(lengths)):
        buffers = ground.buffers_after(living.place, living.run.state.weights, living.buffers, t)
        run, losses = estimator.step(living.run, training, t)
        living = living._replace(run=run, buffers=buffers)
        lost = gone(losses, living.start) | ~torch.isfinite(run.log_scale)
        if lost.any():
            for place in living.place[lost].tolist():
                found[place] = dict.fromkeys(lengths, Measures(Regime.DIVERGED, t + 1)) | found[place]
            living = trees.select(living, ~lost)
            if not len(living.place):
                break
            training = ground.training(living.place)
        if t + 1 in lengths:
            growth = estimator.growth(living.run, weights_of)
            measured = yardstick.measured(living.run.state.weights, living.buffers, t + 1, growth, living.start)
            for place, measures in zip(living.place.tolist(), measured, strict=True):
                found[place][t + 1] = measures
    return found


def _start(ground: Ground) -> Living:
    places = torch.arange(len(ground.lr))
    state = ground.training(places).start(ground.weights)
    vector = State(ground.perturbations(state.weights), trees.zeros_like(state.memory))
    run = ESTIMATORS[ground.spec.estimator].init(state, pytree.tree_map(lambda leaf: leaf[None], vector), weights_of)
    buffers = ground.buffers
    return Living(places, ground.yardstick.outlook(state.weights, buffers), run, buffers)


def _add_kantz_wolf(ground: Ground, lengths: tuple[int, ...], found: Found) -> None:
    spec = ground.spec
    seeds = [named_seed(ground.seeds[place], "neighbours") for place in ground.seed.tolist()]
    estimates = neighbours.estimates(
        ground.training, ground.weights, seeds, lengths, spec.neighbours, spec.neighbour_std
    )
    for places, length, estimate in estimates:
        for place, value, slope in zip(places, estimate.value.tolist(), estimate.slope.tolist(), strict=True):
            measures = found[place][length]
            if measures.regime is not Regime.DIVERGED:
                found[place][length] = replace(
                    measures,
                    kantz_wolf=finite_or_none(value),
                    kantz_wolf_slope=finite_or_none(slope),
                )
