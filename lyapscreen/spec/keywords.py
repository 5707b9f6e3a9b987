"""The settings as keywords of `screen` and `replay`, written out for editors and type checkers.

The same words as the flags and as the fields of `lyapscreen.spec.spec.Spec`, which says what each means and checks it;
a value may be written as on the command line ("1e-4:1", "relu,tanh", "20") or as Python has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn
    from torch.optim import Optimizer

Words: TypeAlias = "str | Iterable[str]"
Numbers: TypeAlias = "str | float | Iterable[float]"
Yes: TypeAlias = "bool | Literal['true', 'false', 'yes', 'no']"


class Keywords(TypedDict, total=False):
    """Every setting of a screening; each may be left out."""

    data: Any
    """A named dataset, a path, `FILE.py:function`, a function, arrays (X, y) or (X, y, X_held_out, y_held_out) with X
    of the shape [rows, ...] and y [rows] or [rows, outputs], a dict of them, a DataFrame, a scikit-learn Bunch, a torch
    or Hugging Face Dataset, a DataLoader, or a LightningDataModule."""
    target: str | int | None
    """The column to predict, of a table or DataFrame; the last by default."""
    header: Literal["auto", "yes", "no"]
    skip_rows: int | str | None
    """Lines at the top of a table."""
    separator: str | None
    decimal: Literal["auto", ".", ","]
    encoding: str | None
    missing: Words | None
    drop: Words | None
    """Columns that are no inputs."""
    ignore_label: str | int | None
    task: Literal["auto", "classification", "regression"]
    inputs: Literal["auto", "numbers", "images", "tokens", "sequences"]
    held_out: float | str | PathLike[str]
    """Fraction of the rows, between 0 and 1, or the path of a file with the held-out rows."""
    split: str
    """`random`, `last` or `group:COLUMN`."""

    model: str | nn.Module | Callable[..., nn.Module]
    """`mlp:64,64`, `cnn`, `FILE.py:function`, a finished module, or a function or class that returns one, called as
    f(activation), as f(activation, n_inputs, n_outputs), by these names, or without arguments."""
    act: str | type[nn.Module] | Iterable[str | type[nn.Module]]
    seeds: str | int | Iterable[int]
    """One number is a count."""

    lr: Numbers
    """Learning rates: "LO:HI" (logarithmic, both ends included), "LO:HI:N", or values; "auto", the
    default of `screen`, widens 1e-4:1 until the best lies inside."""
    optimizer: str | type[Optimizer]
    momentum: float | str | None
    weight_decay: float | str | None
    clip_norm: float | str | None
    """Largest gradient norm let through."""
    batch_size: int | str
    """Rows per optimizer step, or "full"."""
    schedule: str
    """`constant`, `linear`, `cosine` or `wsd[:FRACTION]`, over the full training; with `:from-zero` warm-up begins
    at 0."""
    warmup: int | str
    """Optimizer steps."""

    loss: str | nn.Module | Callable[[Tensor, Tensor], Tensor]
    """A name, or a function (outputs [rows, outputs], targets) -> mean over the rows, or one number a row."""
    init: Literal["fresh", "keep"]
    weights: str | None
    """Path of a state_dict that every seed starts from."""

    sweep: str | Sequence[str] | Mapping[str, object] | Sequence[tuple[str, object]]
    """Further axes, such as {"momentum": [0, 0.9]}: settings of the optimizer or keywords of the model."""

    full_steps: int | str
    """Optimizer steps of the training that is screened for, N."""
    full_epochs: float | str | None
    """The same in passes over the training rows."""
    keep: Literal["best", "last"]

    steps: int | str
    """Optimizer steps of a probe, T."""
    halving: Yes
    estimator: Literal["tangent", "two-trajectory"]
    rank_by: str
    kantz_wolf: Yes
    evaluation_rows: int | str | None
    """Most rows that each loss is measured on, or "all"."""
    neighbours: int | str
    neighbour_std: float | str
    max_growth: float | str
    """A factor over the probe."""
    dtype: Literal["float32", "float64"]
    device: Literal["auto", "cpu", "cuda"]
    memory: int | str | None
    """Bytes, or text such as "1GiB"."""
    no_code: Yes
