"""The paper's estimate for a batch of candidates: each trained among its neighbours, on its own minibatches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from lyapscreen.exponents import kantz_wolf, trees
from lyapscreen.exponents.kantz_wolf import KantzWolf
from lyapscreen.spec.optimizers import Weights
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.step_map import State, StepMap

StepMapOf = Callable[[Tensor, Buffers | None], StepMap]
"""The step map of the candidates at these indices of the batch [rows], which may repeat, from these buffers on."""


def estimates(
    step_map_of: StepMapOf, weights: Weights, seeds: Sequence[int], lengths: Sequence[int], members: int, std: float
) -> Iterator[tuple[list[int], int, KantzWolf]]:
    """Yield (indices in the batch, length, estimates) for all candidates at each of the lengths.

    A few candidates at a time go with all their neighbours, so that this needs no more memory than the
    batch itself.

    Args:
        step_map_of: the map for indices of the batch.
        weights: initial weights [candidates, ...].
        seeds: one a candidate; equal seeds have equal offsets.
        lengths: steps after which the estimates are read off.
        members: trajectories a candidate, the reference among them.
        std: standard deviation of an offset, in every weight.

    """
    device = next(iter(weights.values())).device
    for some in torch.split(torch.arange(len(seeds), device=device), max(1, len(seeds) // members)):
        indices: list[int] = some.tolist()
        reference = trees.select(weights, some)
        drawn = kantz_wolf.noise(reference, [seeds[index] for index in indices], members)
        rows, buffers = some.repeat_interleave(members), None
        step_map = step_map_of(rows, buffers)
        run = kantz_wolf.init(step_map.start(kantz_wolf.neighbours(reference, drawn, std)), members)
        for t in range(max(lengths)):
            run, seen = kantz_wolf.step(run, step_map.step, t, _weights)
            step_map = step_map_of(rows, seen.buffers or None)
            if t + 1 in lengths:
                yield indices, t + 1, kantz_wolf.finish(run)


def _weights(state: State) -> Weights:
    return state.weights
