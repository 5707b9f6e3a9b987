"""Files that outlast a crash: appended to and replaced as a whole, seen to the disk, and known by their checksums."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

DIGEST_BYTES = 16
"""Of a checksum: 128 bits."""


def digest(content: bytes | memoryview) -> bytes:
    """Return the checksum of a file's content, BLAKE2b.

    >>> digest(b"").hex()
    'cae66941d9efbd404e4d88758ea67670'
    """
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def append(path: Path, text: str) -> None:
    """Append text, as UTF-8, and see it to the disk; a link in place of the file is not followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o666), "ab") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, *content: bytes | memoryview, durable: bool = True) -> None:
    """Put a whole file in place, by way of a `.part` beside it, which a crash may leave behind, but no error.

    Args:
        path: the file.
        content: all of it, in parts.
        durable: whether it is seen to the disk, so that it outlasts a crash of the machine.

    """
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for piece in content:
                file.write(piece)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)  # a full disk would stay full
        raise


def is_regular(path: Path) -> bool:
    """Tell whether a regular file is there, no link and nothing that is waited for."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def set_aside(path: Path) -> None:
    """Give a damaged file another name beside it, `.damaged`, so that nobody reads it again."""
    if path.is_symlink() or path.exists():
        path.replace(path.with_name(f"{path.name}.damaged"))
