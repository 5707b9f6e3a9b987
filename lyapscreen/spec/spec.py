"""Flags and keyword arguments into one validated, frozen spec, and its stable hash."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from lyapscreen.errors import OldSpelling, SettingError
from lyapscreen.spec import axis_values, constraints, fields, lengths, memory_size, model_names, old_spellings, parsing
from lyapscreen.spec.activations import activations
from lyapscreen.spec.constraints import SWEEPABLE
from lyapscreen.spec.fields import OptimizerName, RankBy, Real, Whole
from lyapscreen.spec.measures import DEFAULT_RANK_BY
from lyapscreen.spec.named_data import NAMED_DATA as NAMED_DATA
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.plain import NOT_IN_HASH, plain_value
from lyapscreen.spec.sweep import Axes, Settings
from lyapscreen.spec.sweep import read as read_sweep
from lyapscreen.spec.validation_errors import setting_error


def _sweep(value: object) -> object:
    return tuple((name, axis_values.valid(name, items, Spec.model_fields)) for name, items in read_sweep(value))


class Spec(BaseModel):
    """All that decides the numbers of a screening; every field has a flag of the same name."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    data: fields.Data = "digits"
    """A named dataset, a path, `FILE.py:function`, a Dataset, or arrays (X, y) or (X, y, X_held_out, y_held_out)."""
    target: Annotated[str, BeforeValidator(fields.column)] | None = None
    """Column of the table to predict, by name or index, or several, `a,b`; None is the last."""
    header: fields.Header = "auto"
    """Whether the table's first row names its columns."""
    skip_rows: Annotated[int, BeforeValidator(fields.number), Field(ge=0)] | None = None
    """Lines at the top of a table that are passed over; None finds titles and comments."""
    separator: fields.Separator | None = None
    """What separates a text table's cells; None finds it."""
    decimal: fields.Decimal = "auto"
    """The decimal mark of a text table's numbers; auto finds it."""
    encoding: fields.Encoding | None = None
    """How a text table's bytes are letters; None is UTF-8, or what a byte order mark says."""
    missing: fields.Marks | None = None
    """Cells that hold no value, beside empty ones; None is what pandas has, and says what it finds."""
    drop: fields.Columns | None = None
    """Columns that are no inputs, beside row numbers and constants; `none` uses these too."""
    ignore_label: Annotated[str, BeforeValidator(fields.column)] | None = None
    """A label that stands for "not labelled": its rows are kept out of training and measuring."""
    task: fields.Task = "auto"
    """What is learnt; auto decides by the target's values."""
    inputs: fields.Inputs = "auto"
    """What one row of X is; auto takes X of three or four dimensions for images, any other for numbers."""
    held_out: Annotated[float | str, BeforeValidator(parsing.held_out)] = 0.25
    """Fraction of the rows kept for measuring, never trained on, or a file of such rows."""
    split: Annotated[str, BeforeValidator(parsing.split)] = "random"
    """Which rows are kept: `random`, `last`, or `group:COLUMN`, that is, whole groups of rows."""

    model: fields.Model = "mlp:64,64"
    """`mlp:` with hidden widths, `cnn`, a module, or what builds one: `f(activation, n_inputs, n_outputs)`."""
    act: Annotated[tuple[str, ...], BeforeValidator(activations)] = ("relu", "sigmoid")
    """Activations to screen."""
    seeds: Annotated[tuple[int, ...], BeforeValidator(parsing.seeds)] = (0, 1, 2, 3, 4)
    """Each fixes initial weights and minibatch order."""

    lr: Annotated[tuple[float, ...], BeforeValidator(parsing.learning_rates)] = parsing.learning_rates("1e-4:1")
    """Learning rates to screen, ascending."""
    optimizer: OptimizerName = "sgd"
    """The optimizer whose whole step is the map."""
    momentum: Annotated[Real, Field(ge=0, lt=1)] | None = None
    """Momentum factor; None where the optimizer has none, 0.9 where it has."""
    weight_decay: Annotated[Real, Field(ge=0)] | None = None
    """L2 penalty on the gradient, with adamw decay of the weights; None is 0.01 for adamw, else 0."""
    clip_norm: Annotated[Real, Field(gt=0)] | None = None
    """Largest gradient norm let through; None clips nothing."""
    batch_size: Annotated[Whole | Literal["full"], BeforeValidator(fields.batch_size)] = 64
    """Rows per optimizer step."""
    schedule: fields.Schedule = "constant"
    """`constant`, `linear`, `cosine` or `wsd[:FRACTION]` over the full training; a probe runs its beginning."""
    warmup: Annotated[int, BeforeValidator(fields.number), Field(ge=0)] = 0
    """Steps over which the learning rate rises linearly to its value."""

    loss: fields.Loss = "auto"
    """`auto` (cross-entropy or mse by the task), `cross-entropy`, `mse`, `huber`, `bce`, or `FILE.py:function`."""
    init: fields.Init = "fresh"
    """Whether a finished module's weights are drawn anew for each seed, or kept."""
    weights: str | None = None
    """File of a state_dict that every seed starts from."""

    sweep: Annotated[tuple[tuple[str, tuple[Any, ...]], ...], BeforeValidator(_sweep)] = ()
    """Further axes: settings of the optimizer, and keywords of the model's factory, with their values."""

    full_steps: Annotated[Whole, Field(ge=2, le=lengths.MOST_FULL_STEPS)] = lengths.DEFAULT_FULL_STEPS
    """Optimizer steps of the full training that is screened for, N."""
    full_epochs: Annotated[Real, Field(gt=0)] | None = None
    """The same in epochs, passes over the training rows; None where it is given in steps."""
    keep: fields.Keep = "best"
    """The checkpoint of the full training that is kept: the best (early stopping) or the last."""

    steps: Annotated[Whole, Field(ge=2, le=lengths.MOST_STEPS)] = lengths.DEFAULT_STEPS
    """Optimizer steps per probe, T; from `lengths.probe_steps(full_steps)` where only N is given."""
    halving: bool = True
    """Whether only the best go on after a quarter and after half of the steps."""
    estimator: fields.Estimator = "tangent"
    """How lambda_1 is measured: exactly, or by a neighbour at a small distance."""
    rank_by: RankBy = DEFAULT_RANK_BY
    """What orders configurations of one regime, lowest first."""
    kantz_wolf: bool = False
    """Measure the paper's estimate too; ranking by it does so anyway."""
    evaluation_rows: Annotated[Whole | Literal["all"] | None, BeforeValidator(fields.evaluation_rows)] = None
    """Most rows that each loss is measured on, or `all`; None is 2,048 for training, 4,096 held out."""
    neighbours: Annotated[Whole, Field(ge=2, le=1000)] = 25
    """Trajectories of the paper's estimate, the reference among them."""
    neighbour_std: Annotated[Real, Field(gt=0)] = 1e-4
    """Standard deviation of the neighbours' initial distance in each weight."""
    max_growth: Annotated[Real, Field(gt=1)] = 20.0
    """Factor by which a perturbation may grow over the probe before it counts as chaotic."""
    dtype: fields.Dtype = "float32"
    """Precision of training and tangent."""
    device: fields.Device = "auto"
    """Where the arithmetic is done; auto is a GPU where there is one and the work is long enough."""
    memory: Annotated[int, BeforeValidator(memory_size.memory)] | None = None
    """Bytes that the working set of one batch may take; None chooses what is quick for the model."""
    no_code: bool = False
    """Refuse a model or data that names Python code."""

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        return lengths.filled(given)

    @model_validator(mode="after")
    def _coherent(self) -> Spec:
        model_names.check_model(self.model, self.act)
        model_names.check_loss(self.loss)
        constraints.check(self)
        return self

    @classmethod
    def of(cls, **settings: object) -> Spec:
        """Return the spec for the settings given, the defaults for the rest.

        Raises:
            SettingError: a setting is unknown or its value breaks its rule.

        Warns:
            OldSpelling: a setting is spelled as an earlier version had it.

        """
        for name, value in settings.items():
            if name not in cls.model_fields:
                raise SettingError(
                    name, value, "there is no such setting",
                    parsing.nearest(name, cls.model_fields) + "See lyapscreen rank --help for all settings",
                )  # fmt: skip
        today, notices = old_spellings.translated(settings)
        for notice in notices:
            warnings.warn(notice, OldSpelling, stacklevel=3)  # the line that called `screen`
        try:
            return cls(**today)
        except ValidationError as error:
            raise setting_error(error, cls.model_fields) from None

    def values(self, name: str) -> tuple[Any, ...]:
        """Return every value of a setting that is screened: those it is swept over, else the one it has."""
        return dict(self.sweep).get(name) or (getattr(self, name),)

    def given(self, name: str) -> Any:
        """Return the value that a setting was given; None where it has its default, or is a keyword of the model."""
        return getattr(self, name) if name in self.model_fields_set else None

    def at_point(self, settings: Settings) -> Spec:
        """Return the spec at one point of its axes.

        Settings have their value there, and `sweep` one value an axis, so that `model_keywords` are those of the point.
        """
        if not settings:
            return self
        replaced = {name: value for name, value in settings if name in SWEEPABLE}
        return self.model_copy(update={**replaced, "sweep": tuple((name, (value,)) for name, value in settings)})

    @property
    def keyword_axes(self) -> Axes:
        """The axes that are no settings of ours, so keywords of the model's factory."""
        return constraints.keyword_axes(self.sweep)

    @property
    def model_keywords(self) -> Settings:
        """The keywords that the model's factory is called with: of each axis the first value."""
        return tuple((name, values[0]) for name, values in self.keyword_axes)

    @property
    def momentum_factor(self) -> float:
        """The momentum used: the one given, else the optimizer's own, 0 where it has none."""
        return self._of_optimizer(self.momentum, "momentum")

    @property
    def decay(self) -> float:
        """The weight decay used: the one given, else the optimizer's own, 0.01 for adamw as in torch."""
        return self._of_optimizer(self.weight_decay, "weight_decay")

    def _of_optimizer(self, given: float | None, flag: str) -> float:
        return OPTIMIZERS[self.optimizer].flags.get(flag, 0.0) if given is None else given

    @property
    def measures_kantz_wolf(self) -> bool:
        """Whether the paper's estimate is measured."""
        return self.kantz_wolf or self.rank_by == "kantz-wolf"

    @property
    def halves(self) -> bool:
        """Whether probes may stop early: the paper's estimate needs all of them at full length.

        So does the last checkpoint: which rate it is read at follows from the losses of all of them.
        """
        reads_far = self.rank_by == "projected" and self.keep == "last"
        return self.halving and not self.measures_kantz_wolf and not reads_far

    @property
    def ln_max_growth(self) -> float:
        """Natural logarithm of `max_growth`: T * lambda_1 at or above it is chaotic."""
        return math.log(self.max_growth)

    def minibatch_rows(self, rows: int) -> int:
        """Return how many of a data set's rows a step sees."""
        return rows if self.batch_size == "full" else min(int(self.batch_size), rows)

    def plain(self) -> dict[str, object]:
        """Return the spec as JSON-ready values; objects from Python are shown by their name.

        A setting that is swept stands in `sweep` alone.
        """
        swept = {name: list(values) for name, values in self.sweep}
        found = {name: plain_value(getattr(self, name)) for name in type(self).model_fields if name not in swept}
        return {**found, "sweep": swept}

    def hash(self, versions: Mapping[str, str], data: str) -> str:
        """Return a stable SHA-256 (its first 16 hex digits) of the spec, the versions and the data's digest."""
        spec = {name: value for name, value in self.plain().items() if name not in NOT_IN_HASH}
        # As pairs: the order of the axes is the order of the columns.
        spec["sweep"] = [[name, list(values)] for name, values in self.sweep]
        text = json.dumps({"spec": spec, "versions": dict(versions), "data": data}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
