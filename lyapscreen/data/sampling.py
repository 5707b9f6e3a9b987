"""Which rows are read of data too large to be held in memory."""

from __future__ import annotations

import numpy as np

from lyapscreen.errors import DataError
from lyapscreen.spec.seeds import named_seed

BUDGET_BYTES = 256 * 2**20
"""Most that the inputs may take in the spec's dtype; it holds for the training file and a held-out file each."""

MIN_ROWS = 8


def chosen(rows: int, numbers: int, dtype: str) -> np.ndarray | None:
    """Return the rows to read, ascending, or None when all fit in `BUDGET_BYTES`.

    The rows are cut into equal stretches in their order, and one is drawn of each: no row twice, each as likely
    as any other, and none of what a file is ordered by (time, class) is left out.

    Args:
        rows: how many there are.
        numbers: how many numbers each has.
        dtype: what they will be held as.

    Raises:
        DataError: not even `MIN_ROWS` rows fit.

    """
    kept = BUDGET_BYTES // (max(1, numbers) * np.dtype(dtype).itemsize)
    if rows <= kept:
        return None
    if kept < MIN_ROWS:
        rule = f"fewer than {MIN_ROWS} such rows fit in {BUDGET_BYTES / 2**20:g} MiB"
        raise DataError("data", f"rows of {numbers} numbers", rule, "Use fewer inputs, or smaller images")
    stretch, (length, rest) = np.arange(kept + 1), divmod(rows, kept)
    ends = stretch * length + stretch * rest // kept
    return np.random.default_rng(named_seed(0, "sample")).integers(ends[:-1], ends[1:])


def notice(kept: np.ndarray, rows: int) -> str:
    """Return the notice that says how many rows were read."""
    return f"data sampled: {len(kept)} of {rows} rows, as many as fit in {BUDGET_BYTES / 2**20:g} MiB"
