"""What is learnt: classes or numbers, guessed and told."""

from __future__ import annotations

import numpy as np
import pytest

from lyapscreen.data.task import MAX_CLASSES
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, label, loaded, notices_of, number, row_numbers, rows


@pytest.mark.parametrize(
    ("target", "task", "reason"),
    [
        (lambda i: i % 6, "classification", "guessed from 6 distinct labels in the target; --task regression"),
        (lambda i: float(i % 20), "classification", "guessed from 20 distinct labels"),
        (lambda i: i % 21, "regression", "guessed from 21 distinct numbers in the target; --task classification"),
        (lambda i: i % 2 / 2, "regression", "guessed from 2 distinct numbers"),
        (lambda i: -(i % 3), "classification", "guessed from 3 distinct labels"),
        (label, "classification", r"since the target is text \(2 labels\)$"),
    ],
)
def test_the_task_is_guessed_and_told(table, target, task, reason):
    for data in (table(rows(number, target)), (X, [target(i) for i in range(ROWS)])):
        dataset = loaded(data)
        assert dataset.task == task
        assert len(notices_of(dataset, f"^task: {task}, {reason}")) == len(notices_of(dataset, "^task")) == 1


def test_few_rows_of_distinct_whole_numbers_are_no_classes():
    assert loaded((X[:12], np.arange(12))).task == "regression"


def test_a_stated_task_wins_and_is_no_news():
    numbers, classes = loaded((X, Y), task="regression"), loaded((X, Y / 4), task="classification")
    assert (numbers.task, numbers.n_outputs, numbers.y_train.shape) == ("regression", 1, (30, 1))
    assert (classes.task, classes.n_outputs, set(classes.y_train)) == ("classification", 2, {0, 1})
    assert not notices_of(numbers, "task")
    assert not notices_of(classes, "task")
    assert loaded("digits", task="regression").n_outputs == 1


def test_classes_are_the_sorted_labels():
    labels = np.array([-7, 5, 30])
    dataset = loaded((np.arange(ROWS, dtype=float), labels[np.arange(ROWS) % 3]))
    train, held_out = row_numbers(dataset)
    np.testing.assert_array_equal(dataset.y_train, train % 3)
    np.testing.assert_array_equal(dataset.y_held_out, held_out % 3)


def test_more_classes_than_can_be_told_apart_are_refused():
    count = 2 * (MAX_CLASSES + 1)
    with pytest.raises(DataError, match=r"^task classification: the target has 1001 distinct values in 2002"):
        loaded((np.arange(count), np.arange(count) // 2), task="classification")
