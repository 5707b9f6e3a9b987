"""Archives of arrays: what is read, what is refused, and damaged ones."""

from __future__ import annotations

import io
import math
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, loaded, notices_of


@pytest.fixture
def npz(tmp_path):
    """Save arrays and return the file's path."""

    def save(name="data.npz", **arrays):
        path = tmp_path / name
        np.savez(path, **arrays)
        return str(path)

    return save


NAMES = [("X", "y"), ("x", "y"), ("data", "target"), ("Data", "TARGETS"), ("inputs", "labels"), ("X_train", "y_train")]


@pytest.mark.parametrize(("x", "y"), NAMES)
def test_arrays_of_a_file_are_those_of_python(npz, x, y):
    path = npz(**{x: X, y: Y})
    dataset = loaded(path)
    assert_same_arrays(dataset, loaded((X, Y)))
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
    assert_same_arrays(loaded(str(tmp_path / "t.npz")), loaded((X, Y)))


@pytest.mark.parametrize("ending", ["_test", "_held_out", "_TEST"])
def test_an_archive_may_come_split(npz, ending):
    held_out = {"x" + ending: X[30:], "y" + ending: Y[30:]}
    path = npz(x_train=X[:30], y_train=Y[:30], **held_out)
    dataset = loaded(path)
    mean, std = X[:30].mean(0), X[:30].std(0)
    np.testing.assert_allclose(dataset.x_train, (X[:30] - mean) / std)
    np.testing.assert_allclose(dataset.x_held_out, (X[30:] - mean) / std)
    np.testing.assert_array_equal(dataset.y_held_out, Y[30:])
    assert notices_of(dataset, "^held-out: the 10 rows that came with the data, not a fraction$")
    assert_same_arrays(
        dataset, loaded(npz("first.npz", X=X[:30], y=Y[:30]), held_out=npz("second.npz", X=X[30:], y=Y[30:]))
    )
    assert_same_arrays(dataset, loaded((X[:30], Y[:30], X[30:], Y[30:])))
    with pytest.raises(DataError, match=r"^held_out .*second\.npz: the data already has a held-out part"):
        loaded(path, held_out=npz("second.npz", X=X, y=Y))
    with pytest.raises(DataError, match=r"^held_out .*: it has a held-out part of its own"):
        loaded(npz("first.npz", X=X[:30], y=Y[:30]), held_out=path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": X, "b": Y}, r"it has no X and y; it holds a, b\. Name the inputs x, data, inputs or X_train, and"),
        ({"X": X}, "it has no X and y; it holds X"),
        ({}, "it has no X and y; it holds nothing"),
        ({"X": X, "x": X, "y": Y}, r"more than one array could be X or y \(X, x, y\)"),
        ({"X": X, "y": Y, "X_train": X, "y_train": Y}, r"more than one array could be X or y \(X, y, X_train, y"),
        ({"X": X, "y": Y[:-1]}, r"X of shape \(40, 3\) and y of shape \(39,\): X and y have different numbers of rows"),
        ({"X": X[0, 0], "y": Y}, r"X of shape \(\)"),
        ({"X": X[:0], "y": Y[:0]}, "there are no rows"),
        ({"X": X[:5], "y": Y[:5]}, "it has only 5 rows with a target"),
        ({"X": X * 1j, "y": Y}, "complex128: X and y must be real numbers"),
        ({"X": X, "y": np.where(Y, np.nan, 1)}, "y has values that are missing"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(npz, arrays, message):
    path = npz(**arrays)
    with pytest.raises(DataError, match=message) as caught:
        loaded(path)
    assert str(caught.value).startswith(f"data {path}: ")


def test_targets_of_other_rows_are_refused_before_they_are_read(tmp_path):
    """Some megabytes of an archive can hold gigabytes of nothing."""
    path = tmp_path / "huge.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, shape in (("X", (40, 3)), ("y", (2**24,))):
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                header = {"descr": "<f8", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(file, header)
                for _ in range(max(1, math.prod(shape) * 8 // 2**20)):
                    file.write(bytes(min(2**20, math.prod(shape) * 8)))
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"y of shape \(16777216,\): X and y have different numbers of rows"):
            loaded(str(path))
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


class Trap:
    def __reduce__(self):
        return (sys.exit, ("this pickle was loaded",))


@pytest.mark.parametrize("name", ["X", "y"])
def test_pickles_are_refused_in_words_and_never_loaded(npz, name):
    arrays = {"X": X, "y": Y} | {name: np.array([Trap()] * ROWS, dtype=object)}
    with pytest.raises(DataError, match=rf"its array {name} holds Python objects, and unpickling those could run code"):
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
