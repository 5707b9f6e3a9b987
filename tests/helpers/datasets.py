"""Small tables whose answers are known by hand, and what the tests of data read off a dataset."""

from __future__ import annotations

import re

import numpy as np

from lyapscreen.data import load
from lyapscreen.spec.spec import Spec

ROWS = 40
X = np.random.default_rng(0).normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2


def loaded(data, **settings):
    return load(Spec.of(data=data, **({"dtype": "float64"} | settings)))


def rows(*columns, sep=",", end="\n"):
    """Lines of a table whose columns are functions of the row's number."""
    return "".join(sep.join(str(column(i)) for column in columns) + end for i in range(ROWS))


def number(i):
    return i + 0.5


def label(i):
    return "ab"[i % 2]


def both(parts):
    """Training and held-out inputs one above the other."""
    return np.concatenate([parts.x_train, parts.x_held_out])


def notices_of(dataset, words):
    return [notice for notice in dataset.notices if re.search(words, notice)]


def row_numbers(dataset, column=0):
    """The numbers 0, 1, ... behind a column that held them, found without knowing the split: its order is kept."""
    order = np.argsort(np.argsort(both(dataset)[:, column]))
    return np.split(order, [len(dataset.x_train)])


PLAIN = rows(number, lambda i: "rg"[i % 2], label)


def assert_same_arrays(one, other):
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
