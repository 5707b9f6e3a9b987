"""The types of a spec's fields: how what a person wrote becomes a value, and what it may be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lyapscreen.spec import numbers, optimizer_classes, table_settings
from lyapscreen.spec.measures import RANK_BY
from lyapscreen.spec.model_names import LOSSES
from lyapscreen.spec.named_data import NAMED_DATA
from lyapscreen.spec.optimizers import OPTIMIZERS


def number(value: object) -> object:
    """Return a number as it was given."""
    # `True` is a whole number to Python, not to a person; as text it is refused by pydantic's own rule.
    if isinstance(value, bool):
        return str(value)
    # Python and pydantic read underscores, and digits of other scripts, without a word: quoted, they are no number.
    return repr(value) if isinstance(value, str) and not numbers.is_plain(value) else numbers.plain(value)


def batch_size(value: object) -> object:
    """Read a batch size: `full`, or a number."""
    return "full" if isinstance(value, str) and value.lower() == "full" else number(value)


def evaluation_rows(value: object) -> object:
    """Read how many rows a loss is measured on: `all`, or a number."""
    return "all" if isinstance(value, str) and value.lower() == "all" else number(value)


def data(value: object) -> object:
    """Read the name of a dataset in any case; any other value as it is."""
    named = isinstance(value, str) and value.lower() in NAMED_DATA and not Path(value).exists()
    return str(value).lower() if named else value


def model(value: object) -> object:
    """Read the name of a network of ours in any case; any other value as it is."""
    kind, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
    ours = kind.lower() == "mlp" if colon else kind.lower() == "cnn"
    return str(value).lower() if ours else value


def loss(value: object) -> object:
    """Read the name of a loss in any case; any other value as it is."""
    return value.lower() if isinstance(value, str) and value.lower() in LOSSES else value


def in_lower_case(value: object) -> object:
    """Read a word of ours in any case: `SGD`, `Cosine`."""
    return value.lower() if isinstance(value, str) else value


def optimizer(value: object) -> object:
    """Read an optimizer: its name in any case, or torch's class."""
    return in_lower_case(optimizer_classes.named(value))


def column(value: object) -> object:
    """Read a column's name, which may be a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


if TYPE_CHECKING:
    OptimizerName = str
    RankBy = str
else:
    OptimizerName = Annotated[Literal[tuple(OPTIMIZERS)], BeforeValidator(optimizer)]
    RankBy = Annotated[Literal[tuple(RANK_BY)], BeforeValidator(in_lower_case)]

Separator = Annotated[str, BeforeValidator(table_settings.separator)]
Encoding = Annotated[str, BeforeValidator(table_settings.encoding)]
Marks = Annotated[tuple[str, ...], BeforeValidator(table_settings.marks)]
Columns = Annotated[tuple[str, ...], BeforeValidator(table_settings.columns)]

Whole = Annotated[int, BeforeValidator(number), Field(ge=1)]
Real = Annotated[float, BeforeValidator(number), Field(allow_inf_nan=False)]

Word = BeforeValidator(in_lower_case)
Header = Annotated[Literal["auto", "yes", "no"], Word]
Decimal = Annotated[Literal["auto", ".", ","], Word]
Task = Annotated[Literal["auto", "classification", "regression"], Word]
Inputs = Annotated[Literal["auto", "numbers", "images", "tokens", "sequences"], Word]
Init = Annotated[Literal["fresh", "keep"], Word]
Keep = Annotated[Literal["best", "last"], Word]
Estimator = Annotated[Literal["tangent", "two-trajectory"], Word]
Dtype = Annotated[Literal["float32", "float64"], Word]
Device = Annotated[Literal["auto", "cpu", "cuda"], Word]
Schedule = Annotated[str, Word]

Data = Annotated[Any, BeforeValidator(data)]
Model = Annotated[Any, BeforeValidator(model)]
Loss = Annotated[Any, BeforeValidator(loss)]
