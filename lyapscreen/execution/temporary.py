"""Temporary directories: each is marked as in use, so that what a killed process left is removed by the next one."""

from __future__ import annotations

import os
import platform
import re
import shutil
import stat
import time
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

try:
    import fcntl
except ImportError:  # Windows: nobody can be asked whether they are still used there
    fcntl = None  # type: ignore[assignment]

NAME = re.compile(r"lyapscreen-(?:states|files|data)-[a-z0-9_]{8}")
"""What we call them: a kind, and what `tempfile` adds."""

MARK = ".in-use"
"""A file in it, locked for as long as its process runs, that names the machine: a lock may not reach beyond that."""

FRESH = 60.0
"""Seconds for which a directory is left alone, whoever holds it: its maker may be about to."""


class MarkedDirectory(TemporaryDirectory[str]):
    """A temporary directory that goes with its context or, however its process ends, when the next one begins.

    Args:
        kind: `states`, `files` or `data`, as its name tells.

    Raises:
        OSError: it cannot be made.

    """

    def __init__(self, kind: str) -> None:
        """Make it, and mark it as in use."""
        super().__init__(prefix=f"lyapscreen-{kind}-", ignore_cleanup_errors=True)
        self._mark: int | None = None
        if fcntl is None:
            return
        with suppress(OSError):  # a file system without locks: then nothing is ever removed there
            self._mark = os.open(Path(self.name) / MARK, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            fcntl.flock(self._mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(self._mark, platform.node().encode())

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        super().cleanup()
        if self._mark is not None:
            os.close(self._mark)
            self._mark = None


def remove_left() -> None:
    """Remove the directories that killed processes left in the place for temporary files.

    Ours alone: of this name, of this user, no links, with the mark of a process of this machine that has ended.
    """
    if fcntl is None or not shutil.rmtree.avoids_symlink_attacks:
        return
    with suppress(OSError):
        for path in Path(gettempdir()).iterdir():
            if NAME.fullmatch(path.name):
                with suppress(OSError):
                    _remove_unless_used(path)


def _remove_unless_used(path: Path) -> None:
    about = path.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid() or time.time() - about.st_mtime < FRESH:
        return
    mark = os.open(path / MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if stat.S_ISREG(os.fstat(mark).st_mode) and os.read(mark, 1024) == platform.node().encode():
            shutil.rmtree(path)
    finally:
        os.close(mark)
