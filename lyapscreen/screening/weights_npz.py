"""Trained weights as a .npz file, without pickles: they come back as they were, names and order too."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy

from lyapscreen.errors import OutputError
from lyapscreen.screening.trained import Weights

SUFFIX = ".npy"


def written(weights: Weights) -> memoryview:
    """Return the bytes of the file, which are the same whenever they are written."""
    # Not np.savez: names are keywords there, so that a parameter called `file` would be refused.
    whole = BytesIO()
    with ZipFile(whole, "w") as archive:
        for name, array in weights.items():
            with archive.open(f"{name}{SUFFIX}", "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)
    return whole.getbuffer()


def is_whole(path: Path) -> bool:
    """Tell whether a file of weights can be read."""
    try:
        read(path)
    except OutputError:
        return False
    return True


def read(path: Path) -> dict[str, np.ndarray]:
    """Return the weights of a file in a run directory.

    Raises:
        OutputError: it is damaged.

    """
    try:
        with ZipFile(path) as archive:
            found = {}
            for member in archive.namelist():
                with archive.open(member) as file:
                    found[member.removesuffix(SUFFIX)] = npy.read_array(file, allow_pickle=False)
            return found
    except Exception as error:  # zipfile, zlib and numpy raise nearly anything on a damaged file
        reason = str(error).partition("\n")[0] or type(error).__name__
        rule = f"its weights cannot be read ({reason})"
        raise OutputError("run", str(path), rule, "Delete that file: with --resume it is trained again") from error
