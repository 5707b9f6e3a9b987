"""One batch of candidates trained for the probe's steps, exponents measured along: map and exponents into results."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

# torch.func is built on this module and offers no public door to it.
from torch.utils import _pytree as pytree

from lyapscreen.data import Dataset
from lyapscreen.exponents import trees
from lyapscreen.exponents.estimators import ESTIMATORS
from lyapscreen.probe import kantz_wolf
from lyapscreen.probe.evaluation import Outlook, finite_or_none, gone
from lyapscreen.probe.packing import packed, unpacked
from lyapscreen.probe.setup import Ground
from lyapscreen.results.records import Measures, Regime, Result, windows
from lyapscreen.spec.candidates import Batch, Candidate
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices
from lyapscreen.training.autodiff import kernels
from lyapscreen.training.model import Buffers
from lyapscreen.training.optimizers import Weights
from lyapscreen.training.step_map import State


@dataclass(frozen=True)
class Leg:
    """What one probe has to do: a batch of candidates from one length to another."""

    batch: Batch
    lengths: tuple[int, ...]
    """Steps after which is measured; the last is where the leg ends."""
    begin: int = 0
    """Steps the candidates have done before."""
    states: np.ndarray | None = None
    """Where they stood then, as `states.packed`; None at the start."""
    goes_on: bool = False
    """Whether another leg may follow, so that it has to be told where they stand."""


@dataclass(frozen=True)
class Probed:
    """What a leg found, and where it left its candidates."""

    results: tuple[Result, ...]
    """In the batch's order; of this leg alone."""
    standing: tuple[Candidate, ...]
    """Those still in training."""
    states: np.ndarray | None
    """Theirs, in that order, as `states.packed`; None after a leg that nothing follows."""


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


def probe(spec: Spec, data: Dataset, leg: Leg) -> Probed:
    """Train a batch of candidates over a leg and measure them at its lengths."""
    batch = leg.batch
    # What a user's model prints is no result.
    with redirect_stdout(sys.stderr), devices.exact(spec):
        ground = Ground.of(spec.at(batch.settings), data, batch)
        with kernels(ground.yardstick.model.module):
            found, local, living = _trained(ground, leg)
            if spec.measures_kantz_wolf:
                _add_kantz_wolf(ground, leg.lengths, found)
    return Probed(
        results=tuple(Result(c, tuple(f), tuple(ls)) for c, f, ls in zip(batch.candidates, found, local, strict=True)),
        standing=tuple(batch.candidates[place] for place in living.place.tolist()),
        states=packed(living[1:]) if leg.goes_on else None,
    )


def weights_of(state: State) -> Weights:
    """Measure perturbations in the weights, whatever else the state carries."""
    return state.weights


def _trained(ground: Ground, leg: Leg) -> tuple[list[list[Measures]], list[list[float | None]], Living]:
    """Train all candidates to the leg's end and return measures and local exponents by place, and who is left.

    Those that diverge leave at once and cost no further work.
    """
    estimator, yardstick = ESTIMATORS[ground.spec.estimator], ground.yardstick
    living = _start(ground)
    if leg.states is not None:
        living = Living(living.place, *unpacked(leg.states, living[1:]))
    training = ground.training(living.place)
    found: list[list[Measures]] = [[] for _ in living.place]
    clock = LocalExponents(ground.spec.steps, leg.begin, estimator.growth(living.run, weights_of))
    for t in range(leg.begin, leg.lengths[-1]):
        buffers = ground.buffers_after(living.place, living.run.state.weights, living.buffers, t)
        run, losses = estimator.step(living.run, training, t)
        living = living._replace(run=run, buffers=buffers)
        lost = gone(losses, living.start) | ~torch.isfinite(run.log_scale)
        if lost.any():
            for place in living.place[lost].tolist():
                found[place].append(Measures(Regime.DIVERGED, t + 1))
            living = trees.select(living, ~lost)
            if not len(living.place):
                break
            training = ground.training(living.place)
        if t + 1 in clock.ends:
            clock.note(t + 1, living.place, estimator.growth(living.run, weights_of))
        if t + 1 in leg.lengths:
            growth = estimator.growth(living.run, weights_of)
            measured = yardstick.measured(living.run.state.weights, living.buffers, t + 1, growth, living.start)
            for place, measures in zip(living.place.tolist(), measured, strict=True):
                found[place].append(measures)
    return found, clock.local, living


def _start(ground: Ground) -> Living:
    places = ground.places
    state = ground.training(places).start(ground.weights)
    vector = State(ground.perturbations(state.weights), trees.zeros_like(state.memory))
    run = ESTIMATORS[ground.spec.estimator].init(state, pytree.tree_map(lambda leaf: leaf[None], vector), weights_of)
    buffers = ground.buffers
    return Living(places, ground.yardstick.outlook(state.weights, buffers), run, buffers)


class LocalExponents:
    """Growth between the ends of the probe's windows, per step, by place in the batch."""

    def __init__(self, steps: int, begin: int, growth: Tensor) -> None:
        """Start with the growth so far [candidates] at a window's end, or at the first step."""
        self.ends = frozenset(windows(steps))
        self.local: list[list[float | None]] = [[] for _ in growth]
        self._last, self._growth = begin, growth.clone()

    def note(self, t: int, place: Tensor, growth: Tensor) -> None:
        """Note the growth [candidates] of those at these places at the end of a window."""
        rates = (growth - self._growth[place]) / (t - self._last)
        for where, rate in zip(place.tolist(), rates.tolist(), strict=True):
            self.local[where].append(finite_or_none(rate))
        self._growth[place], self._last = growth, t


def _add_kantz_wolf(ground: Ground, lengths: tuple[int, ...], found: list[list[Measures]]) -> None:
    spec = ground.spec
    seeds = [named_seed(ground.seeds[place], "neighbours") for place in ground.seed.tolist()]
    estimates = kantz_wolf.estimates(
        ground.training, ground.weights, seeds, lengths, spec.neighbours, spec.neighbour_std
    )
    for places, length, estimate in estimates:
        for place, value, slope in zip(places, estimate.value.tolist(), estimate.slope.tolist(), strict=True):
            found[place] = [
                replace(measures, kantz_wolf=finite_or_none(value), kantz_wolf_slope=finite_or_none(slope))
                if measures.steps == length and measures.regime is not Regime.DIVERGED
                else measures
                for measures in found[place]
            ]
