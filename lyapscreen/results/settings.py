"""Settings with the values that were used: none is left to a default, to `auto` or to the optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lyapscreen.spec.activations import NONE
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.epochs import epochs
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.plain import plain_value
from lyapscreen.spec.spec import Spec

LOSSES = {"classification": "cross-entropy", "regression": "mse", "multi-label": "bce"}
"""What `loss: auto` is under each task."""


@dataclass(frozen=True)
class Facts:
    """What is known once the data are read; None where a file of before does not say."""

    task: str | None = None
    """What is learnt."""
    train_rows: int | None = None
    """Rows that are trained on."""

    def loss(self, spec: Spec) -> object:
        """Return the loss that is minimised, by name; `auto` where the task is not known."""
        named = plain_value(spec.loss)
        return LOSSES[self.task] if named == "auto" and self.task is not None else named


@dataclass(frozen=True)
class Origin:
    """What a row of a ranking was screened with."""

    spec: Spec
    facts: Facts


def settings_of(spec: Spec, configuration: Configuration, facts: Facts | None = None) -> dict[str, Any]:
    """Return what to type into a training script for a configuration, in the order in which one does.

    Activation (unless the model takes none) and learning rate, the optimizer with the settings that it has, the batch
    size, the schedule, the length of the full training, the loss, then keywords of the model's factory. Every value is
    the one that was used.

    >>> settings_of(Spec.of(act="relu", lr=0.1, optimizer="momentum"), Configuration("relu", 0.1), Facts("regression"))
    {'activation': 'relu', 'lr': 0.1, 'optimizer': 'momentum', 'momentum': 0.9, 'weight_decay': 0.0, 'batch_size': 64, \
'schedule': 'constant', 'warmup': 0, 'full_steps': 1500, 'loss': 'mse'}

    Args:
        spec: of the screening.
        configuration: one of those screened.
        facts: what is known of the data.

    """
    point, known = spec.at_point(configuration.settings), facts or Facts()
    has = OPTIMIZERS[point.optimizer].flags
    used = {"momentum": point.momentum_factor, "weight_decay": point.decay}
    found: dict[str, Any] = {} if configuration.activation == NONE else {"activation": configuration.activation}
    found |= {"lr": configuration.lr, "optimizer": point.optimizer}
    found |= {name: value for name, value in used.items() if name in has}
    found |= {} if point.clip_norm is None else {"clip_norm": point.clip_norm}
    found |= {"batch_size": point.batch_size, "schedule": point.schedule, "warmup": point.warmup}
    found |= {"full_steps": point.full_steps, "loss": known.loss(point)}
    return found | dict(point.model_keywords)


def resolved(spec: Spec, facts: Facts) -> dict[str, Any]:
    """Return a spec's settings with the values that were used, JSON-ready: what `spec` has as null or `auto`.

    A setting that is swept stands in `sweep` alone. Momentum and weight decay of several optimizers stand by the
    optimizer's name; an optimizer without momentum has 0.

    Args:
        spec: of the screening.
        facts: what is known of the data.

    """
    found: dict[str, Any] = dict(spec.plain())
    optimizers = [spec.model_copy(update={"optimizer": name}) for name in spec.values("optimizer")]
    for name, value in (("momentum", "momentum_factor"), ("weight_decay", "decay")):
        if name in found:
            used = {one.optimizer: getattr(one, value) for one in optimizers}
            found[name] = used if len(used) > 1 else used[optimizers[0].optimizer]
    found["task"] = facts.task or spec.task
    found["loss"] = facts.loss(spec)
    if facts.train_rows is not None and len(spec.values("batch_size")) == 1:
        found["full_epochs"] = epochs(spec, facts.train_rows)
    return found


def as_given(spec: Spec, facts: Facts) -> Mapping[str, Any]:
    """Return the settings of `resolved` as a spec takes them again: without what an optimizer lacks, or has itself."""
    found = resolved(spec, facts) | {"full_epochs": spec.full_epochs}
    has = set.intersection(*(set(OPTIMIZERS[name].flags) for name in spec.values("optimizer")))
    for name in ("momentum", "weight_decay"):
        if name in found and (name not in has or isinstance(found[name], dict)):
            found[name] = getattr(spec, name)
    left_out = {"momentum", "weight_decay", "full_epochs"}
    return {name: value for name, value in found.items() if name not in left_out or value is not None}
