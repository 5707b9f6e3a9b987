"""From the spec to a dataset, on one screen."""

from __future__ import annotations

import numpy as np

from lyapscreen.data import sources
from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Dataset, Task
from lyapscreen.data.encoding import encoded
from lyapscreen.data.raw import Raw
from lyapscreen.data.splits import Split, split
from lyapscreen.data.task import task_of
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import NAMED_DATA, Spec


def load(spec: Spec) -> Dataset:
    """Return the dataset of the spec; the same input gives the same arrays.

    Missing numbers become the median of the training part, missing text a category of its own. A text column
    becomes one input per category. Then every input, and the target of a regression, becomes (x - mean) / std
    with mean and std of the training part; an input constant there is 0 in both parts. Of images and sequences
    every channel is an input; tokens stay whole numbers.

    Raises:
        DataError: `data`, `header`, `target`, `task`, `inputs`, `split` or `held_out` does not fit the data.

    """
    raw = sources.raw(spec)
    task, task_notices = task_of(spec, raw)
    rows = split(spec, raw, task)
    x_train, x_held_out, input_notices = encoded(raw, rows)
    y, n_outputs = _targets(raw, rows, task)
    x_train, x_held_out, y = (_cast(raw, part, spec.dtype) for part in (x_train, x_held_out, y))
    return Dataset(
        name=raw.name,
        task=task,
        x_train=x_train,
        y_train=y[rows.train],
        x_held_out=x_held_out,
        y_held_out=y[rows.held_out],
        n_outputs=n_outputs,
        # The constant pixels of the digits are no news that anybody could act on.
        notices=(*raw.inputs.notices, *task_notices, *rows.notices, *(() if raw.name in NAMED_DATA else input_notices)),
        inputs=raw.inputs.kind if isinstance(raw.inputs, Block) else "numbers",
        vocabulary=_vocabulary(raw),
    )


def _targets(raw: Raw, rows: Split, task: Task) -> tuple[np.ndarray, int]:
    """Return the targets of all rows and the number of outputs that a network for them has."""
    from sklearn.preprocessing import StandardScaler

    if task == "classification":
        labels, indices = np.unique(raw.target, return_inverse=True)
        return indices.astype(np.int64), len(labels)
    column = raw.target[:, None]
    return StandardScaler().fit(column[rows.train]).transform(column), 1


def _vocabulary(raw: Raw) -> int:
    """Return how many tokens an embedding has to know, 0 where there are none."""
    if isinstance(raw.inputs, Block) and raw.inputs.kind == "tokens":
        return int(raw.inputs.values.max()) + 1
    return 0


def _cast(raw: Raw, part: np.ndarray, dtype: str) -> np.ndarray:
    """Return the part in the spec's dtype, class indices and tokens as they are."""
    if part.dtype == np.int64:
        return part
    if not (np.abs(part) <= np.finfo(dtype).max).all():
        rule = f"some held-out values overflow {dtype} once scaled like the training part"
        raise DataError("data", raw.name, rule, "Remove the outliers, or take logarithms")
    return np.ascontiguousarray(part, dtype=dtype)
