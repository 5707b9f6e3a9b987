"""The recommended settings alone, in the form that other programs take them in."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.report.text.characters import printable
from lyapscreen.spec import sweep
from lyapscreen.spec.suggestions import nearest

Settings = Mapping[str, Any]

BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_/.@%+-]*")
"""Words that Hydra reads as text without quotes, unless they are a value of another kind."""

WORDS_OF_HYDRA = frozenset({"true", "false", "null", "nan", "inf"})


def as_json(found: Settings) -> str:
    """Return one object, a setting a line."""
    return json.dumps(found, indent=2) + "\n"


def as_yaml(found: Settings) -> str:
    """Return `key: value`, a setting a line."""
    from lyapscreen.spec.yaml_writer import written

    return written(dict(found))


def as_shell(found: Settings) -> str:
    """Return `key=value` on one line, quoted for a POSIX shell: `eval` sets variables by it."""
    return " ".join(f"{name}={shlex.quote(sweep.label(value))}" for name, value in found.items()) + "\n"


def as_hydra(found: Settings) -> str:
    """Return overrides in Hydra's grammar, one a line."""
    return "".join(f"{name}={_of_hydra(value)}\n" for name, value in found.items())


def as_python(found: Settings) -> str:
    """Return a dict as Python writes it."""
    return f"{dict(found)!r}\n"


FORMS: Mapping[str, Callable[[Settings], str]] = {
    "json": as_json, "yaml": as_yaml, "shell": as_shell, "hydra": as_hydra, "python": as_python,
}  # fmt: skip


def form(name: str) -> Callable[[Settings], str]:
    """Return what writes settings in a form.

    Raises:
        SettingError: there is no such form.

    """
    if name.lower() not in FORMS:
        names = ", ".join(FORMS)
        raise SettingError("format", name, f"it must be one of {names}", f"{nearest(name, FORMS)}Choose one of these")
    return FORMS[name.lower()]


def _of_hydra(value: sweep.Value) -> str:
    """Return a value so that Hydra reads it as what it is: text that looks like a number or `null` stays text."""
    if value is None or isinstance(value, bool | int | float):
        return "null" if value is None else sweep.label(value)
    plain = BARE.fullmatch(value) and value.lower() not in WORDS_OF_HYDRA
    if plain:
        return value
    # OmegaConf would look up what stands in ${}; a backslash counts in quotes where it is before a quote.
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", printable(value, unicode=True))
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)
    text = re.sub(r"(\\+)$", r"\1\1", text)
    return f"'{text}'"
