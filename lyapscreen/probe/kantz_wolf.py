"""The paper's estimate for a batch of candidates: each trained among its neighbours, on its own minibatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from lyapscreen.exponents import kantz_wolf, trees
from lyapscreen.exponents.kantz_wolf import KantzWolf
from lyapscreen.training.optimizers import Weights
from lyapscreen.training.step_map import State, Training

TrainingOf = Callable[[Tensor], Training]
"""The training of the candidates at these places of the batch [rows]; places may repeat."""


def estimates(
    training_of: TrainingOf, weights: Weights, seeds: Sequence[int], lengths: Sequence[int], members: int, std: float
) -> Iterator[tuple[list[int], int, KantzWolf]]:
    """Yield (places in the batch, length, estimates) for all candidates at each of the lengths.

    A few candidates at a time go with all their neighbours, so that this needs no more memory than the
    batch itself.

    Args:
        training_of: the map for places of the batch.
        weights: initial weights [candidates, ...].
        seeds: one a candidate; equal seeds have equal offsets.
        lengths: steps after which the estimates are read off.
        members: trajectories a candidate, the reference among them.
        std: standard deviation of an offset, in every weight.

    """
    device = next(iter(weights.values())).device
    for some in torch.split(torch.arange(len(seeds), device=device), max(1, len(seeds) // members)):
        places: list[int] = some.tolist()
        reference = trees.select(weights, some)
        drawn = kantz_wolf.noise(reference, [seeds[place] for place in places], members)
        training = training_of(some.repeat_interleave(members))
        run = kantz_wolf.init(training.start(kantz_wolf.neighbours(reference, drawn, std)), members)
        for t in range(max(lengths)):
            run, _ = kantz_wolf.step(run, training.step, t, _weights)
            if t + 1 in lengths:
                yield places, t + 1, kantz_wolf.finish(run)


def _weights(state: State) -> Weights:
    return state.weights
