"""The values of a further axis, held to the rule of the setting it is for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from lyapscreen.spec import constraints, parsing
from lyapscreen.spec.constraints import SWEEPABLE
from lyapscreen.spec.sweep import Value, label, labels
from lyapscreen.spec.validation_errors import setting_error


def valid(name: str, values: tuple[Value, ...], fields: Mapping[str, FieldInfo]) -> tuple[Any, ...]:
    """Return the values of an axis as the setting of its name has them; those of a model's keyword as they are.

    Args:
        name: of the axis.
        values: as they were given.
        fields: of the spec.

    Raises:
        SettingError: the setting cannot be swept, a value breaks its rule, or two are one.

    """
    constraints.check_name(name, values, fields)
    if name not in SWEEPABLE:
        return values
    field = fields[name]
    rule = TypeAdapter[Any](Annotated[field.annotation, field])  # type: ignore[arg-type]
    try:
        found = tuple(rule.validate_python(value) for value in values)
    except ValidationError as error:
        raise setting_error(error, fields, name, f"sweep.{name}") from None
    parsing.distinct(f"sweep.{name}", labels(values), [label(value) for value in found])
    return found
