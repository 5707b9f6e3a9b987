"""From a LightningModule and its data to a screening of its learning rate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.data import containers
from lyapscreen.errors import ModelError, SettingError
from lyapscreen.integrations import configured, loaders
from lyapscreen.integrations.lightning import checks, refusals
from lyapscreen.integrations.lightning.copying import quiet
from lyapscreen.integrations.lightning.step import Cut, Network, StepLoss
from lyapscreen.integrations.settings import around, require_free, require_numbered
from lyapscreen.screening.run import screen
from lyapscreen.screening.screening import Screening
from lyapscreen.spec import user_code
from lyapscreen.spec.activations import NONE

HELD_OUT = 0.25
"""Share of the rows that is held out where there are none to validate on."""


def rank(
    module: nn.Module | Callable[[], nn.Module],
    datamodule: Any,
    *,
    max_steps: int | None = None,
    max_epochs: float | None = None,
    trainer: Any = None,
    target: str | int | None = None,
    **settings: Any,
) -> Screening:
    """Rank learning rates for the training that a Trainer would run of a module.

    Each step of a probe is that of `training_step` and of the optimizer that `configure_optimizers` returns, with the
    scheduler's rate. Batches are drawn anew for each seed, the short last one of an epoch left out. Held-out losses
    are those of `training_step` in evaluation mode on the validation rows.

    Args:
        module: a LightningModule, whose weights are drawn anew for each seed (`init="keep"` keeps them), or a function
            or class that builds one; it is left as it is.
        datamodule: a LightningDataModule, a DataLoader, or two: of training and of validation.
        max_steps: optimizer steps of the training that is screened for.
        max_epochs: the same in epochs of the training loader; the shorter of the two counts, as for a Trainer.
        trainer: a Trainer whose length and clipping are taken; not run.
        target: the target's key or place in a batch; by default `labels`, `target`, `y` and the like, or the last.
        settings: as `lyapscreen.screen` takes them. By default `lr` is two decades on either side of the configured
            rate, and `act` the module's own; `schedule` and `warmup` take the place of a scheduler.

    Raises:
        SettingError: naming what cannot be screened exactly; its kinds DataError and ModelError of data and module.

    """
    taken = (
        "data",
        "model",
        "loss",
        "optimizer",
        "momentum",
        "weight_decay",
        "batch_size",
        "full_steps",
        "full_epochs",
    )
    require_free(settings, taken, "the module and its data")
    made, name = _made(module)
    said = [*refusals.require_automatic(made, name)]
    train, held_out, more = _rows(datamodule, target)
    found = checks.cut(made, train, name)
    found, task = _of_task(found, train, settings.pop("task", None))
    steps = refusals.steps_of(max_steps, max_epochs, trainer, train.steps_per_epoch)
    asked = {} if trainer is None else refusals.trainer_settings(trainer)
    own, rate = _optimization(made, name, steps, settings)
    keeps = "act" not in settings
    network: Any = Network(quiet(made), found, name, keeps_activations=keeps)
    if made is not module:
        network = _Builder(module, found, name, keeps_activations=keeps)
    data = tuple(part for rows in (train, held_out) for part in (_arrays(rows.inputs), rows.targets.numpy()))
    given = {"act": NONE, "lr": around(rate), "task": task} | asked | own | settings
    screening = screen(
        data=data, model=network, loss=StepLoss(made, found, "training_step"), batch_size=train.batch_size,
        full_steps=steps, **given,
    )  # fmt: skip
    said += [*more, "held-out loss: that of training_step, in evaluation mode, on the validation rows"]
    return replace(screening, notices=(*said, *screening.notices))


class _Builder:
    """Builds the network of a seed."""

    def __init__(self, build: Any, cut: Cut, name: str, *, keeps_activations: bool) -> None:
        self._build, self._cut, self._keeps, self.__qualname__ = build, cut, keeps_activations, name

    def __call__(self) -> nn.Module:
        """Return it."""
        return Network(quiet(self._build()), self._cut, self.__qualname__, keeps_activations=self._keeps)


def _made(module: Any) -> tuple[nn.Module, str]:
    """Return a LightningModule, built if need be, and what messages call it."""
    name = getattr(module, "__qualname__", type(module).__name__)
    if not isinstance(module, nn.Module):
        with torch.random.fork_rng(devices=[]):
            module = user_code.call("model", name, module, error=ModelError)
    if not isinstance(module, nn.Module) or not hasattr(module, "training_step"):
        rule = f"it is of type {type(module).__name__}, not a LightningModule"
        raise ModelError("model", name, rule, "Pass a LightningModule, or what builds one without arguments")
    return module, name


def _rows(datamodule: Any, target: str | int | None) -> tuple[loaders.Rows, loaders.Rows, list[str]]:
    """Return the rows to train and to validate on, and what to say of them."""
    refusals.require_plain_data(datamodule)
    with torch.random.fork_rng(devices=[]):
        opened, _ = containers.opened(datamodule, "the data module")
        both = opened if isinstance(opened, tuple | list) else (opened,)
        train = loaders.rows(both[0], "the training loader", target)
        held_out = loaders.rows(both[1], "the validation loader", target) if len(both) > 1 else None
    said = []
    if train.padded or (held_out is not None and held_out.padded):
        rule = "rows of unlike lengths are padded to the longest of their batch"
        raise SettingError("data", "the training loader", rule, "Pad all of them to one length, in the data set")
    if type(both[0].sampler).__name__ == "SequentialSampler":
        said.append("data: the training loader does not shuffle; here every seed draws its own order")
    if held_out is None:
        order = torch.randperm(len(train.targets), generator=torch.Generator().manual_seed(0))
        count = max(1, round(HELD_OUT * len(order)))
        held_out, train = (
            replace(train, leaves=tuple(leaf[rows.sort().values] for leaf in train.leaves))
            for rows in (order[:count], order[count:])
        )
        said.append(f"data: no validation loader; {count} rows are held out, drawn at random")
    return train, held_out, said


def _of_task(cut: Cut, train: loaders.Rows, task: str | None) -> tuple[Cut, str]:
    """Return the cut with what the task asks for, and the task: classes where targets are whole numbers, or 0 and 1."""
    y = train.targets
    whole = not y.is_floating_point() or (y.numel() == len(y) and bool(((y == 0) | (y == 1)).all()))
    found = task or ("classification" if whole else "regression")
    if found == "regression":
        columns = y.double().reshape(len(y), -1)
        spread = columns.std(0, correction=0)
        return replace(
            cut, center=tuple(columns.mean(0).tolist()), spread=tuple(spread.where(spread > 0, 1.0).tolist())
        ), found
    values = torch.unique(y)
    if y.numel() == len(y):
        require_numbered(values, "the target", "the target has", "Number them so, or write task='regression'")
    outputs = cut.outputs or (1,)
    return replace(cut, binary=y.numel() == len(y) and len(values) == 2 and outputs == (1,)), found


def _optimization(module: nn.Module, name: str, steps: int, settings: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Return the settings of the optimizer and scheduler that a copy of the module configures, and the rate."""
    trial = quiet(module)
    made = user_code.call("model", name, trial.configure_optimizers, error=ModelError)  # type: ignore[arg-type]
    optimizer, scheduler, interval = _single(made, name)
    own, rate = configured.optimizer_settings(optimizer, trial), configured.rate_of(optimizer)
    if "schedule" in settings:
        return own, rate
    if scheduler is not None and interval != "step":
        rule = f"it is stepped once an epoch (interval {interval!r}), and schedules of ours go step by step"
        fix = 'Return {"scheduler": ..., "interval": "step"} over max_steps, or write schedule= to screen for one'
        raise SettingError("schedule", type(scheduler).__name__, rule, fix)
    return own | configured.schedule_settings(scheduler, optimizer, steps), rate


def _single(made: Any, name: str) -> tuple[torch.optim.Optimizer, Any, str]:
    """Return the one optimizer that was configured, its scheduler if there is one, and when that is stepped."""
    optimizers, schedulers = made, []
    if isinstance(made, tuple | list) and len(made) == 2 and all(isinstance(part, list) for part in made):
        optimizers, schedulers = made
    if isinstance(optimizers, tuple | list) and len(optimizers) == 1:
        optimizers = optimizers[0]
    if isinstance(optimizers, dict):
        schedulers = [optimizers["lr_scheduler"]] if optimizers.get("lr_scheduler") is not None else []
        optimizers = optimizers["optimizer"]
    if not isinstance(optimizers, torch.optim.Optimizer) or len(schedulers) > 1:
        what = f"{len(optimizers)} optimizers" if isinstance(optimizers, tuple | list) else type(optimizers).__name__
        rule = f"configure_optimizers returns {what} and {len(schedulers)} schedulers, and one optimizer is screened"
        raise ModelError("model", name, rule, "Return one optimizer of torch, with one scheduler at most")
    if not schedulers:
        return optimizers, None, "step"
    one = schedulers[0] if isinstance(schedulers[0], dict) else {"scheduler": schedulers[0]}
    if one.get("frequency", 1) != 1:
        raise SettingError("schedule", type(one["scheduler"]).__name__, f"its frequency is {one['frequency']}", "Use 1")
    return optimizers, one["scheduler"], one.get("interval", "epoch")


def _arrays(leaves: tuple[Tensor, ...]) -> tuple[Any, ...]:
    return tuple(leaf.numpy() for leaf in leaves)
