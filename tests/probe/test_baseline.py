"""The score of the best constant guess against scikit-learn's, and against what a model that knows nothing scores."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import r2_score

from lyapscreen.data import Dataset, load
from lyapscreen.probe.baseline import baseline_score
from lyapscreen.spec.spec import Spec


@pytest.mark.parametrize("name", ["digits", "breast-cancer", "wine"])
def test_the_accuracy_of_the_most_frequent_class(name):
    spec = Spec.of(data=name)
    data = load(spec)
    guess = DummyClassifier(strategy="most_frequent").fit(data.x_held_out, data.y_held_out)
    assert baseline_score(spec, data) == pytest.approx(guess.score(data.x_held_out, data.y_held_out))


def test_r2_of_the_mean_is_0():
    data = load(Spec.of(data="diabetes"))
    mean = np.broadcast_to(data.y_held_out.mean(), data.y_held_out.shape)
    assert baseline_score(Spec.of(data="diabetes"), data) == 0.0 == pytest.approx(r2_score(data.y_held_out, mean))


def made(targets, task):
    rows = np.zeros((len(targets), 2), dtype=np.float32)
    return Dataset("made", task, rows, targets, rows, targets, 3, ())


def test_labels_and_positions():
    labels = np.array([[0, 1], [0, 1], [1, 1], [0, 0]], dtype=np.float32)
    assert baseline_score(Spec(), made(labels, "multi-label")) == pytest.approx(0.75)
    positions = np.array([[0, 1, -100], [1, 1, -100]])
    assert baseline_score(Spec(), made(positions, "classification")) == pytest.approx(0.75)


def test_it_is_taken_over_the_rows_that_scores_are_taken_over():
    targets = np.r_[np.zeros(500, dtype=np.int64), np.ones(500, dtype=np.int64)]
    few = baseline_score(Spec.of(evaluation_rows=9), made(targets, "classification"))
    assert few * 9 == pytest.approx(round(few * 9))
    assert few > 0.5
