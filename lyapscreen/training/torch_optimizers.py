"""A spec's optimizer as torch.optim has it, with every setting of ours, and its schedule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch.optim.lr_scheduler import LambdaLR

from lyapscreen.errors import SettingError
from lyapscreen.spec.optimizers import OPTIMIZERS, listed
from lyapscreen.spec.schedules import factor
from lyapscreen.spec.spec import Spec


def optimizer(spec: Spec, parameters: Iterable[torch.nn.Parameter], lr: float) -> torch.optim.Optimizer:
    """Return the optimizer of torch that takes the steps of the spec's, gradient clipping left to the loop.

    Raises:
        SettingError: torch has none (lion).

    """
    entry = OPTIMIZERS[spec.optimizer]
    if not entry.torch:
        having = listed((name for name, other in OPTIMIZERS.items() if other.torch), "and")
        rule = "torch.optim has no such optimizer, so that no plain training can use it"
        raise SettingError("optimizer", spec.optimizer, rule, f"It has {having}")
    options = dict(entry.torch_options)
    if "momentum" in entry.flags:
        options["momentum"] = spec.momentum_factor
        # Without momentum Nesterov's step is that of gradient descent, and torch refuses to be asked for it.
        options |= {"nesterov": bool(spec.momentum_factor)} if "nesterov" in options else {}
    made: Any = getattr(torch.optim, entry.torch)
    found: torch.optim.Optimizer = made(parameters, lr=lr, weight_decay=spec.decay, **options)
    return found


def scheduler(spec: Spec, of: torch.optim.Optimizer) -> LambdaLR | None:
    """Return what multiplies the optimizer's learning rate by the spec's schedule, warm-up included.

    None where the learning rate stays as it is.
    """
    if spec.schedule == "constant" and not spec.warmup:
        return None
    return LambdaLR(of, factor(spec.schedule, spec.full_steps, spec.warmup))
