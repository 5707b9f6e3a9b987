"""One candidate's training handed to the user: plain PyTorch, from the same weights, over the same minibatches.

    for inputs, targets in replay.minibatches(100):
        replay.optimizer.zero_grad()
        replay.loss(replay.model(inputs), targets).backward()
        replay.optimizer.step()
    replay.held_out_loss()  # as the probe measured it, to rounding

Clipping (`clip_norm`) and a schedule (`scheduler`) are a line more each, where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Unpack

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from lyapscreen import data
from lyapscreen.errors import SettingError
from lyapscreen.probe import tokens
from lyapscreen.probe.evaluation import ROWS_AT_ONCE, Evaluator, objective_of
from lyapscreen.results.candidate_choice import configuration_of
from lyapscreen.results.row import Row
from lyapscreen.spec import epochs, parsing
from lyapscreen.spec.candidates import Candidate, Configuration, configurations
from lyapscreen.spec.keywords import Keywords
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.training import devices, dropout, torch_optimizers
from lyapscreen.training.inputs import Inputs, picked, split
from lyapscreen.training.model import Model, build
from lyapscreen.training.step_map import minibatch_rows
from lyapscreen.training.user_loss import Loss


@dataclass(frozen=True, eq=False)
class Minibatches:
    """The minibatches (inputs, targets) of a training, in its order.

    While a `for` loop over them runs its body, the dropouts called there drop what they dropped in the probe; the
    loop leaves nothing behind, be it by its end, `break` or an error.
    """

    train: tuple[Inputs, Tensor] = field(repr=False)
    """All inputs and targets that are trained on."""
    rows: Tensor = field(repr=False)
    """Which of them each step sees, [steps, rows]."""
    seed: int
    """Of the candidate."""
    dropouts: tuple[dropout.Call, ...] = field(repr=False)
    """Those that a training step calls, in their order."""

    def __len__(self) -> int:
        """Return how many steps there are."""
        return len(self.rows)

    def __getitem__(self, t: int) -> tuple[Inputs, Tensor]:
        """Return inputs and targets of step t, counted from 0."""
        inputs, targets = self.train
        return picked(inputs, self.rows[t]), targets[self.rows[t]]

    def __iter__(self) -> Iterator[tuple[Inputs, Tensor]]:
        """Yield each in turn, its dropout masks in place until the next is asked for."""
        for t in range(len(self)):
            with dropout.replayed(self.masks(t)) if self.dropouts else nullcontext():
                yield self[t]

    def masks(self, t: int) -> list[Tensor]:
        """Return what each dropout of step t keeps, in the order of their calls."""
        drawn = dropout.masks(self.dropouts, named_seed(self.seed, f"dropout/{t}"))
        return [mask.to(self.rows.device) for mask in drawn]


@dataclass(frozen=True, eq=False)
class Replay:
    """One candidate's training, ready for a plain loop.

    >>> import lyapscreen as ls
    >>> replay = ls.replay(data="wine", lr=0.2, act="relu", steps=20)
    >>> for inputs, targets in replay.batches:
    ...     replay.optimizer.zero_grad()
    ...     replay.loss(replay.model(inputs), targets).backward()
    ...     replay.optimizer.step()
    >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=1, steps=20).recommended.held_out_loss
    >>> abs(replay.held_out_loss() - found) < 1e-6
    True
    """

    configuration: Configuration
    """What is trained."""
    seed: int
    model: nn.Module
    """In training mode, with the initial weights and buffers of this seed; frozen where it is frozen."""
    optimizer: torch.optim.Optimizer
    """Over the weights that are trained."""
    scheduler: LambdaLR | None
    """To be stepped after the optimizer; None where the learning rate stays as it is."""
    loss: Loss
    """`loss(outputs, targets)`."""
    clip_norm: float | None
    """For torch.nn.utils.clip_grad_norm_, before the optimizer's step; None clips nothing."""
    batches: Minibatches
    """Those of the probe."""
    held_out: tuple[Inputs, Tensor] = field(repr=False)
    """Inputs and targets that are never trained on."""

    def minibatches(self, steps: int) -> Minibatches:
        """Return the minibatches of a training of any length: those of a short one are the first of a longer one's.

        Raises:
            SettingError: `steps` is below 1.

        """
        if steps < 1:
            raise SettingError("steps", steps, "it must be at least 1", "Write how many steps to train")
        inputs, targets = self.batches.train
        rows = minibatch_rows(len(targets), self.batches.rows.shape[1], steps, named_seed(self.seed, "order"))
        return Minibatches((inputs, targets), rows.to(targets.device), self.seed, self.batches.dropouts)

    def held_out_loss(self) -> float:
        """Return the mean loss over the held-out part in evaluation mode; the model's mode stays as it is."""
        inputs, targets = self.held_out
        modes = [(layer, layer.training) for layer in self.model.modules()]
        self.model.eval()
        try:
            with torch.no_grad():
                outputs = torch.cat([self.model(rows) for rows in split(inputs, ROWS_AT_ONCE)])
                return float(self.loss(outputs, targets))
        finally:
            for layer, training in modes:
                layer.training = training


def replay(
    configuration: Configuration | Row | str | None = None, seed: int | None = None, **settings: Unpack[Keywords]
) -> Replay:
    """Return one candidate's training for a plain loop in PyTorch, without a screening.

    Args:
        configuration: which of those that the settings name, as `act=relu,lr=0.1`; may be left out where it is one.
        seed: by default the first of `seeds`.
        settings: as `screen` takes them; those that only a probe or a ranking has (`rank_by`) change nothing.

    Raises:
        SettingError: a setting, the data or the model breaks a rule, the settings name several configurations, or
            torch has no such optimizer.

    >>> training = replay(data="wine", act="relu", lr=0.2, seed=3, optimizer="adam", steps=20)
    >>> type(training.optimizer).__name__, len(training.batches), tuple(training.batches[0][0].shape)
    ('Adam', 20, (64, 13))

    """
    spec = Spec.of(**settings)
    every = configurations(spec)
    if configuration is None and len(every) > 1:
        rule = f"the settings name {len(every)} configurations"
        raise SettingError("configuration", "", rule, f"Say which, for example configuration={every[0].id!r}")
    chosen = every[0] if configuration is None else configuration_of(configuration, every, spec, "the settings")
    if seed is not None:
        seed = parsing.within("seed", seed, 0, 2**63 - 1, "Write one seed such as 0")
    return of_spec(spec, tokens.load(spec), Candidate(chosen, spec.seeds[0] if seed is None else seed))


def of_spec(spec: Spec, dataset: data.Dataset, candidate: Candidate) -> Replay:
    """Return the training of one candidate of a spec, on the spec's device.

    Raises:
        SettingError: the model cannot be built, the loss does not fit, or torch has no such optimizer.

    """
    devices.require(spec)
    configuration, seed, device = candidate.configuration, candidate.seed, devices.of(spec)
    spec = epochs.in_steps(spec.at_point(configuration.settings), dataset.train_rows)
    objective = objective_of(spec, dataset)
    built = build(spec, dataset, configuration.activation, [seed], objective.outputs or dataset.n_outputs)
    evaluator = Evaluator.of(spec, dataset, objective, built).to(device)
    model = _initialised(built).to(device)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch_optimizers.optimizer(spec, trained, configuration.lr)
    rows = dataset.train_rows
    order = minibatch_rows(rows, spec.minibatch_rows(rows), spec.steps, named_seed(seed, "order"))
    return Replay(
        configuration=configuration,
        seed=seed,
        model=model,
        optimizer=optimizer,
        scheduler=torch_optimizers.scheduler(spec, optimizer),
        loss=objective.loss,
        clip_norm=spec.clip_norm,
        batches=Minibatches(evaluator.train, order.to(device), seed, built.dropouts),
        held_out=evaluator.held_out,
    )


def _initialised(built: Model) -> nn.Module:
    """Return the model's own module with its weights and buffers, trained where the user's is trained."""
    module = built.module
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.requires_grad_(name in built.weights)
            parameter.copy_((built.weights if name in built.weights else built.buffers)[name][0])
        for name, buffer in module.named_buffers():
            buffer.copy_(built.buffers[name][0])
    module.train()  # returns nothing where a user's own `train` does not
    return module
