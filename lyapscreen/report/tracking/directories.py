"""A directory that a tracker writes into: made where there is none, and found out about before the work."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lyapscreen.errors import OutputError
from lyapscreen.report.tracking import SETTING

if TYPE_CHECKING:
    from lyapscreen.report.tracking import Target

LONGEST_NAME = 255
"""Bytes that a name has on the file systems in use."""


def require(target: Target) -> None:
    """Refuse a directory that cannot be made or written into; nothing is made yet.

    Raises:
        OutputError: a file has the name, or the permission is missing.

    """
    path, fix = Path(target.place), f"Name a directory, as {target.tracker.name}:{target.tracker.example}"
    if "\0" in target.place or len(os.fsencode(path.name)) > LONGEST_NAME:
        raise OutputError(SETTING, target.text, "no directory can have this name", fix)
    there = next(parent for parent in (path, *path.absolute().parents) if os.path.lexists(parent))
    if not there.is_dir():
        rule = "this is a file" if there == path else f"{there} is a file, so that nothing can lie in it"
        raise OutputError(SETTING, target.text, rule, fix)
    if not os.access(there, os.W_OK | os.X_OK):
        raise OutputError(SETTING, target.text, f"nothing may be written into {there}", "Name another directory")
