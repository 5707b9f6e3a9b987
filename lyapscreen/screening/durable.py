"""Files that outlast a crash: appended to and replaced as a whole, and seen to the disk before work goes on."""

from __future__ import annotations

import os
from pathlib import Path


def append(path: Path, text: str) -> None:
    """Append text, as UTF-8, and see it to the disk."""
    with path.open("ab") as file:
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes | memoryview, *, durable: bool = True) -> None:
    """Put a whole file in place, by way of a `.part` beside it, which a crash may leave behind.

    Args:
        path: the file.
        content: all of it.
        durable: whether it is seen to the disk, so that it outlasts a crash of the machine.

    """
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    part.replace(path)
