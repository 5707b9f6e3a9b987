"""Arrays, frames, tensors and datasets from Python."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lyapscreen.data.sampling import MIN_ROWS
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, both, loaded, notices_of

FRAME = pd.DataFrame({"n": pd.array([1, None] * 20, "Int64"), "t": ["u", "v", "v", None] * 10, "b": [True, False] * 20})


def tensors():
    torch = pytest.importorskip("torch")
    return torch.tensor(X, requires_grad=True), torch.tensor(Y)


@pytest.mark.parametrize(
    "data",
    [
        lambda: [X.tolist(), Y.tolist()],
        lambda: (pd.DataFrame(X, index=range(100, 100 + ROWS), columns=["a", "a", "b"]), pd.Series(Y)),
        lambda: (X.astype(object), Y[:, None]),
        lambda: (X.astype(str), Y.astype(str)),
        lambda: (X.astype("S32"), Y.astype("S1")),
        lambda: (np.asfortranarray(X), Y.astype(bool)),
        tensors,
    ],
)
def test_any_kind_of_array_gives_the_same(data):
    expected, dataset = loaded((X, Y)), loaded(data())
    np.testing.assert_array_equal(both(dataset), both(expected))
    np.testing.assert_array_equal(dataset.y_train, expected.y_train)
    assert dataset.name == "arrays"


def test_a_frame_keeps_its_text_and_its_names():
    dataset = loaded((FRAME, Y))
    # The numbers present are all 1; u, v and missing; a bool is a number.
    assert dataset.n_inputs == 1 + 3 + 1
    assert notices_of(dataset, "^30 missing values in 2 columns imputed")
    assert notices_of(dataset, r"^1 column constant in the training part.*\(n\)$")


def test_missing_and_masked_numbers_are_imputed():
    x = X.copy()
    x[0, 0], x[1, 1] = np.nan, np.inf
    dataset = loaded((x, Y))
    assert notices_of(dataset, "^2 missing values in 2 columns imputed")
    np.testing.assert_array_equal(both(loaded((np.ma.masked_array(X, mask=~np.isfinite(x)), Y))), both(dataset))


def test_data_of_the_user_is_left_as_it_was():
    x, frame = X.copy(), FRAME.copy()
    x[0, 0] = np.inf
    before = x.copy()
    loaded((x, Y))
    loaded((frame, Y))
    np.testing.assert_array_equal(x, before)
    pd.testing.assert_frame_equal(frame, FRAME)


GAP = np.where(np.arange(ROWS) == 3, np.nan, X[:, 0])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ((X, Y[:-1]), r"X of shape \(40, 3\) and y of shape \(39,\): X and y have different numbers of rows"),
        ((X[:, :, None, None, None], Y), r"shape \(40, 3, 1, 1, 1\): .*\[rows, inputs\].*reshape"),
        ((X[:, :0], Y), r"shape \(40, 0\)"),
        ((X[:0], Y[:0]), "there are no rows"),
        ((X[: MIN_ROWS - 1], Y[: MIN_ROWS - 1]), "7 rows with a target. Give at least 8"),
        ((3, 4), r"shape \(\)"),
        (("a.csv", "b.csv"), r"shape \(\)"),
        ((X, 1), "y must have one value per row"),
        ((X, np.c_[Y, Y].astype(str)), "y must have one value per row"),
        ((X, GAP), "y has values that are missing"),
        ((X, np.where(np.isnan(GAP), np.inf, GAP)), "y has values that are missing, infinite"),
        ((X, [None, "a"] * 20), "y has values that are missing"),
        ((X, 0 * Y), "target y: it is 0.0 in every row"),
        ((0 * X, Y), "no input varies"),
        ((np.nan * X, Y), "none of its inputs has a value"),
        ((1j * X, Y), "complex128: X and y must be real numbers"),
        ((np.zeros(ROWS, dtype=[("a", float)]), Y), "no input varies"),
        (([[1, 2], [3]] * 20, Y), "numpy cannot make an array"),
        ((X, Y, Y), "data must be a name, the path of a table, or arrays"),
        (X, "data must be a name, the path of a table, or arrays"),
        (None, "data must be a name, the path of a table, or arrays"),
        (({1, 2}, Y), r"shape \(\)"),
    ],
)
def test_unusable_arrays_are_refused(data, message):
    with pytest.raises(DataError, match=message):
        loaded(data)


def test_rows_in_a_list_are_one_input():
    np.testing.assert_array_equal(loaded((list(X), Y)).x_train, loaded((X, Y)).x_train)
    np.testing.assert_array_equal(loaded((X.tolist(), Y)).x_train, loaded((X, Y)).x_train)
