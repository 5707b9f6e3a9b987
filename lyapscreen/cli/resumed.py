"""A run that goes on: the spec that lies in its directory, and the command that says so."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lyapscreen.cli import messages

if TYPE_CHECKING:
    from lyapscreen.spec.spec import Spec


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

    return json_reader.spec_of({**read_about(Path(run))["spec"], **settings})


def command(run: str, further: Mapping[str, str | list[str] | None]) -> str:
    """Return the command that goes on with the run in a directory.

    >>> command("my run", {"csv": "r.csv", "json": None})
    "lyapscreen rank --run 'my run' --resume --csv r.csv"
    """
    words = ["lyapscreen", "rank", "--run", run, "--resume"]
    for name, value in further.items():
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            words += [messages.as_flag(name), one]
    return shlex.join(words)
