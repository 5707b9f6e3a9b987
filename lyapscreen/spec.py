"""Flags and keyword arguments into one validated, frozen spec, and its stable hash."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from lyapscreen import ranges
from lyapscreen.errors import SettingError

NAMED_DATA = ("digits", "breast-cancer", "wine", "diabetes", "moons", "friedman1", "xor")
"""Datasets that come with scikit-learn or are made by it: no network is needed."""

ACTIVATIONS = (
    "linear", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "sigmoid", "tanh",
)  # fmt: skip
"""What `--act all` stands for, in this order."""

OPTIMIZER_FLAGS: Mapping[str, frozenset[str]] = {
    "sgd": frozenset({"weight_decay"}),
    "momentum": frozenset({"weight_decay", "momentum"}),
    "nesterov": frozenset({"weight_decay", "momentum"}),
    "adam": frozenset({"weight_decay"}),
    "adamw": frozenset({"weight_decay"}),
    "rmsprop": frozenset({"weight_decay"}),
}
"""The settings each optimizer has; any other is refused rather than ignored."""

DEFAULT_MOMENTUM = 0.9
ADAMW_DECAY = 0.01
MAX_CANDIDATES = 1_000_000


def _act(value: object) -> object:
    return ranges.activations(value, ACTIVATIONS)


def _batch_size(value: object) -> object:
    return value if value == "full" else _number(value)


def _column(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(value: object) -> object:
    # `True` is a whole number to Python, not to a person; as text it is refused by pydantic's own rule.
    return str(value) if isinstance(value, bool) else value


Whole = Annotated[int, BeforeValidator(_number), Field(ge=1)]
Real = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]


class Spec(BaseModel):
    """All that decides the numbers of a screening; every field has a flag of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    data: Any = "digits"
    """A named dataset, the path of a table, or a pair of arrays (X, y)."""
    target: Annotated[str, BeforeValidator(_column)] | None = None
    """Column of the table to predict, by name or index; None is the last."""
    header: Literal["auto", "yes", "no"] = "auto"
    """Whether the table's first row names its columns."""
    task: Literal["auto", "classification", "regression"] = "auto"
    """What is learnt; auto decides by the target's values."""
    held_out: Annotated[Real, Field(gt=0, lt=1)] = 0.25
    """Fraction of the rows kept for measuring, never trained on."""

    model: Any = "mlp:64,64"
    """`mlp:` with hidden widths, or a factory `f(activation)` or `f(activation, n_inputs, n_outputs)`."""
    act: Annotated[tuple[str, ...], BeforeValidator(_act)] = ("relu", "sigmoid")
    """Activations to screen."""
    seeds: Annotated[tuple[int, ...], BeforeValidator(ranges.seeds)] = (0, 1, 2, 3, 4)
    """Each fixes initial weights and minibatch order."""

    lr: Annotated[tuple[float, ...], BeforeValidator(ranges.learning_rates)] = ranges.learning_rates("1e-4:1")
    """Learning rates to screen, ascending."""
    optimizer: Literal["sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop"] = "sgd"
    """The optimizer whose whole step is the map."""
    momentum: Annotated[Real, Field(ge=0, lt=1)] | None = None
    """Momentum factor; None where the optimizer has none, 0.9 where it has."""
    weight_decay: Annotated[Real, Field(ge=0)] | None = None
    """L2 penalty on the gradient, with adamw decay of the weights; None is 0.01 for adamw, else 0."""
    clip_norm: Annotated[Real, Field(gt=0)] | None = None
    """Largest gradient norm let through; None clips nothing."""
    batch_size: Annotated[Whole | Literal["full"], BeforeValidator(_batch_size)] = 64
    """Rows per optimizer step."""
    schedule: str = "constant"
    """`constant`, `cosine` over the probe's steps, or `cosine:N` over N."""
    warmup: Annotated[int, BeforeValidator(_number), Field(ge=0)] = 0
    """Steps over which the learning rate rises linearly to its value."""

    steps: Annotated[Whole, Field(ge=2, le=1_000_000)] = 100
    """Optimizer steps per probe, T."""
    estimator: Literal["tangent", "two-trajectory"] = "tangent"
    """How lambda_1 is measured: exactly, or by a neighbour at a small distance."""
    rank_by: Literal["effective", "transverse", "lyapunov", "kantz-wolf", "loss"] = "effective"
    """What orders configurations of one regime, lowest first."""
    kantz_wolf: bool = False
    """Measure the paper's estimate too; ranking by it does so anyway."""
    neighbours: Annotated[Whole, Field(ge=2, le=1000)] = 25
    """Trajectories of the paper's estimate, the reference among them."""
    neighbour_std: Annotated[Real, Field(gt=0)] = 1e-4
    """Standard deviation of the neighbours' initial distance in each weight."""
    max_growth: Annotated[Real, Field(gt=1)] = 20.0
    """Factor by which a perturbation may grow over the probe before it counts as chaotic."""
    dtype: Literal["float32", "float64"] = "float32"
    """Precision of training and tangent."""

    @model_validator(mode="after")
    def _coherent(self) -> Spec:
        if isinstance(self.model, str):
            _check_model(self.model)
        elif not callable(self.model):
            raise SettingError(
                "model", self.model, "a model is named or is a factory", "Pass a name such as mlp:64,64 or a callable"
            )
        for flag in frozenset().union(*OPTIMIZER_FLAGS.values()) - OPTIMIZER_FLAGS[self.optimizer]:
            if flag in self.model_fields_set and getattr(self, flag) is not None:
                having = ", ".join(name for name, flags in OPTIMIZER_FLAGS.items() if flag in flags)
                raise SettingError(
                    flag,
                    getattr(self, flag),
                    f"the optimizer {self.optimizer} has no {flag}",
                    f"Optimizers with it: {having}",
                )
        _check_schedule(self.schedule, self.warmup, self.steps)
        count = len(self.act) * len(self.lr) * len(self.seeds)
        if count > MAX_CANDIDATES:
            raise SettingError(
                "lr", f"x act x seeds = {count} candidates", f"at most {MAX_CANDIDATES} are screened", "Narrow a range"
            )
        return self

    @classmethod
    def of(cls, **settings: object) -> Spec:
        """Return the spec for the settings given, the defaults for the rest.

        Raises:
            SettingError: a setting is unknown or its value breaks its rule.

        """
        for name, value in settings.items():
            if name not in cls.model_fields:
                raise SettingError(
                    name, value, "there is no such setting",
                    ranges.nearest(name, cls.model_fields) + "See lyapscreen rank --help for all settings",
                )  # fmt: skip
        try:
            return cls(**settings)  # type: ignore[arg-type]
        except ValidationError as error:
            raise _told(error) from None

    @property
    def momentum_factor(self) -> float:
        """The momentum used: the one given, else 0.9 where the optimizer has one, else 0."""
        if "momentum" not in OPTIMIZER_FLAGS[self.optimizer]:
            return 0.0
        return DEFAULT_MOMENTUM if self.momentum is None else self.momentum

    @property
    def decay(self) -> float:
        """The weight decay used: the one given, else 0.01 for adamw as in torch, else 0."""
        if self.weight_decay is None:
            return ADAMW_DECAY if self.optimizer == "adamw" else 0.0
        return self.weight_decay

    @property
    def measures_kantz_wolf(self) -> bool:
        """Whether the paper's estimate is measured."""
        return self.kantz_wolf or self.rank_by == "kantz-wolf"

    @property
    def ln_max_growth(self) -> float:
        """Natural logarithm of `max_growth`: T * lambda_1 at or above it is chaotic."""
        return math.log(self.max_growth)

    def plain(self) -> dict[str, object]:
        """Return the spec as JSON-ready values; objects from Python are shown by their name."""
        return {name: _plain(getattr(self, name)) for name in type(self).model_fields}

    def hash(self, versions: Mapping[str, str], data: str) -> str:
        """Return a stable SHA-256 (its first 16 hex digits) of the spec, the versions and the data's digest."""
        text = json.dumps({"spec": self.plain(), "versions": dict(versions), "data": data}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _check_model(name: str) -> None:
    if not name.startswith("mlp:"):
        raise SettingError(
            "model", name, "there is no such model", "Write mlp: and hidden widths, for example mlp:64,64"
        )
    ranges.widths(name)


def _check_schedule(schedule: str, warmup: int, steps: int) -> None:
    name, colon, length = schedule.partition(":")
    fix = "Write constant, cosine (over the probe's steps), or cosine:1500 (over 1500)"
    if name not in ("constant", "cosine") or (colon and (name == "constant" or not length.isdecimal())):
        raise SettingError("schedule", schedule, "there is no such schedule", fix)
    horizon = int(length) if length else steps
    if horizon < steps:
        raise SettingError("schedule", schedule, f"it must last at least as long as the probe's {steps} steps", fix)
    if warmup >= horizon:
        raise SettingError("warmup", warmup, f"it must end before the schedule's {horizon} steps", "Write fewer steps")


def _plain(value: object) -> object:
    if isinstance(value, tuple) and any(hasattr(item, "__array__") for item in value):
        return "arrays"
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return f"{getattr(value, '__module__', '?')}:{getattr(value, '__qualname__', type(value).__name__)}"
    return value


_FIXES = {
    "held_out": "Write a fraction such as 0.25",
    "batch_size": "Write a whole number such as 64, or full",
    "steps": "Write a whole number such as 100",
    "max_growth": "Write a factor such as 20",
    "momentum": "Write a factor such as 0.9",
    "weight_decay": "Write a number such as 1e-4, or 0",
    "warmup": "Write a whole number of steps such as 10, or 0",
    "neighbours": "Write a whole number such as 25",
    "neighbour_std": "Write a small number such as 1e-4",
    "clip_norm": "Write a positive number such as 1, or leave the flag out",
}


def _told(error: ValidationError) -> SettingError:
    """Turn pydantic's first finding into setting, value, rule and fix."""
    first = error.errors(include_url=False)[0]
    setting = str(first["loc"][0]) if first["loc"] else "spec"
    value, fix = first["input"], _FIXES.get(setting, "See lyapscreen rank --help")
    if setting == "batch_size":  # a union: pydantic tells of one of its halves only
        return SettingError(setting, value, "it must be a whole number from 1 on, or full", fix)
    if first["type"] == "literal_error":
        names = str(first["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        hint = ranges.nearest(str(value), names)
        return SettingError(setting, value, f"it must be one of {', '.join(names)}", hint + "Choose one of these")
    rule = first["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return SettingError(setting, value, f"it must be {rule}", fix)
