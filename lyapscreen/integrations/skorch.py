"""The pick as settings of skorch's `NeuralNetClassifier` and `NeuralNetRegressor`.

    net = NeuralNetClassifier(**settings(screening))

Model, loss, optimizer, clipping and schedule are those that were screened, and the minibatches as many; their order is
skorch's, and so are the rows that it sets aside (`train_split`). It keeps the last weights; for the best, add its
`Checkpoint` to the callbacks.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import nn

from lyapscreen.errors import SettingError
from lyapscreen.results.candidate_choice import candidate_of
from lyapscreen.results.ranking import Row
from lyapscreen.screening.replay import Replay
from lyapscreen.screening.screening import Screening
from lyapscreen.spec.candidates import Configuration

CRITERIA: Mapping[str, Mapping[str, type[nn.Module]]] = {
    "accuracy": {"auto": nn.CrossEntropyLoss, "cross-entropy": nn.CrossEntropyLoss},
    "R2": {"auto": nn.MSELoss, "mse": nn.MSELoss, "huber": nn.HuberLoss},
}
"""torch's loss, by score and by ours."""


@dataclass(frozen=True)
class Fresh:
    """Makes the network, each time with the initial weights of one seed: what skorch calls a module."""

    network: nn.Module

    def __call__(self) -> nn.Module:
        """Return a network to train."""
        return copy.deepcopy(self.network)


def settings(
    screening: Screening, configuration: Configuration | Row | str | None = None, seed: int | None = None
) -> dict[str, Any]:
    """Return keyword arguments for skorch's `NeuralNetClassifier`, or `NeuralNetRegressor` where a number was learnt.

    Args:
        screening: a finished one.
        configuration: which of those screened, by default the one recommended.
        seed: whose initial weights the network has, by default those of the first.

    Raises:
        SettingError: torch has no such optimizer, or skorch no such loss; data or model stand in a file by name alone.
        ImportError: clipping or a schedule is asked for, and skorch is not installed.

    """
    if not isinstance(screening, Screening):
        kind = type(screening).__name__
        raise SettingError(
            "screening", f"a {kind}", "it is no finished screening", "Pass what lyapscreen.screen returns"
        )
    chosen = candidate_of(screening.ranking, screening.spec, configuration, seed)
    spec = screening.spec.at_point(chosen.configuration.settings)
    named = CRITERIA.get(screening.score_name, {})
    criterion = named.get(spec.loss) if isinstance(spec.loss, str) else None
    if criterion is None:
        rule = f"with {screening.score_name} as the score, skorch is given {' or '.join(named) or 'no loss of ours'}"
        raise SettingError("loss", spec.plain()["loss"], rule, "Pass a criterion of your own to skorch")
    replay = screening.replay(chosen.configuration, chosen.seed)
    rows = len(replay.batches.train[0])
    batch_size = spec.minibatch_rows(rows)
    return {
        "module": Fresh(replay.model),
        "criterion": criterion,
        "optimizer": type(replay.optimizer),
        "lr": chosen.configuration.lr,
        **{f"optimizer__{name}": value for name, value in _options(replay).items()},
        "batch_size": -1 if spec.batch_size == "full" else batch_size,
        "iterator_train__shuffle": True,
        "iterator_train__drop_last": spec.batch_size != "full",  # as we do: an epoch has whole minibatches alone
        "max_epochs": max(1, math.ceil(round(spec.full_steps / (rows // batch_size), 6))),
        "callbacks": _callbacks(replay),
    }


def _options(replay: Replay) -> dict[str, Any]:
    """Return what the optimizer is called with beside its learning rate, where it is not torch's own default."""
    (group, *_) = replay.optimizer.param_groups
    defaults = inspect.signature(type(replay.optimizer)).parameters
    return {
        name: value
        for name, value in group.items()
        if name in defaults and name not in ("params", "lr") and value != defaults[name].default
    }


def _callbacks(replay: Replay) -> list[tuple[str, Any]]:
    """Return what clips the gradient, and what follows the schedule, where there is one."""
    if replay.clip_norm is None and replay.scheduler is None:
        return []
    try:
        from skorch.callbacks import GradientNormClipping, LRScheduler
    except ModuleNotFoundError as missing:
        raise ImportError("clipping and schedules need skorch. Run pip install 'lyapscreen[sklearn]'") from missing
    found = []
    if replay.clip_norm is not None:
        found.append(("clipping", GradientNormClipping(replay.clip_norm)))
    if replay.scheduler is not None:
        (factor,) = replay.scheduler.lr_lambdas
        found.append(("schedule", LRScheduler("LambdaLR", lr_lambda=factor, step_every="batch")))
    return found
