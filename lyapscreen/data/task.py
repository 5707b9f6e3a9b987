"""Whether classes or numbers are learnt."""

from __future__ import annotations

import numpy as np

from lyapscreen.data.dataset import Task
from lyapscreen.data.raw import Raw
from lyapscreen.data.tables import is_text
from lyapscreen.data.text import shown
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import Spec

MAX_CLASSES = 1000
MAX_GUESSED_CLASSES = 20


def task_of(spec: Spec, raw: Raw) -> tuple[Task, list[str]]:
    """Return the task asked for, else the dataset's own, else a guess and a notice that says so.

    Raises:
        DataError: the target does not fit the task.

    """
    rows, values = len(raw.target), np.unique(raw.target)
    count, text = len(values), [value for value in values if raw.target.dtype == object and is_text(value)]
    task = raw.task if spec.task == "auto" else spec.task
    if text and task == "regression":
        rule, fix = f"the target has text such as {shown(text[0])}", "Write classification, or choose another target"
        raise DataError("task", task, rule, fix)
    too_many = count > MAX_CLASSES or 2 * count > rows
    if too_many and (text or task == "classification"):
        rule = f"the target has {count} distinct values in {rows} rows, too many for classes"
        if text:
            fix = f"Choose another target; this one has text such as {shown(text[0])}"
            raise DataError("target", raw.target_name, rule, fix)
        raise DataError("task", task, rule, "Write regression")
    if task is not None:
        return task, []
    if text:
        return "classification", [f"task: classification, since the target is text ({count} labels)"]
    if count <= MAX_GUESSED_CLASSES and not too_many and np.array_equal(values, np.floor(values)):
        guess = f"task: classification, guessed from {count} distinct labels in the target"
        return "classification", [f"{guess}; --task regression overrides this"]
    guess = f"task: regression, guessed from {count} distinct numbers in the target"
    return "regression", [f"{guess}; --task classification overrides this"]
