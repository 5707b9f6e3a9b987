"""Tables whose answers are known by hand, real tables, and files nobody should be able to crash us with."""

from __future__ import annotations

import csv
import math
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lyapscreen.data import MAX_CATEGORIES, MAX_CLASSES, MAX_TEXT_COLUMNS, MIN_ROWS, load
from lyapscreen.errors import DataError
from lyapscreen.spec import Spec

REAL = Path(__file__).parents[2] / "shared" / "data"
ROWS = 40
X = np.random.default_rng(0).normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2


def loaded(data, **settings):
    return load(Spec.of(data=data, **({"dtype": "float64"} | settings)))


@pytest.fixture
def table(tmp_path):
    """Write text or bytes into a file and return its path."""

    def write(content, name="table.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


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


def told(dataset, words):
    return [notice for notice in dataset.notices if re.search(words, notice)]


def places(dataset, column=0):
    """The numbers 0, 1, ... behind a column that held them, found without knowing the split: its order is kept."""
    order = np.argsort(np.argsort(both(dataset)[:, column]))
    return np.split(order, [len(dataset.x_train)])


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
    assert not told(dataset, "task")


@real
@pytest.mark.parametrize("name", TABLES)
def test_real_table(name):
    dataset = loaded(str(REAL / f"{name}.csv"))
    check(dataset, *TABLES[name])
    assert len(told(dataset, f"task: {TABLES[name][0]}")) == 1
    assert not told(dataset, "header")


@real
@pytest.mark.parametrize("name", ["auto_imports", "breast-cancer", "horse-colic"])
def test_missing_cells_of_real_tables_are_counted(name):
    with (REAL / f"{name}.csv").open() as lines:
        cells = [[cell.strip("'") in ("?", "nan") for cell in line] for line in csv.reader(lines)]
    count, columns = sum(map(sum, cells)), sum(map(any, zip(*cells, strict=True)))
    assert count > 0
    assert told(loaded(str(REAL / f"{name}.csv")), f"^{count} missing values in {columns} columns imputed")


def test_xor_is_its_four_points_in_both_parts():
    dataset = loaded("xor", dtype="float32")
    signs = np.sign(dataset.x_train)
    np.testing.assert_array_equal(dataset.x_train, signs)
    assert len({tuple(point) for point in signs}) == 4
    np.testing.assert_array_equal(dataset.y_train, signs[:, 0] != signs[:, 1])
    np.testing.assert_array_equal(dataset.x_held_out, dataset.x_train)
    np.testing.assert_array_equal(dataset.y_held_out, dataset.y_train)
    assert dataset.task == "classification"
    assert told(dataset, "same four points")


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
    code = "import pickle, sys; from lyapscreen.data import load; from lyapscreen.spec import Spec; "
    code += "sys.stdout.buffer.write(pickle.dumps(load(Spec.of(data='moons'))))"
    other = pickle.loads(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
    mine = load(Spec.of(data="moons"))
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        assert getattr(mine, field).tobytes() == getattr(other, field).tobytes()


def test_workers_import_neither_scikit_learn_nor_pandas():
    code = "import sys, lyapscreen.data; print({'sklearn', 'pandas', 'torch'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "set()"


# Scaling, imputation, encoding: all from the training part


def test_scaling_is_by_the_training_part_alone():
    x = np.arange(ROWS, dtype=float)
    dataset = loaded((x, Y))
    train, held_out = (place.astype(float) for place in places(dataset))
    np.testing.assert_allclose(dataset.x_train[:, 0], (train - train.mean()) / train.std())
    np.testing.assert_allclose(dataset.x_held_out[:, 0], (held_out - train.mean()) / train.std())


def test_a_regression_target_is_scaled_by_the_training_part_alone():
    x = np.arange(ROWS, dtype=float)
    dataset = loaded((x, np.exp(x / 10)))
    train, held_out = (np.exp(place / 10) for place in places(dataset))
    np.testing.assert_allclose(dataset.y_train[:, 0], (train - train.mean()) / train.std())
    np.testing.assert_allclose(dataset.y_held_out[:, 0], (held_out - train.mean()) / train.std())


def test_a_missing_number_becomes_the_median_of_the_training_part():
    x = np.c_[np.arange(ROWS), np.arange(ROWS) ** 2.0]
    gaps = np.arange(ROWS) % 5 == 0
    x[gaps, 1] = np.nan
    dataset = loaded((x, Y))
    train, held_out = places(dataset)
    median = np.median(x[train][~gaps[train], 1])
    filled = np.where(gaps, median, x[:, 1])
    expected = (filled - filled[train].mean()) / filled[train].std()
    np.testing.assert_allclose(dataset.x_train[:, 1], expected[train])
    np.testing.assert_allclose(dataset.x_held_out[:, 1], expected[held_out])
    assert told(dataset, r"^8 missing values in 1 column imputed \(median of the training part\)$")


def test_a_text_column_becomes_one_input_per_category_and_missing_is_one(table):
    dataset = loaded(table(rows(number, lambda i: ["red", "green", "?"][i % 3], label)))
    assert dataset.n_inputs == 1 + 3
    on = both(dataset)[:, 1:] > 0
    np.testing.assert_array_equal(on.sum(axis=1), 1)
    # The encoder sorts: "" (missing), green, red.
    kinds = np.concatenate(places(dataset)) % 3
    np.testing.assert_array_equal(np.argmax(on, axis=1), np.array([2, 1, 0])[kinds])
    assert told(dataset, r"^13 missing values in 1 column imputed \(a category of its own in text columns\)$")


def test_a_text_column_of_many_values_becomes_a_bounded_number_of_inputs(table):
    dataset = loaded(table("".join(f"name {i // 2},{i},{label(i)}\n" for i in range(200))))
    assert dataset.n_inputs == 1 + MAX_CATEGORIES
    assert told(dataset, f"1 column with over {MAX_CATEGORIES} distinct texts.*column 0")


def test_missing_values_are_counted_by_cell_and_column(table):
    cells = ["?", "", "NA", "nan", "NaN", "N/A", "null", "None", " ? ", "'?'"]
    columns = (lambda i: cells[i] if i < len(cells) else i), (lambda i: "?" if i == 3 else i), number, label
    dataset = loaded(table(rows(*columns)))
    assert dataset.n_inputs == 3
    assert told(dataset, r"^11 missing values in 2 columns imputed")


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999", "-1e200"])
def test_numbers_too_large_to_scale_count_as_missing(table, cell):
    dataset = loaded(table(rows(lambda i: cell if i in (1, 2) else i, number, label)))
    assert told(dataset, "^2 numbers infinite or beyond 1e.100 counted as missing$")
    assert told(dataset, "^2 missing values in 1 column imputed")


def test_constant_columns_are_zero_in_both_parts():
    x = np.c_[X, np.full(ROWS, 0.1)]
    dataset = loaded((x, Y))
    assert not both(dataset)[:, 3].any()
    assert told(dataset, r"^1 column constant in the training part: 0 in both parts \(column 3\)$")


def test_a_column_constant_in_the_training_part_is_zero_where_it_is_not():
    _, held_out = places(loaded((np.arange(ROWS, dtype=float), Y)))
    x = np.c_[np.arange(ROWS, dtype=float), np.zeros(ROWS), np.full(ROWS, np.nan)]
    x[held_out[0], 1:] = 1e6
    dataset = loaded((x, Y))
    np.testing.assert_array_equal(places(dataset)[1], held_out)
    assert not both(dataset)[:, 1:].any()


def test_columns_without_a_value_are_dropped(table):
    dataset = loaded(table("x,empty,y\n" + rows(number, lambda i: "?", label)))
    assert dataset.n_inputs == 1
    assert told(dataset, r"^1 column without any value dropped \(empty\)$")
    assert not told(dataset, "missing")


def test_rows_without_a_target_are_dropped(table):
    dataset = loaded(table(rows(number, lambda i: "?" if i < 5 else label(i))))
    assert len(both(dataset)) == ROWS - 5
    assert told(dataset, "^5 rows without a target dropped$")


# Reading


@pytest.mark.parametrize(
    ("first", "body", "has_header"),
    [
        ("x,y", (number, label), True),
        ("0.5,a", (number, label), False),
        ("?,a", (number, label), False),
        ("x,?", (number, label), True),
        ("1.5,x", (number, number), True),
        ("colour,kind", (lambda i: "rgb"[i % 3], label), True),
        ("r,a", (lambda i: "rgb"[i % 3], label), False),
        ("colour,a", (lambda i: "rgb"[i % 3], label), False),
        ("kind,kind", (lambda i: "rgb"[i % 3], label), False),
        ("'x','y'", (number, label), True),
        (",kind", (number, label), True),
        ("note,0.5,a", (lambda i: "", number, label), False),
    ],
)
def test_a_header_is_found_and_told(table, first, body, has_header):
    path = table(f"{first}\n" + rows(*body))
    dataset = loaded(path)
    assert bool(told(dataset, "^header: the first row names the columns")) == has_header
    assert len(both(dataset)) == ROWS + (not has_header)


def test_a_header_can_be_stated(table):
    path = table("1.5,a\n" + rows(number, label))
    assert len(both(loaded(path, header="yes"))) == ROWS
    assert len(both(loaded(path, header="no"))) == ROWS + 1
    assert len(both(loaded(path, header="yes", target="1.5"))) == ROWS


@pytest.mark.parametrize(
    ("target", "n_outputs"),
    [(None, 5), ("0", 2), ("two", 2), ("three", 3), ("1", 3), ("-1", 5), ("-3", 2), ("five", 5)],
)
def test_the_target_is_found_by_name_or_index(table, target, n_outputs):
    path = table("two,three,five\n" + rows(lambda i: f"k{i % 2}", lambda i: f"k{i % 3}", lambda i: i % 5))
    assert loaded(path, target=target).n_outputs == n_outputs


def test_a_column_there_is_not_is_answered_with_those_there_are(table):
    fix = "Did you mean three? Columns are two, three, five; or give an index, 0 to 2, -1 for the last"
    with pytest.raises(DataError, match=re.escape(f"target thre: the table has no such column. {fix}")):
        loaded(table("two,three,five\n" + rows(number, number, label)), target="thre")


def test_a_name_wins_over_an_index(table):
    path = table("2,1,0\n" + rows(lambda i: i % 2, lambda i: i % 3, lambda i: i % 5))
    assert loaded(path, header="yes", target="2").n_outputs == 2
    assert loaded(path, header="no", target="2").n_outputs == 5


def test_many_columns_are_named_in_short(table):
    path = table(rows(*[number] * 20, label))
    with pytest.raises(DataError, match=r"^target 99: .*column 7, \.\.\. \(21 in all\)") as error:
        loaded(path, target="99")
    assert "column 8" not in str(error.value)


PLAIN = rows(number, lambda i: "rg"[i % 2], label)


@pytest.mark.parametrize(
    ("name", "content", "notice"),
    [
        ("t.csv", "\ufeff" + PLAIN, None),
        ("t.csv", PLAIN.replace("\n", "\r\n"), None),
        ("t.csv", PLAIN.replace("\n", "\r"), None),
        ("t.csv", PLAIN.replace("\n", "\n\n  \n"), None),
        ("t.CSV", PLAIN.replace(",", " , "), None),
        ("t.csv", PLAIN.replace("r", "' r '").replace("g", "'g'"), None),
        ("t.csv", PLAIN.replace("r", '"r"'), None),
        ("t.csv", PLAIN.rstrip(), None),
        ("t.tsv", PLAIN.replace(",", "\t"), None),
        ("t.csv", PLAIN.replace(",", "\t"), "separator: tabs, since the first line has no comma"),
        ("t.csv", PLAIN.replace(",", ";"), "separator: semicolons, since the first line has no comma"),
    ],
)
def test_spellings_of_one_table_give_the_same_arrays(table, name, content, notice):
    plain, other = loaded(table(PLAIN)), loaded(table(content, name))
    assert plain.x_train.shape == (30, 3)
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(other, field))
    assert told(other, "^separator") == ([notice] if notice else [])


@pytest.mark.parametrize(
    ("odd", "cell"),
    [(lambda i: f'"{i},000"', "0,000"), (lambda i: "x" if i == 7 else i, "x"), (lambda i: f"{i};5", "0;5")],
)
def test_a_column_of_numbers_that_turns_out_text_is_told(table, odd, cell):
    dataset = loaded(table(rows(number, odd, label)))
    assert dataset.n_inputs > 2
    assert told(dataset, rf"1 column of numbers \(column 1\) read as text, because of cells such as {cell}$")


def test_columns_of_dates_bools_and_quoted_lines_are_categories(table):
    columns = (lambda i: f"2024-01-0{i % 4 + 1}"), (lambda i: i % 3 == 0), (lambda i: f'"é\n{i % 2}"'), label
    dataset = loaded(table(rows(*columns)))
    assert dataset.n_inputs == 4 + 2 + 2


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
        assert len(told(dataset, f"^task: {task}, {reason}")) == len(told(dataset, "^task")) == 1


def test_few_rows_of_distinct_whole_numbers_are_no_classes():
    assert loaded((X[:12], np.arange(12))).task == "regression"


def test_a_stated_task_wins_and_is_no_news():
    numbers, classes = loaded((X, Y), task="regression"), loaded((X, Y / 4), task="classification")
    assert (numbers.task, numbers.n_outputs, numbers.y_train.shape) == ("regression", 1, (30, 1))
    assert (classes.task, classes.n_outputs, set(classes.y_train)) == ("classification", 2, {0, 1})
    assert not told(numbers, "task")
    assert not told(classes, "task")
    assert loaded("digits", task="regression").n_outputs == 1


def test_classes_are_the_sorted_labels():
    labels = np.array([-7, 5, 30])
    dataset = loaded((np.arange(ROWS, dtype=float), labels[np.arange(ROWS) % 3]))
    train, held_out = places(dataset)
    np.testing.assert_array_equal(dataset.y_train, train % 3)
    np.testing.assert_array_equal(dataset.y_held_out, held_out % 3)


# Splitting


def test_classes_have_the_same_proportions_in_both_parts():
    dataset = loaded((np.arange(400.0), np.arange(400) % 10 // 3))
    assert np.bincount(dataset.y_train).tolist() == [90, 90, 90, 30]
    assert np.bincount(dataset.y_held_out).tolist() == [30, 30, 30, 10]


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_parts_have_the_sizes_asked_for_and_share_no_row(fraction):
    dataset = loaded((np.arange(ROWS, dtype=float), np.linspace(0, 1, ROWS) ** 2), held_out=fraction)
    train, held_out = places(dataset)
    assert len(held_out) == math.ceil(fraction * ROWS)
    assert sorted([*train, *held_out]) == list(range(ROWS))
    # One cut fits all: every row keeps its distance to every other.
    gaps = np.diff(np.sort(both(dataset)[:, 0]))
    np.testing.assert_allclose(gaps, gaps[0])


def test_classes_with_a_single_row_are_trained_on():
    y = ["lone 1", "lone 2", *["ab"[i % 2] for i in range(ROWS - 2)]]
    dataset = loaded((np.arange(ROWS, dtype=float), y))
    train, _ = places(dataset)
    assert {0, 1} <= set(train)
    assert (dataset.n_outputs, set(dataset.y_held_out)) == (4, {0, 1})
    assert told(dataset, "^2 classes with a single row: in the training part only$")


def test_more_classes_than_held_out_rows_are_split_at_random():
    dataset = loaded((X, np.arange(ROWS) % 20), held_out=0.1)
    assert len(dataset.x_held_out) == 4
    assert told(dataset, "^split at random, not by class")


# Data from Python

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
    assert told(dataset, "^30 missing values in 2 columns imputed")
    assert told(dataset, r"^1 column constant in the training part.*\(n\)$")


def test_missing_and_masked_numbers_are_imputed():
    x = X.copy()
    x[0, 0], x[1, 1] = np.nan, np.inf
    dataset = loaded((x, Y))
    assert told(dataset, "^2 missing values in 2 columns imputed")
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
        ((X, Y[:-1]), r"X of shape \(40, 3\) and y of shape \(39,\): X and y differ in their number of rows"),
        ((X[:, :, None], Y), r"shape \(40, 3, 1\): .*\[rows, inputs\].*reshape"),
        ((X[:, :0], Y), r"shape \(40, 0\)"),
        ((X[:0], Y[:0]), "it has 0 rows"),
        ((X[: MIN_ROWS - 1], Y[: MIN_ROWS - 1]), "7 rows with a target. At least 8 are needed"),
        ((3, 4), r"shape \(\)"),
        (("a.csv", "b.csv"), r"shape \(\)"),
        ((X, 1), "y has one value per row"),
        ((X, np.c_[Y, Y]), "y has one value per row"),
        ((X, GAP), "y has missing values"),
        ((X, np.where(np.isnan(GAP), np.inf, GAP)), "y has missing values, or some infinite"),
        ((X, [None, "a"] * 20), "y has missing values"),
        ((X, 0 * Y), "target y: it is 0.0 in every row"),
        ((0 * X, Y), "no input varies"),
        ((np.nan * X, Y), "no input has a value"),
        ((1j * X, Y), "complex128: X and y hold real numbers"),
        ((np.zeros(ROWS, dtype=[("a", float)]), Y), "X and y hold real numbers"),
        (([[1, 2], [3]] * 20, Y), "numpy makes no array"),
        ((X, Y, Y), "data is a name, the path of a table, or a pair"),
        (X, "data is a name, the path of a table, or a pair"),
        (None, "data is a name, the path of a table, or a pair"),
        (({1, 2}, Y), r"shape \(\)"),
    ],
)
def test_unusable_arrays_are_refused(data, message):
    with pytest.raises(DataError, match=message):
        loaded(data)


def test_values_that_overflow_the_dtype_are_refused_not_rounded_to_infinity():
    _, held_out = places(loaded((np.arange(ROWS, dtype=float), Y)))
    x = np.arange(ROWS, dtype=float)
    x[held_out[0]] = 1e60
    with pytest.raises(DataError, match="overflow float32 once scaled"):
        loaded((x, Y), dtype="float32")
    assert both(loaded((x, Y), dtype="float64")).max() > 1e50


# What is refused

MALFORMED = {
    "empty": ("", "it is empty"),
    "white space": (" \n\t\n", "it is empty"),
    "binary": (bytes(range(256)) * 20, "byte 128 is not UTF-8. Save the table as UTF-8"),
    "latin-1": ("é,1\n".encode("latin-1") * 20, "byte 0 is not UTF-8"),
    "utf-16": (PLAIN.encode("utf-16"), "byte 0 is not UTF-8"),
    "NUL": (PLAIN.replace("r", "\0"), "NUL"),
    "separators only": (",,\n" * 20, "target column 2: the column has no values"),
    "header only": ("x,y\n", "it has a header and no rows"),
    "one column": ("1\n2\n" * 20, "it has one column"),
    "one column of text": ("some words\n" * 20, "it has one column"),
    "too many fields": (PLAIN + "1,2,3,4\n", "line 41 has 4 fields and line 1 has 3"),
    "too few fields": (PLAIN + "\n1,2\n", "line 42 has 2 fields and line 1 has 3"),
    "blank lines count": ("\n\n1,2,3\n\n1,2\n", "line 5 has 2 fields and line 3 has 3"),
    "a title": ("My data\n" + PLAIN, "line 2 has 3 fields and line 1 has 1. Remove lines that are no rows"),
    "an open quote": ('"1,2,3\n' + PLAIN, "line 41 cannot be split into fields"),
    "text after a quote": ('"1"2,2,3\n' + PLAIN, "line 1 cannot be split into fields"),
    "an endless cell": ("a" * 200_000 + ",2,3\n" + PLAIN, "line 1 cannot be split into fields"),
    "html": ("<html>\n<p>Not, found</p>\n</html>\n", "line 2 has 2 fields"),
    "json": ('{"a": 1, "b": 2}\n' * 20, "line 1 cannot be split"),
    "few rows": ("1,a\n2,b\n3,a\n", "3 rows with a target"),
    "few targets": (rows(number, lambda i: label(i) if i < 7 else "?"), "7 rows with a target"),
    "constant target": (rows(number, lambda i: 3), "target last column: it is 3.0 in every row"),
    "constant text": (rows(number, lambda i: "\x1b[31m"), r"it is '\\x1b\[31m' in every row"),
    "empty target": (rows(number, label, lambda i: ""), "column 2: the column has no values.*ends with a separator"),
    "empty inputs": (rows(lambda i: "?", label), "no input has a value"),
    "constant inputs": (rows(lambda i: 1, label), "no input varies"),
    "ids as target": (rows(number, lambda i: f"k{i}"), "40 distinct values in 40 rows, too many for classes"),
    "numbers as text": (rows(number, lambda i: "n" if i == 9 else i), "too many for classes.*has text such as n$"),
    "one row of a class": (rows(number, lambda i: "ab"[i == 0]), "^held_out 0.25: .*fewer than two distinct targets"),
    "much text": (rows(*[label] * (MAX_TEXT_COLUMNS + 2)), "columns of text"),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_files_are_refused(table, content, message):
    with pytest.raises(DataError, match=message):
        loaded(table(content))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"header": "yes", "data": "a,a,b\n" + PLAIN, "target": "a"}, "^target a: 2 columns have this name"),
        ({"header": "yes", "data": "1,2\n"}, "it has a header and no rows"),
        ({"header": "no", "data": "x,y\n"}, "it has 1 row with a target"),
        ({"data": PLAIN, "target": "3"}, "^target 3: the table has no such column"),
        ({"data": PLAIN, "target": "-4"}, "^target -4: the table has no such column"),
        ({"data": PLAIN, "target": ""}, "^target '': the table has no such column"),
        ({"data": PLAIN, "task": "regression"}, "^task regression: the target has text such as a"),
        ({"data": PLAIN, "target": "0", "task": "classification"}, "^task classification: .*40 distinct values"),
        ({"data": PLAIN, "held_out": 0.999}, r"^held_out 0\.999: of 40 rows"),
        ({"data": PLAIN, "held_out": 0.01}, r"^held_out 0\.01: of 40 rows"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_refused(table, settings, message):
    with pytest.raises(DataError, match=message):
        loaded(**(settings | {"data": table(settings["data"])}))


@pytest.mark.parametrize("data", ["digits", (X, Y)])
@pytest.mark.parametrize("settings", [{"target": "0"}, {"header": "no"}])
def test_settings_of_tables_are_refused_elsewhere(data, settings):
    (name,) = settings
    with pytest.raises(DataError, match=f"^{name} .*Leave {name} out"):
        loaded(data, **settings)


def test_more_classes_than_can_be_told_apart_are_refused():
    count = 2 * (MAX_CLASSES + 1)
    with pytest.raises(DataError, match=r"^task classification: the target has 1001 distinct values in 2002"):
        loaded((np.arange(count), np.arange(count) // 2), task="classification")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("digit", r"no such file or named dataset\. Did you mean digits\? Named are digits, .*path to a \.csv"),
        ("Wine", "Did you mean wine"),
        ("no.csv", "no such file or named dataset. Named are"),
        ("", "^data '': no such file"),
        ("a\0.csv", "no such file"),
        ("a" * 5000 + ".csv", "no such file"),
        (__file__, "only .csv and .tsv tables are read"),
    ],
)
def test_names_that_are_no_data_are_refused(data, message):
    with pytest.raises(DataError, match=message):
        loaded(data)


def test_folders_and_unreadable_files_are_refused(table, tmp_path, monkeypatch):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="it is not a file"):
        loaded(str(tmp_path / "folder.csv"))

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    path = table(PLAIN)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(DataError, match=r"it cannot be read \(Permission denied\)"):
        loaded(path)
