"""The same table in every format: the same arrays; what is no such file is refused in words."""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import zipfile

import numpy as np
import pandas as pd
import pytest

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, loaded, notices_of

FRAME = pd.DataFrame(
    {"x": X[:, 0].round(4), "t": ["uvw"[i % 3] for i in range(ROWS)], "n": [i * 7 % 5 for i in range(ROWS)]}
).assign(kind=["a" if i % 2 else "b" for i in range(ROWS)])
TEXT = FRAME.to_csv(index=False).encode()


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("t.csv", TEXT)


def arff(path):
    kinds = {"x": "NUMERIC", "t": "{u,v,w}", "n": "NUMERIC", "kind": "{a,b}"}
    head = "@RELATION t\n" + "".join(f"@ATTRIBUTE {name} {kind}\n" for name, kind in kinds.items()) + "@DATA\n"
    path.write_text(head + FRAME.to_csv(index=False, header=False))


WRITERS = {
    "t.csv.gz": lambda path: path.write_bytes(gzip.compress(TEXT)),
    "t.csv.bz2": lambda path: path.write_bytes(bz2.compress(TEXT)),
    "t.tsv.xz": lambda path: path.write_bytes(lzma.compress(FRAME.to_csv(index=False, sep="\t").encode())),
    "t.csv.zip": zipped,
    "t.txt": lambda path: FRAME.to_csv(path, index=False, sep=";"),
    "t.feather": FRAME.to_feather,
    "t.arrow": FRAME.to_feather,
    "t.orc": FRAME.to_orc,
    "t.parquet": FRAME.to_parquet,
    "t.xlsx": lambda path: FRAME.to_excel(path, index=False),
    "t.arff": arff,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_table_is_the_same_in_every_format(tmp_path, table, name):
    if name.endswith((".feather", ".arrow", ".orc", ".parquet")):
        pytest.importorskip("pyarrow")
    if name.endswith(".xlsx"):
        pytest.importorskip("openpyxl")
    WRITERS[name](tmp_path / name)
    dataset, expected = loaded(str(tmp_path / name)), loaded(table(TEXT, "plain.csv"))
    assert expected.n_inputs == 1 + 3 + 1
    assert_same_arrays(dataset, expected)
    assert notices_of(dataset, "^task: classification, since the target is text")


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", bytes(range(256)) * 4])
def test_damage_is_refused_in_words(table, name, content):
    with pytest.raises(DataError, match=rf"^data .*bad\.{name.partition('.')[2]}: "):
        loaded(table(content, f"bad.{name.partition('.')[2]}"))


@pytest.mark.parametrize(
    ("module", "name", "extra"), [("pyarrow", "t.orc", "parquet"), ("openpyxl", "t.xlsx", "excel")]
)
def test_a_missing_extra_is_one_line_with_its_command(tmp_path, monkeypatch, module, name, extra):
    pytest.importorskip(module)
    WRITERS[name](tmp_path / name)
    monkeypatch.setitem(sys.modules, module, None)
    message = rf"reading it needs {module}, which is not installed\. Run pip install 'lyapscreen\[{extra}\]'"
    with pytest.raises(DataError, match=message):
        loaded(str(tmp_path / name))


def test_a_sheet_has_titles_dates_and_others_beside_it(tmp_path):
    pytest.importorskip("openpyxl")
    dated = FRAME.assign(day=pd.date_range("2024-01-31", periods=ROWS)[::-1])[["x", "day", "t", "kind"]]
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        dated.to_excel(book, sheet_name="rows", startrow=2, index=False)
        book.sheets["rows"].cell(1, 1, "Counts of the year")
        FRAME.to_excel(book, sheet_name="more")
    dataset = loaded(str(path))
    assert dataset.n_inputs == 1 + 1 + 3
    assert notices_of(dataset, "sheet rows of 2 is read")
    assert notices_of(dataset, r"passed over the first line \(Counts of the year")
    assert notices_of(dataset, r"^read as numbers: day \(dates")


def test_svmlight_and_sparse_matrices_are_filled_in(tmp_path):
    import scipy.sparse
    from sklearn.datasets import dump_svmlight_file

    x = np.where(X > 0, X, 0)
    dump_svmlight_file(x, Y, str(tmp_path / "t.svmlight"))
    (tmp_path / "t.libsvm.gz").write_bytes(gzip.compress((tmp_path / "t.svmlight").read_bytes()))
    for data in (str(tmp_path / "t.svmlight"), str(tmp_path / "t.libsvm.gz"), (scipy.sparse.csr_array(x), Y)):
        np.testing.assert_allclose(loaded(data).x_train, loaded((x, Y)).x_train, rtol=1e-10)
    scipy.sparse.save_npz(tmp_path / "s.npz", scipy.sparse.csr_array(x))
    with pytest.raises(DataError, match=r"it holds a sparse matrix and no target. Write X and y in svmlight"):
        loaded(str(tmp_path / "s.npz"))


def test_one_array_is_a_table_and_a_structured_one_has_names(tmp_path):
    np.save(tmp_path / "t.npy", np.c_[X, Y])
    assert_same_arrays(loaded(str(tmp_path / "t.npy")), loaded((X, Y)))
    record = np.zeros(ROWS, dtype=[("a", float), ("b", float), ("y", int)])
    record["a"], record["b"], record["y"] = X[:, 0], X[:, 1], Y
    np.save(tmp_path / "s.npy", record)
    assert_same_arrays(loaded(str(tmp_path / "s.npy"), target="y"), loaded((X[:, :2], Y)))
    np.save(tmp_path / "v.npy", Y)
    with pytest.raises(DataError, match=r"one array of shape \(40,\), in which no column is the target"):
        loaded(str(tmp_path / "v.npy"))
    np.save(tmp_path / "o.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="it holds Python objects, and unpickling those could run code"):
        loaded(str(tmp_path / "o.npy"))


def test_tensors_of_a_file_are_read_without_code(tmp_path):
    torch = pytest.importorskip("torch")
    x, y = torch.tensor(X), torch.tensor(Y)
    for i, saved in enumerate([(x, y), {"X": x, "y": y}, torch.cat([x, y[:, None]], 1)]):
        torch.save(saved, tmp_path / f"{i}.pt")
        assert_same_arrays(loaded(str(tmp_path / f"{i}.pt")), loaded((X, Y)))
    torch.save(torch.utils.data.TensorDataset(x, y), tmp_path / "d.pt")
    with pytest.raises(DataError, match="it holds more than tensors, and unpickling that could run code"):
        loaded(str(tmp_path / "d.pt"))
    torch.save(3, tmp_path / "n.pt")
    with pytest.raises(DataError, match="it holds an object of type int"):
        loaded(str(tmp_path / "n.pt"))


@pytest.mark.parametrize("ending", ["_val", "_valid", "_validation", "_dev"])
def test_the_choice_is_made_on_the_validation_part(tmp_path, ending):
    part = {f"x{ending}": X[20:30], f"y{ending}": Y[20:30], "x_test": X[30:], "y_test": Y[30:]}
    np.savez(tmp_path / "t.npz", x_train=X[:20], y_train=Y[:20], **part)
    dataset = loaded(str(tmp_path / "t.npz"))
    assert_same_arrays(dataset, loaded((X[:20], Y[:20], X[20:30], Y[20:30])))
    assert notices_of(dataset, f"^x_test, y_test are not used: the choice is made on x{ending}, y{ending}")
    np.savez(tmp_path / "h.npz", x_train=X[:20], y_train=Y[:20], **{f"x{ending}": X[20:]})
    with pytest.raises(DataError, match=rf"it has x{ending} without a target beside it"):
        loaded(str(tmp_path / "h.npz"))
    np.savez(tmp_path / "u.npz", X=X, y=Y, weights=Y)
    assert notices_of(loaded(str(tmp_path / "u.npz")), "^not used: weights$")
