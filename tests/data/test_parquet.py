"""Parquet: the table it was, its types, and damaged files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, Y, assert_same_arrays, label, loaded, notices_of

FRAME = pd.DataFrame(
    {
        "n": np.where(np.arange(ROWS) % 9 == 0, np.nan, np.arange(ROWS) * 1.5),
        "i": np.arange(ROWS),
        "t": [None if i % 7 == 0 else "uvw"[i % 3] for i in range(ROWS)],
        "y": [label(i) for i in range(ROWS)],
    }
)


@pytest.fixture
def parquet(tmp_path):
    """Save a frame and return the file's path."""
    pytest.importorskip("pyarrow")

    def save(frame, name="data.parquet", **options):
        path = tmp_path / name
        frame.to_parquet(path, **options)
        return str(path)

    return save


def test_a_parquet_file_is_the_table_it_was(parquet, table):
    dataset = loaded(parquet(FRAME))
    assert_same_arrays(dataset, loaded(table(FRAME.to_csv(index=False))))
    assert notices_of(dataset, r"^11 missing values in 2 columns imputed")
    assert_same_arrays(dataset, loaded(parquet(FRAME, row_group_size=7)))
    assert_same_arrays(dataset, loaded(parquet(FRAME.set_axis(range(100, 100 + ROWS)))))


def test_columns_of_a_parquet_file_have_names(parquet):
    path = parquet(FRAME)
    assert loaded(path, target="t").n_outputs == 3
    assert loaded(path, split="group:i").n_inputs == loaded(path).n_inputs
    with pytest.raises(DataError, match=r"^target z: .* The columns are n, i, t, y"):
        loaded(path, target="z")
    assert_same_arrays(
        loaded(path, held_out=parquet(FRAME[["y", "i", "t", "n"]], "2.parquet")), loaded(path, held_out=path)
    )


def test_other_types_of_parquet_are_numbers_or_categories(parquet):
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=4).repeat(10),
            "kind": pd.Categorical(["a", "b"] * 20),
            "flag": [True, False, False, True] * 10,
            "whole": pd.array([1, None] * 10 + [2, 3] * 10, "Int64"),
            "y": Y,
        }
    )
    dataset = loaded(parquet(frame))
    assert dataset.n_inputs == 1 + 2 + 1 + 1
    assert notices_of(dataset, "^10 missing values in 1 column imputed")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(n=[[1, 2]] * ROWS), r"it has columns of lists or records \(n\)\. Give each value a column"),
        (FRAME[:0], "it has no rows"),
        (FRAME[["y"]], "it has only one column"),
    ],
)
def test_parquet_that_is_no_table_is_refused(parquet, frame, message):
    with pytest.raises(DataError, match=message):
        loaded(parquet(frame))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x,y\n1,2\n", bytes(range(256)) * 9])
def test_damaged_parquet_is_refused(table, content):
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as Parquet \(.*Write it again"):
        loaded(table(content, "bad.parquet"))


def test_cut_parquet_is_refused(parquet, table):
    whole = Path(parquet(FRAME)).read_bytes()
    for content in (whole[:-20], whole[20:], whole[: len(whole) // 2] + whole[-8:]):
        with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as Parquet"):
            loaded(table(content, "bad.parquet"))


def test_text_in_parquet_that_is_no_text_is_refused(parquet, tmp_path):
    import pyarrow
    import pyarrow.parquet

    bad = pyarrow.array([b"\xff"] * ROWS, pyarrow.binary()).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"t": bad, "y": Y}), tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as Parquet"):
        loaded(str(tmp_path / "bad.parquet"))


def test_without_pyarrow_the_line_to_install_it_is_told(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = r"reading it needs pyarrow, which is not installed\. Run pip install 'lyapscreen\[parquet\]'"
    with pytest.raises(DataError, match=message):
        loaded(table(b"PAR1", "t.parquet"))
