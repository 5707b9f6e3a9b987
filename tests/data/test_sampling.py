"""Data too large for memory: sampled by row, and read in pieces."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lyapscreen.data import delimited, sampling
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, label, loaded, notices_of, number, rows


@pytest.mark.parametrize(("n", "kept"), [(100, 10), (1_000, 999), (11, 10), (10**12, 10)])
def test_one_row_is_drawn_of_each_stretch(monkeypatch, n, kept):
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 4 * 3 * kept + 11)
    found = sampling.chosen(n, 3, "float32")
    assert len(found) == kept
    ends = [i * n // kept for i in range(kept + 1)]
    assert all(low <= row < high for low, row, high in zip(ends[:-1], found.tolist(), ends[1:], strict=True))
    np.testing.assert_array_equal(found, sampling.chosen(n, 3, "float32"))


def test_what_fits_is_not_sampled(monkeypatch):
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 8 * 3 * ROWS)
    assert sampling.chosen(ROWS, 3, "float64") is None
    assert sampling.chosen(ROWS + 1, 3, "float64") is not None
    assert not notices_of(loaded((X, Y)), "sampled")


def test_rows_that_do_not_fit_at_all_are_refused(monkeypatch):
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 8 * 3 * 7)
    with pytest.raises(DataError, match=r"rows of 3 numbers: fewer than 8 such rows fit in 0\.000160217 MiB"):
        loaded((X, Y))


LARGE = 1000


COLUMNS = pd.DataFrame({"x": np.arange(LARGE), "t": ["ab"[i % 2] for i in range(LARGE)], "y": np.arange(LARGE) % 3})


@pytest.mark.parametrize("form", ["csv", "parquet", "npz", "fortran", "arrays", "frame"])
@pytest.mark.parametrize("pieces", [1, 7])
def test_a_sample_is_that_of_the_whole(tmp_path, monkeypatch, form, pieces):
    width = 3 if form in ("csv", "parquet") else 2
    x = np.c_[np.arange(LARGE), np.arange(LARGE) ** 2]
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 8 * width * 100)
    monkeypatch.setattr(delimited, "CHUNK_ROWS", LARGE // pieces)
    path = str(tmp_path / f"t.{'npz' if form == 'fortran' else form}")
    if form == "csv":
        COLUMNS.to_csv(path, index=False)
    elif form == "parquet":
        pytest.importorskip("pyarrow")
        COLUMNS.to_parquet(path, row_group_size=LARGE // pieces)
    elif form in ("npz", "fortran"):
        monkeypatch.setattr("lyapscreen.data.npz.CHUNK_BYTES", 16 * LARGE // pieces)
        np.savez(path, X=np.asfortranarray(x) if form == "fortran" else x, y=COLUMNS["y"])
    data = {"arrays": (x, COLUMNS["y"]), "frame": (COLUMNS[["x", "t"]], COLUMNS["y"])}.get(form, path)
    sampled = loaded(data, task="classification")
    kept = sampling.chosen(LARGE, width, "float64")
    assert len(kept) == 100
    assert notices_of(sampled, r"^data sampled: 100 of 1000 rows, as many as fit in 0\.00\d+ MiB$")
    monkeypatch.undo()
    columns = COLUMNS[["x", "t"]] if form in ("csv", "parquet", "frame") else pd.DataFrame(x)
    assert_same_arrays(sampled, loaded((columns.iloc[kept], COLUMNS["y"].iloc[kept]), task="classification"))


def test_a_held_out_file_is_sampled_too(table, monkeypatch):
    path = table(COLUMNS.to_csv(index=False))
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 8 * 3 * 100)
    dataset = loaded(path, held_out=path)
    assert (len(dataset.x_train), len(dataset.x_held_out)) == (100, 100)


def test_a_table_read_in_chunks_is_the_same_table(table, monkeypatch):
    odd = rows(
        number,
        lambda i: "07" if i < 30 else "x",  # numbers first, text later: the first chunks are read again
        lambda i: "?" if i < 25 else "late",
        lambda i: "?" if i < 25 else i,
        lambda i: "x" if i < 10 else i,
        lambda i: f'"{i}\n"',
        label,
    )
    for content in (odd, "a,b,c,d,e,f,y\n" + odd):
        path = table(content)
        whole = loaded(path)
        monkeypatch.setattr(delimited, "CHUNK_ROWS", 8)
        assert_same_arrays(whole, loaded(path))
        monkeypatch.undo()


@pytest.mark.parametrize("place", [5, 1 << 20, (1 << 20) - 1, (1 << 20) + 7])
def test_a_byte_that_is_no_text_is_found_wherever_it_is(table, place):
    text = ("1.5,é,a\n" * 200_000).encode()
    bad = text[:place] + b"\xff" + text[place:]
    at = len(bad[:place].decode(errors="ignore").encode())
    with pytest.raises(DataError, match=rf"byte {at} is not valid UTF-8"):
        loaded(table(bad))
    with pytest.raises(DataError, match="byte 14 is not valid UTF-8"):
        loaded(table("1.5,a\n2.5,b\ni,é".encode()[:-1]))


def test_a_large_file_takes_little_memory(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        for _ in range(40):
            file.write("0.123456789012345678901234567890,1\n1.123456789012345678901234567890,0\n" * 20_000)
    code = (
        "import resource, pandas, sklearn.pipeline, sklearn.preprocessing, sklearn.compose, sklearn.model_selection\n"
        "from lyapscreen.data import load, sampling; from lyapscreen.spec.spec import Spec\n"
        "sampling.BUDGET_BYTES = 8000; before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"dataset = load(Spec.of(data={str(path)!r})); assert len(dataset.x_train) == 750, len(dataset.x_train)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.stat().st_size > 50 * 2**20
    assert float(done.stdout) < 40  # MiB; the text alone is 53
