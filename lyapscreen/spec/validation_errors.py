"""What pydantic finds wrong with a setting, in our words: setting, value, rule and fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from lyapscreen.errors import SettingError
from lyapscreen.spec import parsing

FIXES = {
    "batch_size": "Write a whole number such as 64, or full",
    "steps": "Write a whole number such as 100",
    "full_steps": "Write a whole number such as 1500",
    "full_epochs": "Write a number of epochs such as 20",
    "max_growth": "Write a factor such as 20",
    "momentum": "Write a factor such as 0.9",
    "weight_decay": "Write a number such as 1e-4, or 0",
    "warmup": "Write a whole number of steps such as 10, or 0",
    "neighbours": "Write a whole number such as 25",
    "neighbour_std": "Write a small number such as 1e-4",
    "kantz_wolf": "Write true or false",
    "halving": "Write true or false",
    "memory": "Write a size such as 64MiB or 1GiB",
    "no_code": "Write true or false",
    "clip_norm": "Write a positive number such as 1, or leave the flag out",
}
"""By field: what to write instead."""

RULES = {
    "greater_than": "it must be greater than {gt}",
    "greater_than_equal": "it must be at least {ge}",
    "less_than": "it must be less than {lt}",
    "less_than_equal": "it must be at most {le}",
    "int_parsing": "it must be a whole number",
    "int_type": "it must be a whole number",
    "int_parsing_size": "it has too many digits",
    "int_from_float": "it must be a whole number",
    "float_parsing": "it must be a number",
    "float_type": "it must be a number",
    "finite_number": "it must be a finite number",
    "bool_parsing": "it must be true or false",
    "bool_type": "it must be true or false",
    "string_type": "it must be text",
}
"""By the type of pydantic's finding, filled in with its context."""


def setting_error(
    error: ValidationError, fields: Mapping[str, FieldInfo], field: str = "", setting: str = ""
) -> SettingError:
    """Return pydantic's first finding as an error of ours.

    Args:
        error: what pydantic raised.
        fields: of the spec.
        field: of the spec; empty where the finding says it itself.
        setting: as messages call it; the field unless given.

    """
    first: Any = error.errors(include_url=False)[0]
    field = field or (str(first["loc"][0]) if first["loc"] else "spec")
    setting, value = setting or field, first["input"]
    fix = FIXES.get(field, "See lyapscreen rank --help")
    if field == "batch_size":  # a union: pydantic reports on one of its halves only
        return SettingError(setting, value, "it must be a whole number from 1 on, or full", fix)
    if first["type"] == "literal_error":
        names = [str(name) for name in get_args(fields[field].annotation)]
        hint = parsing.nearest(str(value), names)
        return SettingError(setting, value, f"it must be one of {', '.join(names)}", hint + "Choose one of these")
    rule = RULES.get(first["type"])
    if rule is None:
        return SettingError(setting, value, f"it does not fit: {first['msg']}", fix)
    context = {name: f"{limit:.12g}" for name, limit in first.get("ctx", {}).items() if isinstance(limit, int | float)}
    return SettingError(setting, value, rule.format(**context), fix)
