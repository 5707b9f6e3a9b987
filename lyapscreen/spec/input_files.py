"""Which files a spec makes the program read: none of them may be written to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from lyapscreen.spec import user_code

CODE = ("model", "loss", "data", "held_out")
"""Settings that may name a function in a file."""

FILES = ("data", "held_out", "weights")
"""Settings that may name a file."""


def named(settings: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield (setting, path) of the files that are there and that these settings name, code included.

    >>> list(named({"data": "digits", "lr": "0.1"}))
    []
    """
    for setting in dict.fromkeys((*CODE, *FILES)):
        value = settings.get(setting)
        if not isinstance(value, str | os.PathLike):
            continue
        text = os.fsdecode(value)
        for path in (*_code(text), Path(text)) if setting in CODE else (Path(text),):
            if _is_file(path):
                yield setting, str(path)


def _code(value: str) -> Iterator[Path]:
    """Yield where the code named may stand: FILE.py, or a module below the working directory."""
    home = value.rpartition(":")[0]
    if not user_code.names_code(value):
        return
    if home.endswith(".py"):
        yield Path(home)
    else:
        module = Path(*home.split("."))
        yield from (module.with_suffix(".py"), module / "__init__.py")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # no path at all
        return False
