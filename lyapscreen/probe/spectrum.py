"""The leading exponents of one configuration during training: which directions grow, which are flat, which shrink."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from lyapscreen import execution
from lyapscreen.errors import SettingError
from lyapscreen.exponents import spectrum, trees
from lyapscreen.probe import tokens
from lyapscreen.probe.inspection import inspect
from lyapscreen.probe.setup import BatchSetup, Minibatch
from lyapscreen.results.spectrum import Leading
from lyapscreen.results.statistics import Interval, t_interval
from lyapscreen.spec import sweep
from lyapscreen.spec.candidates import Batch, Candidate, configurations
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices
from lyapscreen.training.autodiff import STACKED, WRITTEN_OUT, kernels
from lyapscreen.training.step_map import State

MAX_K = 1000


def leading_exponents(spec: Spec, k: int, burn_in: int | None = None) -> Leading:
    """Train the spec's one configuration for its steps with k tangents a seed, orthonormal again at every step.

    The first steps, half of them unless `burn_in` is given, only turn the tangents: drawn at random, they
    need a while to find the directions whose exponents they measure.

    Perturbations start in the weights and are carried through the optimizer's whole state, in which
    they are measured: a momentum or a moment that forgets is a shrinking direction too.

    Raises:
        SettingError: the spec has several configurations, k is not between 1 and the number of weights, or
            the burn-in leaves no step.

    """
    further = [(f"sweep.{name}", values) for name, values in spec.sweep]
    for axis, values in [("act", spec.act), ("lr", spec.lr), *further]:
        if len(values) > 1:
            raise SettingError(axis, sweep.labels(values), "a spectrum takes one configuration", "Give one value")
    (configuration,) = configurations(spec)
    spec = spec.at_point(configuration.settings)
    batch = Batch(0, spec.act[0], tuple(Candidate(configuration, seed) for seed in spec.seeds))
    burn_in = spec.steps // 2 if burn_in is None else burn_in
    if not 0 <= burn_in < spec.steps:
        raise SettingError(
            "burn_in", burn_in, f"it must leave some of the {spec.steps} steps", "Write a smaller number"
        )
    devices.require(spec)
    dataset = tokens.load(spec)
    with execution.one_thread(), devices.exact(spec):
        way = inspect(spec, dataset, batched=True).ways[spec.act[0]]
        setup = BatchSetup.of(spec, dataset, batch, STACKED if way is WRITTEN_OUT else way)
        with kernels(setup.evaluator.model.module):
            logs = _growths(setup, k, burn_in)
    measured = spec.steps - burn_in
    intervals = tuple(_interval(column) for column in (logs / measured).cpu().numpy().T)
    return Leading(configuration, measured, intervals, len(spec.seeds))


def _growths(setup: BatchSetup, k: int, burn_in: int) -> Tensor:
    """Return the ln of the growth along each of the k directions after the burn-in, [seeds, k], largest first."""
    weights = setup.weights
    count = sum(w[0].numel() for w in weights.values())
    if not 1 <= k <= min(count, MAX_K):
        rule = f"k must be between 1 and {min(count, MAX_K)} for a model of {count} weights"
        raise SettingError("k", k, rule, "Ask for another number of exponents")
    state, buffers = setup.step_map(setup.indices).start(weights), setup.buffers
    still = {name: {key: m.new_zeros(k, *m.shape) for key, m in part.items()} for name, part in state.memory.items()}
    run = spectrum.init(state, State(_directions(setup, weights, k), still))
    for t in range(setup.spec.steps):
        if t == burn_in:
            run = run._replace(logs=torch.zeros_like(run.logs))
        step_map = setup.step_map(setup.indices, buffers)
        # Had once and outside of the batch of tangents, which may draw no dropout masks.
        at_hand = replace(step_map, minibatches=partial(_at_any_step, step_map.minibatches(t)))
        run, seen = spectrum.step(run, at_hand.push, t)
        buffers = seen.buffers
    return spectrum.growth(run)


def _at_any_step(minibatch: Minibatch, _: int) -> Minibatch:
    return minibatch


def _directions(setup: BatchSetup, weights: Weights, k: int) -> Weights:
    """Draw k directions in weight space a seed, [k, seeds, ...]."""
    one = {name: w[:1].expand(k, *w.shape[1:]) for name, w in weights.items()}
    drawn = trees.drawn_each(one, [named_seed(setup.seeds[index], "spectrum") for index in setup.seed.tolist()])
    return {name: leaf.transpose(0, 1).contiguous() for name, leaf in drawn.items()}


def _interval(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Interval:
    return t_interval(values) if np.isfinite(values).all() else Interval(None, None, None)
