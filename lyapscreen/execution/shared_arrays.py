"""Large arrays in a file that this process and its workers read alike, so that memory holds them once."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lyapscreen.execution.temporary import MarkedDirectory

WORTH_A_FILE = 2**24
"""Bytes of arrays together from which a file is written: below, joblib's own copy for the workers costs less."""


def shared(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the same arrays, the large ones read from a file that goes with the last of them.

    joblib hands a worker such a file's name instead of the numbers. Where no file can be written the arrays are
    returned as they are: joblib then copies them, or says what is in the way.
    """
    if sum(array.nbytes for array in arrays) < WORTH_A_FILE:
        return list(arrays)
    try:
        folder = MarkedDirectory("data")
    except OSError:
        return list(arrays)
    found = []
    try:
        for number, array in enumerate(arrays):
            if not array.nbytes:  # nothing can be mapped
                found.append(array)
                continue
            path = Path(folder.name) / f"{number}.npy"
            np.save(path, array, allow_pickle=False)
            # Copy on write: torch wants arrays that can be written to, and the file stays as it is.
            found.append(np.load(path, mmap_mode="c", allow_pickle=False))
    except OSError:
        folder.cleanup()
        return list(arrays)
    kept = {id(array) for array in found}
    for array in found:
        weakref.finalize(array, _released, kept, id(array), folder)
    return found


def _released(kept: set[int], which: int, folder: MarkedDirectory) -> None:
    """Remove the folder once none of its arrays is left, or this process ends."""
    kept.discard(which)
    if not kept:
        folder.cleanup()
