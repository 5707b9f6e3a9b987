"""Whether classes or numbers are learnt."""

from __future__ import annotations

import numpy as np

from lyapscreen.data.columns import is_text
from lyapscreen.data.dataset import Task
from lyapscreen.data.raw import Raw
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
    if raw.target.ndim > 1:
        return _of_several(spec, raw)
    rows, values = len(raw.target), np.unique(raw.target)
    count, text = len(values), [v for v in values if raw.target.dtype == object]
    task = raw.task if spec.task == "auto" else spec.task
    if text and task == "regression":
        rule, fix = f"the target has text such as {shown(text[0])}", "Write classification, or choose another target"
        raise DataError("task", task, rule, fix)
    too_many = count > MAX_CLASSES or 2 * count > rows
    if too_many and (text or task == "classification"):
        rule = f"the target has {count} distinct values in {rows} rows, too many for classes"
        if text:
            word = next((word for word in text if is_text(word)), text[0])
            fix = f"Choose another target; this one has text such as {shown(word)}"
            raise DataError("target", raw.target_name, rule, fix)
        raise DataError("task", task, rule, "Write regression")
    if task is not None:
        return task, _lone_negative(values) if task == "classification" and not text else []
    if text:
        return "classification", [f"task: classification, since the target is text ({count} labels)"]
    if count <= MAX_GUESSED_CLASSES and not too_many and np.array_equal(values, np.floor(values)):
        guess = f"task: classification, guessed from {count} distinct labels in the target"
        return "classification", [f"{guess}; --task regression overrides this", *_lone_negative(values)]
    guess = f"task: regression, guessed from {count} distinct numbers in the target"
    return "regression", [f"{guess}; --task classification overrides this"]


def _of_several(spec: Spec, raw: Raw) -> tuple[Task, list[str]]:
    """Return the task of a target with several columns: numbers, one of several classes, or labels each yes or no."""
    if raw.target.ndim > 2:
        rule = f"y has shape {raw.target.shape}, which is neither a value, nor several, nor a class for each position"
        raise DataError("task", spec.task, rule, "Leave task and inputs out for a class at each pixel")
    count = raw.target.shape[1]
    flags = bool(np.isin(raw.target, (0, 1)).all())
    if spec.loss == "bce":
        if flags and spec.task != "regression":
            return "multi-label", [f"task: {count} labels, each learnt as yes or no"]
        rule = "with several targets each has to be 0 or 1"
        raise DataError("loss", "bce", rule, "Use mse or huber, or targets of 0 and 1")
    one_hot = flags and bool((raw.target.sum(axis=1) == 1).all())
    if spec.task == "classification" or (spec.task == "auto" and one_hot and spec.loss in ("auto", "cross-entropy")):
        if not one_hot:
            rule = f"the target has {count} columns, which are no one-hot code of classes"
            fix = "Name one column, write --loss bce for labels that are each 0 or 1, or --task regression"
            raise DataError("task", "classification", rule, fix)
        said = f"task: classification, since the {count} targets are 0 but for one in every row"
        return "classification", [f"{said}; --task regression overrides this"]
    hint = "; --loss bce learns each as yes or no" if flags else ""
    return "regression", [f"task: regression on {count} targets, the loss their mean{hint}"]


def _lone_negative(values: np.ndarray) -> list[str]:
    """Point out a negative label beside several others: many people mark rows without a label so."""
    if len(values) < 3 or not (values[0] < 0 <= values[1]):
        return []
    return [f"target: {values[0]:g} is the only negative label; --ignore-label {values[0]:g} leaves its rows out"]
