"""What TrainingArguments say of a training, and what of it is not screened."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from lyapscreen.errors import SettingError

_EXACT: dict[str, tuple[tuple[Any, ...], str]] = {
    "gradient_accumulation_steps": ((1,), "Screen with a larger per_device_train_batch_size instead"),
    "fp16": ((False,), "Screen in single precision, then train in half"),
    "bf16": ((False,), "Screen in single precision, then train in half"),
    "label_smoothing_factor": ((0, 0.0), "Leave it out of the screening"),
    "neftune_noise_alpha": ((None, 0), "Leave it out of the screening"),
    "group_by_length": ((False,), "Let batches be drawn at random"),
    "train_sampling_strategy": (("random",), "Let batches be drawn at random"),
    "auto_find_batch_size": ((False,), "Write the batch size"),
    "deepspeed": ((None,), "Screen on one device, without it"),
    "fsdp": ((None, [], "", False), "Screen on one device, without it"),
    "optim_target_modules": ((None,), "Leave it out"),
    "use_liger_kernel": ((False,), "Leave it out: its kernels have no second derivative"),
    "world_size": ((1,), "Screen on one device, with the batch of all"),
    "resume_from_checkpoint": ((None, False), "Screen from the weights that model_init gives"),
}
"""By argument: the values that are screened, and what to do about another."""


def require_exact(args: Any) -> None:
    """Refuse arguments that change a step in a way that is not screened.

    Raises:
        SettingError: naming the argument.

    """
    for name, (values, fix) in _EXACT.items():
        found = getattr(args, name, values[0])
        if found not in values:
            rule = f"only {' or '.join(map(repr, values[:1]))} is screened"
            raise SettingError(f"args.{name}", found, rule, fix)


def apart(args: Any, folder: str) -> Any:
    """Return a copy for a Trainer that only builds things: it writes into a folder and reports nowhere."""
    found = copy.copy(args)
    found.output_dir = str(Path(folder))
    found.report_to = []
    for name in ("push_to_hub", "torch_compile", "load_best_model_at_end"):
        setattr(found, name, False)
    return found


def steps_of(args: Any, per_epoch: int) -> int:
    """Return how many optimizer steps the training takes.

    Raises:
        SettingError: fewer than two.

    """
    steps = args.max_steps if args.max_steps > 0 else -int(-args.num_train_epochs * per_epoch // 1)
    if steps < 2:
        raise SettingError("args.max_steps", args.max_steps, f"{steps} steps are no training", "Write more")
    return steps
