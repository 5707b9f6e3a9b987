"""Settings by environment variables: `LYAPSCREEN_LR=0.1` is `--lr 0.1` for whoever does not write that flag."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer

from lyapscreen.cli.setting_flags import SETTINGS
from lyapscreen.errors import SettingError
from lyapscreen.spec.suggestions import nearest

PREFIX = "LYAPSCREEN_"

OTHERS = ("LYAPSCREEN_ADDRESS", "LYAPSCREEN_MAX_READ")
"""Variables that are no setting."""

SAME = {"full_steps": "full_epochs", "full_epochs": "full_steps"}
"""Settings that say one thing in two ways: a flag of either wins over both in the file and in the environment."""


def variable(setting: str) -> str:
    """Return the variable of a setting.

    >>> variable("batch_size")
    'LYAPSCREEN_BATCH_SIZE'
    """
    return PREFIX + setting.upper()


def warnings() -> tuple[str, ...]:
    """Return what to say of variables that look like ours and are none."""
    known = [*(variable(flag.name) for flag in SETTINGS), *OTHERS]
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    return tuple(f"{name} is set, and no setting has that name. {nearest(name, known)}".rstrip() for name in unknown)


@dataclass(frozen=True)
class Given:
    """What flags and variables set."""

    values: Mapping[str, Any]
    """By setting."""
    by_variable: frozenset[str]
    """Those that a variable sets."""
    notices: tuple[str, ...]


def given(ctx: typer.Context, values: Mapping[str, Any], *, has_file: bool) -> Given:
    """Return what is set, a flag before a variable.

    Args:
        ctx: of the command.
        values: of all its flags.
        has_file: whether a spec file is named.

    """
    sources = {name: source.name for name in values if (source := ctx.get_parameter_source(name)) is not None}
    found = {name: value for name, value in values.items() if sources.get(name, "DEFAULT") != "DEFAULT"}
    settings = {flag.name for flag in SETTINGS}
    by_variable = {name for name in found if name in settings and sources[name] == "ENVIRONMENT"}
    typed = found.keys() - by_variable
    # A flag says the same in another way; and no variable takes back that a spec is not trusted.
    dropped = {name for name in by_variable if SAME.get(name) in typed or (name == "no_code" and not found[name])}
    notices = []
    if found.get("resume") and found.get("run") and not has_file and not typed & (settings - {"no_code"}):
        more = by_variable - dropped - {"no_code"}
        dropped |= more
        notices = [f"{variable(name)} is not read: the run goes on with the settings it has" for name in sorted(more)]
    kept = {name: value for name, value in found.items() if name not in dropped}
    return Given(kept, frozenset(by_variable - dropped), tuple(notices))


@contextmanager
def blamed(settings: Collection[str]) -> Iterator[None]:
    """Say of every error about one of these settings that it comes from a variable."""
    try:
        yield
    except SettingError as error:
        name = error.setting.partition(".")[0]
        if name in settings and not error.where:
            error.where = variable(name)
        raise
