"""Named datasets and tables encoded, scaled and told: all from the training part."""

from __future__ import annotations

import csv
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lyapscreen.data import load
from lyapscreen.data.encoding import MAX_CATEGORIES
from lyapscreen.data.task import MAX_CLASSES
from lyapscreen.errors import DataError
from lyapscreen.spec.spec import Spec
from tests.helpers.datasets import ROWS, X, Y, both, label, loaded, notices_of, number, row_numbers, rows
from tests.helpers.project import ROOT

REAL = ROOT.parent / "shared" / "data"

# Known datasets

NAMED = {
    "digits": ("classification", 1797, 64, 10),
    "breast-cancer": ("classification", 569, 30, 2),
    "wine": ("classification", 178, 13, 3),
    "diabetes": ("regression", 442, 10, 1),
    "moons": ("classification", 1000, 2, 2),
    "friedman1": ("regression", 1000, 10, 1),
}


TABLES = {
    "sonar": ("classification", 208, 60, 2),
    "ionosphere": ("classification", 351, 34, 2),
    "banknote_authentication": ("classification", 1372, 4, 2),
    "pima-indians-diabetes": ("classification", 768, 8, 2),
    "wheat-seeds": ("classification", 210, 7, 3),
    "glass": ("classification", 214, 9, 6),
    "ecoli": ("classification", 336, 7, 8),
    "abalone": ("regression", 4177, 10, 1),
    "housing": ("regression", 506, 13, 1),
    "auto_imports": ("regression", 201, None, 1),
    "breast-cancer": ("classification", 286, None, 2),
    "horse-colic": ("classification", 300, 27, 2),
}


"""Task, rows, inputs (None: they depend on the categories in the training part) and outputs."""


real = pytest.mark.skipif(not REAL.is_dir(), reason="the real tables are not beside this clone")


def check(dataset, task, n_rows, n_inputs, n_outputs):
    assert (dataset.task, dataset.n_outputs) == (task, n_outputs)
    assert len(dataset.x_held_out) == pytest.approx(n_rows / 4, abs=1)
    assert len(dataset.x_train) + len(dataset.x_held_out) == n_rows
    assert (len(dataset.y_train), len(dataset.y_held_out)) == (len(dataset.x_train), len(dataset.x_held_out))
    assert n_inputs in (None, dataset.n_inputs)
    assert np.isfinite(both(dataset)).all()
    varies = np.ptp(dataset.x_train, axis=0) > 0
    np.testing.assert_allclose(dataset.x_train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(dataset.x_train.var(axis=0)[varies], 1, rtol=1e-6)
    assert not both(dataset)[:, ~varies].any()
    if task == "classification":
        assert set(dataset.y_train) == set(range(n_outputs))
        assert set(dataset.y_held_out) <= set(range(n_outputs))
    else:
        assert dataset.y_train.shape == (len(dataset.x_train), 1)
        assert (dataset.y_train.mean(), dataset.y_train.var()) == (pytest.approx(0, abs=1e-9), pytest.approx(1))


@pytest.mark.parametrize("name", NAMED)
def test_named_dataset(name):
    dataset = loaded(name)
    check(dataset, *NAMED[name])
    assert dataset.name == name
    assert not notices_of(dataset, "task")


@real
@pytest.mark.parametrize("name", TABLES)
def test_real_table(name):
    dataset = loaded(str(REAL / f"{name}.csv"))
    check(dataset, *TABLES[name])
    assert len(notices_of(dataset, f"task: {TABLES[name][0]}")) == 1
    assert not notices_of(dataset, "header")


@real
@pytest.mark.parametrize("name", ["auto_imports", "breast-cancer", "horse-colic"])
def test_missing_cells_of_real_tables_are_counted(name):
    with (REAL / f"{name}.csv").open() as lines:
        cells = [[cell.strip("'") in ("?", "nan") for cell in line] for line in csv.reader(lines)]
    count, columns = sum(map(sum, cells)), sum(map(any, zip(*cells, strict=True)))
    assert count > 0
    assert notices_of(loaded(str(REAL / f"{name}.csv")), f"^{count} missing values in {columns} columns imputed")


def test_xor_is_its_four_points_in_both_parts():
    dataset = loaded("xor", dtype="float32")
    signs = np.sign(dataset.x_train)
    np.testing.assert_array_equal(dataset.x_train, signs)
    assert len({tuple(point) for point in signs}) == 4
    np.testing.assert_array_equal(dataset.y_train, signs[:, 0] != signs[:, 1])
    np.testing.assert_array_equal(dataset.x_held_out, dataset.x_train)
    np.testing.assert_array_equal(dataset.y_held_out, dataset.y_train)
    assert dataset.task == "classification"
    assert notices_of(dataset, "same four points")


def test_a_name_wins_over_a_file_of_that_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("wine").write_text("junk")
    assert loaded("wine").n_inputs == 13


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_have_the_dtype_of_the_spec(dtype):
    classes, numbers = load(Spec.of(data="wine", dtype=dtype)), load(Spec.of(data="diabetes", dtype=dtype))
    for dataset in (classes, numbers):
        assert dataset.x_train.dtype == dataset.x_held_out.dtype == dtype
        assert dataset.x_train.flags.c_contiguous
    assert classes.y_train.dtype == np.int64
    assert numbers.y_train.dtype == dtype


def test_same_input_gives_the_same_bytes_in_a_new_process():
    code = "import pickle, sys; from lyapscreen.data import load; from lyapscreen.spec.spec import Spec; "
    code += "sys.stdout.buffer.write(pickle.dumps(load(Spec.of(data='moons'))))"
    other = pickle.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    mine = load(Spec.of(data="moons"))
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        assert getattr(mine, field).tobytes() == getattr(other, field).tobytes()


def test_workers_import_nothing_heavy():
    code = "import sys, lyapscreen.data; print({'sklearn', 'pandas', 'torch', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "set()"


# Scaling, imputation, encoding: all from the training part


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
    assert notices_of(dataset, r"^8 missing values in 1 column imputed \(median of the training part\)$")


def test_a_text_column_becomes_one_input_per_category_and_missing_is_one(table):
    dataset = loaded(table(rows(number, lambda i: ["red", "green", "?"][i % 3], label)))
    assert dataset.n_inputs == 1 + 3
    on = both(dataset)[:, 1:] > 0
    np.testing.assert_array_equal(on.sum(axis=1), 1)
    # The encoder sorts: "" (missing), green, red.
    kinds = np.concatenate(row_numbers(dataset)) % 3
    np.testing.assert_array_equal(np.argmax(on, axis=1), np.array([2, 1, 0])[kinds])
    assert notices_of(dataset, r"^13 missing values in 1 column imputed \(a category of its own in text columns\)$")


def test_a_text_column_of_many_values_becomes_a_bounded_number_of_inputs(table):
    dataset = loaded(table("".join(f"name {i // 2},{i},{label(i)}\n" for i in range(200))))
    assert dataset.n_inputs == 1 + MAX_CATEGORIES
    assert notices_of(dataset, f"1 column with over {MAX_CATEGORIES} distinct texts.*column 0")


def test_missing_values_are_counted_by_cell_and_column(table):
    cells = ["?", "", "NA", "nan", "NaN", "N/A", "null", "None", " ? ", "'?'"]
    columns = (lambda i: cells[i] if i < len(cells) else i), (lambda i: "?" if i == 3 else i), number, label
    dataset = loaded(table(rows(*columns)))
    assert dataset.n_inputs == 3
    assert notices_of(dataset, r"^11 missing values in 2 columns imputed")


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", "-1e200"])
def test_numbers_too_large_to_scale_count_as_missing(table, cell):
    dataset = loaded(table(rows(lambda i: cell if i in (1, 2) else i, number, label)))
    assert notices_of(dataset, "^2 numbers infinite or beyond 1e.100 counted as missing$")
    assert notices_of(dataset, "^2 missing values in 1 column imputed")


def test_constant_columns_are_zero_in_both_parts():
    x = np.c_[X, np.full(ROWS, 0.1)]
    dataset = loaded((x, Y))
    assert not both(dataset)[:, 3].any()
    assert notices_of(dataset, r"^1 column constant in the training part: 0 in both parts \(column 3\)$")


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
    assert notices_of(dataset, r"^1 column without any value dropped \(empty\)$")
    assert not notices_of(dataset, "missing")


def test_rows_without_a_target_are_dropped(table):
    dataset = loaded(table(rows(number, lambda i: "?" if i < 5 else label(i))))
    assert len(both(dataset)) == ROWS - 5
    assert notices_of(dataset, "^5 rows without a target dropped$")


def test_values_that_overflow_the_dtype_are_refused_not_rounded_to_infinity():
    _, held_out = row_numbers(loaded((np.arange(ROWS, dtype=float), Y)))
    x = np.arange(ROWS, dtype=float)
    x[held_out[0]] = 1e60
    with pytest.raises(DataError, match="overflow float32 once scaled"):
        loaded((x, Y), dtype="float32")
    assert both(loaded((x, Y), dtype="float64")).max() > 1e50


# What is learnt


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
