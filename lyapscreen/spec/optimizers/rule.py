"""What an optimizer is: the settings it has, its memory, its step as a pure function, and the step's derivative.

All but clipping goes number by number: on one candidate's tensors with its learning rate, and on stacked ones
[candidates, ...] with theirs [candidates].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from torch import Tensor  # for annotations alone: the command line reads the registry before it waits for torch

Weights: TypeAlias = "dict[str, Tensor]"
"""One candidate's parameters by name."""

Memory: TypeAlias = "dict[str, Weights]"
"""What the optimizer remembers between steps, by name; empty where it remembers nothing."""


@dataclass(frozen=True)
class Settings:
    """Settings that all candidates of a batch share."""

    momentum: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float | None = None


@dataclass(frozen=True)
class Step:
    """Which step is taken."""

    lr: Tensor
    """Its learning rate, the schedule's factor included."""
    t: int
    """Its number, counted from 0."""
    settings: Settings


class Parts(NamedTuple):
    """What an update is made of, or a tangent of it."""

    gradient: Weights
    memory: Memory
    weights: Weights


@dataclass(frozen=True)
class Optimizer:
    """An entry of the registry: everything the spec, the command line, the training and the tests know of it."""

    name: str
    """As `--optimizer` takes it."""
    since: int
    """Year of publication; the registry is in this order."""
    source: str
    """Who published it, or where."""
    init: Callable[[Weights], Memory]
    """Memory before the first step."""
    update: Callable[[Parts, Step], tuple[Weights, Memory]]
    """(parts, step) -> weights and memory after it."""
    tangent: Callable[[Parts, Parts, Memory, Step], tuple[Weights, Memory]] | None = None
    """The update's derivative, clipping apart: (parts, their tangent, memory after the step, step) -> tangents.

    None: the update is linear in (gradient, memory, weights), so that it is its own.
    """
    flags: Mapping[str, float] = field(default_factory=lambda: {"weight_decay": 0.0})
    """The settings it has, with their defaults; any other is refused rather than ignored."""
    decouples_decay: bool = False
    """Whether weight decay shrinks the weights themselves instead of being added to the gradient."""
    is_adaptive: bool = False
    """Whether it scales each weight's step by the size of that weight's own gradients."""
    torch: str = ""
    """Its name in torch.optim; empty where torch has none."""
    torch_options: Mapping[str, object] = field(default_factory=dict)
    """What it is called with there beside its flags and the learning rate."""
    jumps: str = ""
    """For a step that is discontinuous in the gradient: what that makes of the exponents, as sentences to warn with."""
