"""Temporary files beside outputs that a killed process has left: removed when the next one writes there."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: nobody can be asked whether they are still used there
    fcntl = None  # type: ignore[assignment]

PREFIX, SUFFIX = ".lyapscreen-", ".tmp"

NAME = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}" + re.escape(SUFFIX))

FRESH = 60.0
"""Seconds for which a file is left alone, whoever holds it: its maker may be about to."""


def hold(file: IO[bytes]) -> None:
    """Mark a temporary file as in use for as long as it is open: the mark goes with the process, however it ends."""
    if fcntl is not None:
        with suppress(OSError):  # a file system without locks: then nothing is ever removed there
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def remove(folder: Path) -> None:
    """Remove the temporary files in a folder that nobody uses any more; ours alone, and no links."""
    if fcntl is None:
        return
    for path in folder.glob(f"{PREFIX}*{SUFFIX}"):
        with suppress(OSError):
            if not NAME.fullmatch(path.name) or path.is_symlink() or time.time() - path.stat().st_mtime < FRESH:
                continue
            with path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
