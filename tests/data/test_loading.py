"""Named datasets and real tables: their shapes, the same bytes in every process, nothing heavy imported."""

from __future__ import annotations

import csv
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lyapscreen.data import load
from lyapscreen.spec.spec import Spec
from tests.helpers.datasets import both, loaded, notices_of
from tests.helpers.project import ROOT

REAL = ROOT.parent / "shared" / "data"
SHARED = ROOT.parent / "shared" / "cases"


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
    "ionosphere": ("classification", 351, 33, 2),
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


CASES = {
    "none-is-a-class": ({"target": "disorder"}, ("classification", 200, 2, 3), "^target: None in 120 of 200 rows kept"),
    "integer-header": ({}, ("classification", 80, 4, 2), r"^header: .*\(0, 1, 2, 3, 4\)"),
    "decimal-comma": ({"target": "ertrag"}, ("regression", 60, 2, 1), "^read as numbers: .*decimal commas"),
}
"""Settings; task, rows, inputs and outputs; what is said."""


@pytest.mark.skipif(not SHARED.is_dir(), reason="the cases are not beside this clone")
@pytest.mark.parametrize("name", CASES)
def test_a_case_that_was_misread_is_right(name):
    settings, right, said = CASES[name]
    dataset = loaded(str(SHARED / name / "x.csv"), **settings)
    check(dataset, *right)
    assert notices_of(dataset, said)


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
