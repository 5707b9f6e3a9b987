"""The score of the best constant guess: what any model has to beat."""

from __future__ import annotations

import numpy as np

from lyapscreen.data import Dataset
from lyapscreen.probe.evaluation_rows import HELD_OUT, sampled
from lyapscreen.spec.spec import Spec
from lyapscreen.training.positions import UNLABELLED


def baseline_score(spec: Spec, data: Dataset) -> float:
    """Return the accuracy, or R2, that the best constant guess has over the rows that held-out scores are taken over.

    The accuracy is the share of the most frequent class, of several labels the mean over them, of classes at positions
    taken over all that have one. R2 is that of the mean: 0.

    Args:
        spec: says on how many rows scores are taken.
        data: whose held-out part it is.

    """
    if data.task == "regression":
        return 0.0
    rows = sampled(spec, len(data.y_held_out), HELD_OUT, "held-out")
    targets = data.y_held_out if rows is None else data.y_held_out[rows.numpy()]
    if data.task == "multi-label":
        shares = targets.mean(axis=0, dtype=np.float64)
        return float(np.maximum(shares, 1 - shares).mean())
    counts = np.bincount(targets[targets != UNLABELLED].ravel())
    return float(counts.max() / counts.sum())
