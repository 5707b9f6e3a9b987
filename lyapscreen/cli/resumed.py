"""A run that goes on: the spec that lies in its directory, and the command that says so."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lyapscreen.cli import messages, permissions
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.spec.spec import Spec


def settings_of(
    run: str | None, settings: Mapping[str, object], outputs: Mapping[str, str | None], *, resume: bool
) -> dict[str, object]:
    """Return the settings of a command: for `--run DIR --resume` alone, those of the run that lies there.

    Args:
        run: the directory, if there is one.
        settings: what is set.
        outputs: where results go, by flag.
        resume: whether a run goes on.

    Raises:
        OutputError: it is no run directory, or an output would replace what the run reads.
        SettingError: its spec is wrong, or there is no run to go on with.

    """
    if not resume or run is None or not set(settings) <= {"no_code"}:
        require_run(run, resume=resume)
        return dict(settings)
    found = spec(run, settings)
    permissions.require_no_input(outputs, found.plain(), run)
    return {name: getattr(found, name) for name in found.model_fields_set}


def require_run(run: str | None, *, resume: bool) -> None:
    """Refuse to go on where no run is named.

    Raises:
        SettingError: naming the flag.

    """
    if resume and run is None:
        raise SettingError("resume", "", "there is no run to resume", "Name its directory with --run")


def spec(run: str, settings: Mapping[str, object]) -> Spec:
    """Return the spec of the run in a directory, for `--run DIR --resume` alone.

    Args:
        run: the directory.
        settings: what is set besides, `no_code` at most.

    Raises:
        OutputError: it is no run directory.
        SettingError: its spec is wrong.

    """
    from lyapscreen.results import json_reader
    from lyapscreen.screening.run_directory import read_about

    about = read_about(Path(run))
    return json_reader.spec_of({**_purpose(about).get("spec", about["spec"]), **settings})


def sample(run: str | None, given: str | None, *, resume: bool) -> str | None:
    """Return how many configurations a validation goes on with, where it is not said.

    Raises:
        OutputError: it is no run directory.

    """
    from lyapscreen.screening.run_directory import read_about

    if given is not None or run is None or not resume:
        return given
    found = _purpose(read_about(Path(run))).get("sample")
    return found if isinstance(found, str) else None


def _purpose(about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a run is for; files of earlier versions do not say it."""
    found = about.get("command")
    return found if isinstance(found, Mapping) and isinstance(found.get("spec", {}), Mapping) else {}


def command(name: str, run: str, further: Mapping[str, str | list[str] | None]) -> str:
    """Return the command that goes on with the run in a directory.

    >>> command("rank", "my run", {"csv": "r.csv", "json": None})
    "lyapscreen rank --run 'my run' --resume --csv r.csv"
    """
    words = ["lyapscreen", name, "--run", run, "--resume"]
    for name, value in further.items():
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            words += [messages.as_flag(name), str(one)]
    return shlex.join(words)
