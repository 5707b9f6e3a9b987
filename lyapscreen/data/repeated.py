"""Whether the same data come again."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from lyapscreen.data.frames import is_frame
from lyapscreen.data.in_memory import Pieces
from lyapscreen.data.several import Several
from lyapscreen.data.tables import Table

CHUNK_ROWS = 4096


def fingerprint(found: Table | Pieces) -> str:
    """Return a SHA-256 of all rows of a source."""
    digest = hashlib.sha256()
    if isinstance(found, Table):
        digest.update(repr(found.names).encode())
        for at in range(len(found.names)):
            _add(digest, found.column(at))
        return digest.hexdigest()
    for part in (found, found.held_out):
        if part is not None:
            for values in (part.x, part.y, part.groups):
                _add(digest, values)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, values: Any) -> None:
    """Add an array or a frame to a digest, some rows at a time."""
    if values is None:
        return
    if isinstance(values, Several):
        digest.update(repr(values.names).encode())
        for array in values.arrays:
            _add(digest, array)
        return
    if is_frame(values):
        for at in range(values.shape[1]):
            _add(digest, values.iloc[:, at].to_numpy())
        return
    digest.update(f"{values.dtype}{values.shape}".encode())
    for start in range(0, len(values), CHUNK_ROWS):
        rows = values[start : start + CHUNK_ROWS]
        digest.update(repr(rows.tolist()).encode() if rows.dtype.hasobject else np.ascontiguousarray(rows).tobytes())
