"""What a LightningModule, its data module or its Trainer may not have: what would change a training unseen here."""

from __future__ import annotations

from typing import Any

from torch import nn

from lyapscreen.errors import DataError, ModelError, SettingError

CHANGING = (
    "backward", "configure_gradient_clipping", "configure_model", "lr_scheduler_step", "on_after_backward",
    "on_after_batch_transfer", "on_before_backward", "on_before_batch_transfer", "on_before_optimizer_step",
    "on_before_zero_grad", "on_train_batch_end", "on_train_batch_start", "on_train_epoch_start", "optimizer_step",
    "optimizer_zero_grad", "setup", "transfer_batch_to_device",
)  # fmt: skip
"""Methods of a module that a Trainer calls around each step, or before the first."""

IDLE = (
    "on_fit_start", "on_train_start", "on_train_epoch_end", "on_validation_start", "on_validation_epoch_start",
    "on_validation_batch_start", "on_validation_batch_end", "on_validation_epoch_end", "on_validation_end",
    "on_train_end", "on_fit_end",
)  # fmt: skip
"""Methods that are not called here, and mostly log."""

WATCHING = frozenset({
    "DeviceStatsMonitor", "EarlyStopping", "LearningRateMonitor", "ModelCheckpoint", "ModelSummary",
    "OnExceptionCheckpoint", "ProgressBar", "RichModelSummary", "RichProgressBar", "ThroughputMonitor", "Timer",
    "TQDMProgressBar",
})  # fmt: skip
"""Callbacks that leave the steps of a training as they are."""


def overridden(thing: Any, names: tuple[str, ...]) -> list[str]:
    """Return those of some methods that an object has of its own, and not from Lightning."""
    found = []
    for name in names:
        of = next((kind for kind in type(thing).__mro__ if name in vars(kind)), None)
        if of is not None and of.__module__.partition(".")[0] not in ("lightning", "pytorch_lightning"):
            found.append(name)
    return found


def require_automatic(module: nn.Module, name: str) -> tuple[str, ...]:
    """Refuse a module whose steps are not those of its optimizer alone; return what to say of what is not called.

    Raises:
        ModelError: naming what it has.

    """
    if not getattr(module, "automatic_optimization", True):
        rule = "it optimizes by itself (automatic_optimization=False)"
        raise ModelError("model", name, rule, "Let training_step return the loss, and Lightning take the step")
    if found := overridden(module, CHANGING):
        rule = f"it has a {found[0]} of its own, which may change what a step does"
        raise ModelError("model", name, rule, f"Leave {', '.join(found)} out of the module that is screened")
    idle = overridden(module, IDLE)
    return (f"model: not called: {', '.join(idle)}",) if idle else ()


def require_plain_data(datamodule: Any) -> None:
    """Refuse a data module that changes batches on their way.

    Raises:
        DataError: naming the method.

    """
    hooks = ("on_before_batch_transfer", "on_after_batch_transfer", "transfer_batch_to_device")
    if found := overridden(datamodule, hooks):
        rule = f"it has {found[0]} of its own, which changes batches on their way to the module"
        raise DataError("data", type(datamodule).__name__, rule, "Do it once for each item, in the data set")


def trainer_settings(trainer: Any) -> dict[str, Any]:
    """Return `clip_norm` and `dtype` of a Trainer.

    Raises:
        SettingError: it changes steps in a way that is not screened.

    """
    for callback in trainer.callbacks:
        if type(callback).__name__ not in WATCHING:
            rule = "a callback may change what a step does"
            raise SettingError("trainer", type(callback).__name__, rule, "Give a Trainer without it")
    one = {
        "accumulate_grad_batches": (1, "Screen with a larger batch_size instead"),
        "world_size": (1, "Screen on one device, with the batch of all"),
        "overfit_batches": (0.0, "Give the data set that is to be trained on"),
        "limit_train_batches": (1.0, "Give a Subset of the data set"),
    }
    for name, (wanted, fix) in one.items():
        if (value := getattr(trainer, name, wanted)) not in (wanted, None):
            raise SettingError(f"trainer.{name}", value, f"only {wanted} is screened", fix)
    if trainer.gradient_clip_val and trainer.gradient_clip_algorithm not in (None, "norm"):
        rule = "gradients are clipped by their norm alone"
        raise SettingError("trainer.gradient_clip_algorithm", str(trainer.gradient_clip_algorithm), rule, "Use norm")
    precision = str(trainer.precision)
    if precision not in ("32-true", "64-true"):
        rule = "trainings are screened in 32 or 64 bits"
        raise SettingError("trainer.precision", precision, rule, "Screen with precision='32-true'")
    found: dict[str, Any] = {"dtype": "float64" if precision == "64-true" else "float32"}
    return found | ({"clip_norm": trainer.gradient_clip_val} if trainer.gradient_clip_val else {})


def steps_of(max_steps: int | None, max_epochs: float | None, trainer: Any, per_epoch: int) -> int:
    """Return how many steps the training takes: as many as asked for, else as the Trainer says.

    Raises:
        SettingError: nothing says so.

    """
    if max_steps is None and max_epochs is None and trainer is not None:
        max_steps = trainer.max_steps if trainer.max_steps > 0 else None
        max_epochs = trainer.max_epochs if (trainer.max_epochs or 0) > 0 else None
    lengths = [] if max_steps is None else [max_steps]
    lengths += [] if max_epochs is None else [round(max_epochs * per_epoch)]
    if not lengths or min(lengths) < 2:
        rule = "nothing says how long the training is" if not lengths else f"{min(lengths)} steps are no training"
        raise SettingError("max_steps", max_steps, rule, "Write max_steps= or max_epochs=, or give trainer=")
    return min(lengths)
