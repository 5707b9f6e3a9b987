"""The types of a spec's fields: how what a person wrote becomes a value, and what it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from lyapscreen.spec import numbers, optimizer_classes, parsing, table_settings
from lyapscreen.spec.activations import ACTIVATIONS
from lyapscreen.spec.measures import RANK_BY
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
    return value if value == "full" else number(value)


def column(value: object) -> object:
    """Read a column's name, which may be a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def act(value: object) -> object:
    """Read activations by name."""
    return parsing.activations(value, tuple(ACTIVATIONS))


if TYPE_CHECKING:
    OptimizerName = str
    RankBy = str
else:
    OptimizerName = Annotated[Literal[tuple(OPTIMIZERS)], BeforeValidator(optimizer_classes.named)]
    RankBy = Literal[tuple(RANK_BY)]

Separator = Annotated[str, BeforeValidator(table_settings.separator)]
Encoding = Annotated[str, BeforeValidator(table_settings.encoding)]
Marks = Annotated[tuple[str, ...], BeforeValidator(table_settings.marks)]
Columns = Annotated[tuple[str, ...], BeforeValidator(table_settings.columns)]

Whole = Annotated[int, BeforeValidator(number), Field(ge=1)]
Real = Annotated[float, BeforeValidator(number), Field(allow_inf_nan=False)]
