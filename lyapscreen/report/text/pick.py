"""The recommended settings alone, in the form that other programs take them in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.report.text.characters import json_text, one_line
from lyapscreen.spec import sweep
from lyapscreen.spec.suggestions import nearest

Settings = Mapping[str, Any]

BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_/.@%+-]*")
"""Words that Hydra reads as text without quotes, unless they are a value of another kind."""

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""Names of a POSIX shell's variables."""

TAKEN = re.compile(r"[A-Z0-9_]{2,}|(?:cd|f|mail|man|module_)?path")
"""Variables that programs or the shell itself act on, such as PATH: not to be set by what was read from a file."""

WORDS_OF_HYDRA = frozenset({"true", "false", "null", "nan", "inf"})


def as_json(found: Settings) -> str:
    """Return one object, a setting a line."""
    return json_text(dict(found))


def as_yaml(found: Settings) -> str:
    """Return `key: value`, a setting a line."""
    from lyapscreen.spec.yaml_writer import escaped, written

    text = (value for value in found.values() if isinstance(value, str))
    return written(dict(found)) if all(one_line(value) == value for value in text) else escaped(found)


def as_shell(found: Settings) -> str:
    """Return `key=value` on one line, quoted for a POSIX shell: `eval` sets variables by it.

    Raises:
        SettingError: a name is no variable to be set so, or a value would act on a terminal or a log.

    """
    for name, value in found.items():
        if not VARIABLE.fullmatch(name) or TAKEN.fullmatch(name):
            raise SettingError("format", "shell", f"{name} is no variable that may be set by eval", "Take json")
        _require_plain("shell", name, value)
    return " ".join(f"{name}={shlex.quote(sweep.label(value))}" for name, value in found.items()) + "\n"


def as_hydra(found: Settings) -> str:
    """Return overrides in Hydra's grammar, one a line.

    Raises:
        SettingError: a value would act on a terminal or a log.

    """
    for name, value in found.items():
        _require_plain("hydra", name, value)
    return "".join(f"{name}={_of_hydra(value)}\n" for name, value in found.items())


def as_python(found: Settings) -> str:
    """Return a dict as Python writes it."""
    return f"{dict(found)!r}\n".replace("##", "#\\x23")


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


def _require_plain(name: str, setting: str, value: sweep.Value) -> None:
    """Refuse text that could be written in this form only raw or as another text than it is."""
    if isinstance(value, str) and one_line(value) != value:
        rule = f"{setting} holds control characters or a command to a CI runner, which this form can only write raw"
        raise SettingError("format", name, rule, "Take json")


def _of_hydra(value: sweep.Value) -> str:
    """Return a value so that Hydra reads it as what it is: text that looks like a number or `null` stays text."""
    if value is None or isinstance(value, bool | int | float):
        return "null" if value is None else sweep.label(value)
    plain = BARE.fullmatch(value) and value.lower() not in WORDS_OF_HYDRA
    if plain:
        return value
    # OmegaConf would look up what stands in ${}; a backslash counts in quotes where it is before a quote.
    text = re.sub(r"(\\*)\$\{", r"\1\1\\${", value)
    text = re.sub(r"(\\*)'", r"\1\1\\'", text)
    text = re.sub(r"(\\+)$", r"\1\1", text)
    return f"'{text}'"
