"""Files of arrays and of columns, damaged ones, and files too large for memory."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lyapscreen.data import delimited, sampling
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, label, loaded, notices_of, number, rows


@pytest.fixture
def npz(tmp_path):
    """Save arrays and return the file's path."""

    def save(name="data.npz", **arrays):
        path = tmp_path / name
        np.savez(path, **arrays)
        return str(path)

    return save


def same(one, other):
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


# .npz

NAMES = [("X", "y"), ("x", "y"), ("data", "target"), ("Data", "TARGETS"), ("inputs", "labels"), ("X_train", "y_train")]


@pytest.mark.parametrize(("x", "y"), NAMES)
def test_arrays_of_a_file_are_those_of_python(npz, x, y):
    path = npz(**{x: X, y: Y})
    dataset = loaded(path)
    same(dataset, loaded((X, Y)))
    assert dataset.name == path


@pytest.mark.parametrize(
    "save",
    [
        lambda path: np.savez(path, X=np.asfortranarray(X), y=Y[:, None]),
        lambda path: np.savez_compressed(path, X=X, y=Y),
        lambda path: np.savez(path, X=X.astype(">f8"), y=Y.astype(str), unused=np.ones(3)),
    ],
)
def test_spellings_of_one_archive_give_the_same_arrays(tmp_path, save):
    save(tmp_path / "t.npz")
    same(loaded(str(tmp_path / "t.npz")), loaded((X, Y)))


@pytest.mark.parametrize("ending", ["_test", "_held_out", "_TEST"])
def test_an_archive_may_come_split(npz, ending):
    held_out = {"x" + ending: X[30:], "y" + ending: Y[30:]}
    path = npz(x_train=X[:30], y_train=Y[:30], **held_out)
    dataset = loaded(path)
    mean, std = X[:30].mean(0), X[:30].std(0)
    np.testing.assert_allclose(dataset.x_train, (X[:30] - mean) / std)
    np.testing.assert_allclose(dataset.x_held_out, (X[30:] - mean) / std)
    np.testing.assert_array_equal(dataset.y_held_out, Y[30:])
    assert notices_of(dataset, "^held-out: the 10 rows that the data gives for it, not a fraction$")
    same(dataset, loaded(npz("first.npz", X=X[:30], y=Y[:30]), held_out=npz("second.npz", X=X[30:], y=Y[30:])))
    same(dataset, loaded((X[:30], Y[:30], X[30:], Y[30:])))
    with pytest.raises(DataError, match=r"^held_out .*second\.npz: the data has a held-out part of its own"):
        loaded(path, held_out=npz("second.npz", X=X, y=Y))
    with pytest.raises(DataError, match=r"^held_out .*: it has a held-out part of its own"):
        loaded(npz("first.npz", X=X[:30], y=Y[:30]), held_out=path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y}, r"it has no X and y, but a, b\. Call the inputs x, data, inputs or X_train, and"),
        ({"X": X}, "it has no X and y, but X"),
        ({}, "it has no X and y, but nothing"),
        ({"X": X, "x": X, "y": Y}, r"more than one array could be meant \(X, x, y\)"),
        ({"X": X, "y": Y, "X_train": X, "y_train": Y}, r"more than one array could be meant \(X, y, X_train, y"),
        ({"X": X, "y": Y[:-1]}, r"X of shape \(40, 3\) and y of shape \(39,\): X and y differ in their number of rows"),
        ({"X": X[0, 0], "y": Y}, r"X of shape \(\)"),
        ({"X": X[:0], "y": Y[:0]}, "it has 0 rows"),
        ({"X": X[:5], "y": Y[:5]}, "it has 5 rows with a target"),
        ({"X": X * 1j, "y": Y}, "complex128: X and y hold real numbers"),
        ({"X": X, "y": np.where(Y, np.nan, 1)}, "y has missing values"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(npz, arrays, message):
    path = npz(**arrays)
    with pytest.raises(DataError, match=message) as caught:
        loaded(path)
    assert str(caught.value).startswith(f"data {path}: ")


class Trap:
    def __reduce__(self):
        return (sys.exit, ("this pickle was loaded",))


@pytest.mark.parametrize("name", ["X", "y"])
def test_pickles_are_refused_in_words_and_never_loaded(npz, name):
    arrays = {"X": X, "y": Y} | {name: np.array([Trap()] * ROWS, dtype=object)}
    with pytest.raises(DataError, match=rf"its array {name} holds Python objects, and unpickling them could run code"):
        loaded(npz(**arrays))


def archive(**members):
    """The bytes of an archive with these bytes in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members.items():
            written.writestr(f"{name}.npy", content)
    return file.getvalue()


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


ENDLESS = npy(np.zeros((8, 1))).replace(b"(8, 1)", b"(99999999999999, 3)")[:128]

DAMAGED = {
    "text": b"X,y\n1,2\n",
    "empty": b"",
    "one array": npy(X),
    "cut": archive(X=npy(X), y=npy(Y))[:500],
    "flipped": archive(X=npy(X), y=npy(Y)).replace(b"NUMPY", b"NVMPY"),
    "a short array": archive(X=npy(X)[:-8], y=npy(Y)),
    "no header": archive(X=b"", y=b""),
    "an endless array": archive(X=ENDLESS, y=npy(Y)),
    "an endless target": archive(X=npy(X), y=ENDLESS.replace(b", 3", b",  ")),
    "code as header": archive(X=npy(X).replace(b"(40, 3)", b"exit(1)"), y=npy(Y)),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_archives_are_refused(table, content):
    with pytest.raises(DataError, match=r"^data .*bad\.npz: "):
        loaded(table(content, "bad.npz"))


# .parquet

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
    same(dataset, loaded(table(FRAME.to_csv(index=False))))
    assert notices_of(dataset, r"^11 missing values in 2 columns imputed")
    same(dataset, loaded(parquet(FRAME, row_group_size=7)))
    same(dataset, loaded(parquet(FRAME.set_axis(range(100, 100 + ROWS)))))


def test_columns_of_a_parquet_file_have_names(parquet):
    path = parquet(FRAME)
    assert loaded(path, target="t").n_outputs == 3
    assert loaded(path, split="group:i").n_inputs == loaded(path).n_inputs - 1
    with pytest.raises(DataError, match=r"^target z: .* Columns are n, i, t, y"):
        loaded(path, target="z")
    same(loaded(path, held_out=parquet(FRAME[["y", "i", "t", "n"]], "2.parquet")), loaded(path, held_out=path))


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
    assert dataset.n_inputs == 4 + 2 + 1 + 1
    assert notices_of(dataset, "^10 missing values in 1 column imputed")


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (FRAME.assign(n=[[1, 2]] * ROWS), r"its cells are lists or records \(n\)\. Give each value a column"),
        (FRAME[:0], "it has no rows"),
        (FRAME[["y"]], "it has one column"),
    ],
)
def test_parquet_that_is_no_table_is_refused(parquet, frame, message):
    with pytest.raises(DataError, match=message):
        loaded(parquet(frame))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"x,y\n1,2\n", bytes(range(256)) * 9])
def test_damaged_parquet_is_refused(table, content):
    pytest.importorskip("pyarrow")
    with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as parquet \(.*Write it again"):
        loaded(table(content, "bad.parquet"))


def test_cut_parquet_is_refused(parquet, table):
    whole = Path(parquet(FRAME)).read_bytes()
    for content in (whole[:-20], whole[20:], whole[: len(whole) // 2] + whole[-8:]):
        with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as parquet"):
            loaded(table(content, "bad.parquet"))


def test_text_in_parquet_that_is_no_text_is_refused(parquet, tmp_path):
    import pyarrow
    import pyarrow.parquet

    bad = pyarrow.array([b"\xff"] * ROWS, pyarrow.binary()).view(pyarrow.string())
    pyarrow.parquet.write_table(pyarrow.table({"t": bad, "y": Y}), tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=r"bad\.parquet: it cannot be read as parquet"):
        loaded(str(tmp_path / "bad.parquet"))


def test_without_pyarrow_the_line_to_install_it_is_told(table, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    message = r"reading it needs pyarrow, which is not installed\. Run pip install 'lyapscreen\[parquet\]'"
    with pytest.raises(DataError, match=message):
        loaded(table(b"PAR1", "t.parquet"))


# Too large for memory


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
    same(sampled, loaded((columns.iloc[kept], COLUMNS["y"].iloc[kept]), task="classification"))


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
        same(whole, loaded(path))
        monkeypatch.undo()


@pytest.mark.parametrize("place", [5, 1 << 20, (1 << 20) - 1, (1 << 20) + 7])
def test_a_byte_that_is_no_text_is_found_wherever_it_is(table, place):
    text = ("1.5,é,a\n" * 200_000).encode()
    bad = text[:place] + b"\xff" + text[place:]
    at = len(bad[:place].decode(errors="ignore").encode())
    with pytest.raises(DataError, match=rf"byte {at} is not UTF-8"):
        loaded(table(bad))
    with pytest.raises(DataError, match="byte 14 is not UTF-8"):
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
