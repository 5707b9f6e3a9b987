"""From the spec to a dataset, on one screen."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from lyapscreen.data import cautions, positions, sources
from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Dataset, Kind, Task
from lyapscreen.data.encoding import encoded
from lyapscreen.data.raw import Raw
from lyapscreen.data.scaling import of_array, scaled
from lyapscreen.data.several import Several
from lyapscreen.data.splits import Split, split
from lyapscreen.data.task import task_of
from lyapscreen.spec.spec import NAMED_DATA, Spec

FIRST = (
    "target: ", "without a target", "label to ignore", "data sampled", "of numbers (", "beyond 2^53", "left out: ",
    "read as numbers", "counted as missing", "header: ", "passed over", "task: ", "read as", "held-out",
)  # fmt: skip
"""What notices hold, in the order in which a person should see them: five are shown at first."""


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
    at_positions = positions.of(spec, raw)
    task: Task
    task, task_notices = ("classification", [positions.notice(raw)]) if at_positions else task_of(spec, raw)
    if task == "classification" and raw.target.ndim > 1 and not at_positions:
        raw = replace(raw, target=raw.target.argmax(axis=1).astype(np.float64))
    rows = split(spec, raw, "regression" if at_positions else task)
    x_train, x_held_out, input_notices = encoded(raw, rows, spec.dtype)
    of_task = partial(_targets, task=task, dtype=spec.dtype)
    (y_train, y_held_out), n_outputs = (positions.targets if at_positions else of_task)(raw, rows)
    dataset = Dataset(
        name=raw.name,
        task=task,
        x_train=x_train,
        y_train=y_train,
        x_held_out=x_held_out,
        y_held_out=y_held_out,
        n_outputs=n_outputs,
        # The constant pixels of the digits are no news that anybody could act on.
        notices=(*raw.inputs.notices, *task_notices, *rows.notices, *(() if raw.name in NAMED_DATA else input_notices)),
        inputs=_kind(raw),
        vocabulary=_vocabulary(raw),
    )
    if raw.name in NAMED_DATA:
        return dataset
    notices = sorted((*dataset.notices, *cautions.notices(raw, rows, dataset)), key=_place)
    return replace(dataset, notices=tuple(notices), warnings=tuple(cautions.leaks(raw, rows, task)))


def _place(notice: str) -> int:
    """Return where a notice stands: first what changes rows and labels most, last what is seen at a glance."""
    return next((i for i, words in enumerate(FIRST) if words in notice), len(FIRST))


def _targets(raw: Raw, rows: Split, task: Task, dtype: str) -> tuple[tuple[np.ndarray, np.ndarray], int]:
    """Return the targets of both parts and the number of outputs that a network for them has.

    Raises:
        DataError: a held-out value overflows the dtype once scaled.

    """
    if task == "classification":
        labels, indices = np.unique(raw.target, return_inverse=True)
        return (indices[rows.train].astype(np.int64), indices[rows.held_out].astype(np.int64)), len(labels)
    columns = raw.target.reshape(len(raw.target), -1)
    if task == "multi-label":
        return (columns[rows.train].astype(dtype), columns[rows.held_out].astype(dtype)), columns.shape[1]
    found = scaled(of_array(raw.name, columns, 1), rows, dtype)
    return (found.x_train, found.x_held_out), columns.shape[1]


def _kind(raw: Raw) -> Kind:
    if isinstance(raw.inputs, Several):
        return "several"
    return raw.inputs.kind if isinstance(raw.inputs, Block) else "numbers"


def _vocabulary(raw: Raw) -> int:
    """Return how many tokens an embedding has to know, 0 where there are none."""
    if isinstance(raw.inputs, Several):
        first = raw.inputs.arrays[0]
        return max(0, int(first.max()) + 1) if first.dtype.kind in "iu" and first.size else 0
    if isinstance(raw.inputs, Block) and raw.inputs.kind == "tokens":
        return int(raw.inputs.values.max()) + 1
    return 0
