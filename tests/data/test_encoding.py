"""Scaling, imputation, encoding: all from the training part."""

from __future__ import annotations

import numpy as np
import pytest

from lyapscreen.data.encoding import MAX_CATEGORIES
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, both, label, loaded, notices_of, number, row_numbers, rows


def test_scaling_is_by_the_training_part_alone():
    x = np.arange(ROWS, dtype=float)
    dataset = loaded((x, Y))
    train, held_out = (place.astype(float) for place in row_numbers(dataset))
    np.testing.assert_allclose(dataset.x_train[:, 0], (train - train.mean()) / train.std())
    np.testing.assert_allclose(dataset.x_held_out[:, 0], (held_out - train.mean()) / train.std())


def test_a_regression_target_is_scaled_by_the_training_part_alone():
    x = np.arange(ROWS, dtype=float)
    dataset = loaded((x, np.exp(x / 10)))
    train, held_out = (np.exp(place / 10) for place in row_numbers(dataset))
    np.testing.assert_allclose(dataset.y_train[:, 0], (train - train.mean()) / train.std())
    np.testing.assert_allclose(dataset.y_held_out[:, 0], (held_out - train.mean()) / train.std())


def test_a_missing_number_becomes_the_median_of_the_training_part():
    x = np.c_[np.arange(ROWS), np.arange(ROWS) ** 2.0]
    gaps = np.arange(ROWS) % 5 == 0
    x[gaps, 1] = np.nan
    dataset = loaded((x, Y))
    train, held_out = row_numbers(dataset)
    median = np.median(x[train][~gaps[train], 1])
    filled = np.where(gaps, median, x[:, 1])
    expected = (filled - filled[train].mean()) / filled[train].std()
    np.testing.assert_allclose(dataset.x_train[:, 1], expected[train])
    np.testing.assert_allclose(dataset.x_held_out[:, 1], expected[held_out])
    assert notices_of(dataset, r"^8 missing values in 1 column imputed \(by the median of the training part\)$")


def test_a_text_column_becomes_one_input_per_category_and_missing_is_one(table):
    dataset = loaded(table(rows(number, lambda i: ["red", "green", "?"][i % 3], label)))
    assert dataset.n_inputs == 1 + 3
    on = both(dataset)[:, 1:] > 0
    np.testing.assert_array_equal(on.sum(axis=1), 1)
    # The encoder sorts: "" (missing), green, red.
    kinds = np.concatenate(row_numbers(dataset)) % 3
    np.testing.assert_array_equal(np.argmax(on, axis=1), np.array([2, 1, 0])[kinds])
    assert notices_of(
        dataset, r"^13 missing values in 1 column imputed \(as a category of their own in text columns\)$"
    )


def test_a_text_column_of_many_values_becomes_a_bounded_number_of_inputs(table):
    dataset = loaded(table("".join(f"name {i // 2},{i}.5,{label(i)}\n" for i in range(200))))
    assert dataset.n_inputs == 1 + MAX_CATEGORIES
    assert notices_of(dataset, f"1 column with more than {MAX_CATEGORIES} distinct texts.*column 0")


def test_missing_values_are_counted_by_cell_and_column(table):
    cells = ["?", "", "NA", "nan", "NaN", "N/A", "null", "None", " ? ", "'?'"]
    columns = (lambda i: cells[i] if i < len(cells) else i), (lambda i: "?" if i == 3 else i), number, label
    dataset = loaded(table(rows(*columns)))
    assert dataset.n_inputs == 3
    assert notices_of(dataset, r"^11 missing values in 2 columns imputed")


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", "-1e200"])
def test_numbers_too_large_to_scale_count_as_missing(table, cell):
    dataset = loaded(table(rows(lambda i: cell if i in (1, 2) else i, number, label)))
    assert notices_of(dataset, "^2 numbers infinite or beyond 1e.100, counted as missing$")
    assert notices_of(dataset, "^2 missing values in 1 column imputed")


def test_constant_columns_are_zero_in_both_parts():
    x = np.c_[X, np.full(ROWS, 0.1)]
    dataset = loaded((x, Y))
    assert not both(dataset)[:, 3].any()
    assert notices_of(dataset, r"^1 column constant in the training part, set to 0 in both parts \(column 3\)$")


def test_a_column_constant_in_the_training_part_is_zero_where_it_is_not():
    _, held_out = row_numbers(loaded((np.arange(ROWS, dtype=float), Y)))
    x = np.c_[np.arange(ROWS, dtype=float), np.zeros(ROWS), np.full(ROWS, np.nan)]
    x[held_out[0], 1:] = 1e6
    dataset = loaded((x, Y))
    np.testing.assert_array_equal(row_numbers(dataset)[1], held_out)
    assert not both(dataset)[:, 1:].any()


def test_columns_without_a_value_are_dropped(table):
    dataset = loaded(table("x,empty,y\n" + rows(number, lambda i: "?", label)))
    assert dataset.n_inputs == 1
    assert notices_of(dataset, r"^dropped 1 column without any value \(empty\)$")
    assert not notices_of(dataset, "missing")


def test_rows_without_a_target_are_dropped(table):
    dataset = loaded(table(rows(number, lambda i: "?" if i < 5 else label(i))))
    assert len(both(dataset)) == ROWS - 5
    assert notices_of(dataset, r"^dropped 5 rows without a target \(\?; --missing '' keeps it as a label\)$")


def test_values_that_overflow_the_dtype_are_refused_not_rounded_to_infinity():
    _, held_out = row_numbers(loaded((np.arange(ROWS, dtype=float), Y)))
    x = np.arange(ROWS, dtype=float)
    x[held_out[0]] = 1e60
    with pytest.raises(DataError, match="overflow float32 once scaled"):
        loaded((x, Y), dtype="float32")
    assert both(loaded((x, Y), dtype="float64")).max() > 1e50
