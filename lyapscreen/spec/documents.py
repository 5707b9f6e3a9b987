"""Reading files that others wrote: regular ones, and no more of them than a document has."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from lyapscreen.spec.memory_size import memory

MOST = 64 * 2**20
"""Bytes of a document, unless the environment says otherwise."""

MOST_VARIABLE = "LYAPSCREEN_MAX_READ"
"""Variable of the environment that allows more, such as 1GiB."""

KINDS = (
    (stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"),
)  # fmt: skip


def read(path: str | Path, *, capped: bool = True) -> bytes:
    """Return the content of a regular file.

    Args:
        path: the file; a link is followed.
        capped: whether it is a document, which has at most `MOST` bytes.

    Raises:
        OSError: it cannot be read, or is no regular file: a pipe would be waited for, a device has no end.
        ValueError: it is longer than a document, or the path is none.

    """
    # Without O_NONBLOCK, opening a pipe waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        _require_regular(os.fstat(descriptor).st_mode)
        if not capped:
            return file.read()
        most = memory(os.environ.get(MOST_VARIABLE)) or MOST
        content = file.read(most + 1)
    if len(content) > most:
        size = f"{most / 2**20:g} MiB"
        raise ValueError(f"it has more than {size}; {MOST_VARIABLE}=1GiB in the environment allows that much")
    return content


def require_regular(path: str | Path) -> None:
    """Refuse what would be waited for or read without end, before a library opens it.

    Raises:
        OSError: it is not there, or is no regular file.

    """
    _require_regular(Path(path).stat().st_mode)


def _require_regular(mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in KINDS if is_kind(mode)), "no file")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file")
