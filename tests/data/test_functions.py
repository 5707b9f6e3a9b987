"""Functions that return data, and how their mistakes are told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lyapscreen.data import sampling
from lyapscreen.data.items import REPEATED
from lyapscreen.errors import DataError
from lyapscreen.spec import user_code
from lyapscreen.spec.user_code import Named
from tests.helpers.datasets import X, Y, both, loaded, notices_of


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, and a way to write a data.py there."""
    monkeypatch.chdir(tmp_path)
    return Path("data.py").write_text


ARRAYS = """
import numpy as np
ROWS = 40
X = np.random.default_rng(0).normal(size=(ROWS, 3))
Y = np.arange(ROWS) % 2
"""


SQUARES = """
class Squares:
    def __len__(self):
        return ROWS

    def __getitem__(self, i):
        return X[i], Y[i]
"""


TORCH = "import torch\nfrom torch.utils.data import Dataset, TensorDataset, Subset\n"


RETURNED = {
    "arrays": ("", "X, Y"),
    "lists": ("", "[X.tolist(), Y.tolist()]"),
    "a frame": ("import pandas as pd\n", "pd.DataFrame(X), pd.Series(Y)"),
    "tensors": (TORCH, "torch.tensor(X), torch.tensor(Y)"),
    "a tensor dataset": (TORCH, "TensorDataset(torch.tensor(X), torch.tensor(Y))"),
    "a dataset of arrays": (SQUARES, "Squares()"),
    "a torch dataset": (TORCH + SQUARES.replace("Squares:", "Squares(Dataset):"), "Squares()"),
    "a subset": (TORCH + SQUARES, "Subset(Squares(), range(ROWS))"),
    "lists of items": (SQUARES.replace("X[i], Y[i]", "[X[i].tolist(), torch.tensor([Y[i]])]"), "Squares()"),
}


@pytest.mark.parametrize(("before", "returned"), RETURNED.values(), ids=RETURNED)
def test_a_function_returns_arrays_or_a_dataset(here, before, returned):
    pytest.importorskip("torch")
    here(f"import torch\n{ARRAYS}{before}\n\ndef load():\n    return {returned}\n")
    dataset, expected = loaded("data.py:load"), loaded((X, Y))
    np.testing.assert_array_equal(both(dataset), both(expected))
    np.testing.assert_array_equal(dataset.y_train, expected.y_train)
    assert dataset.name == "data.py:load"


@pytest.mark.parametrize(
    "returned",
    [
        "X[:30], Y[:30], X[30:], Y[30:]",
        "torch.tensor(X[:30]), Y[:30], torch.tensor(X[30:]), Y[30:]",
        "Subset(Squares(), range(30)), Subset(Squares(), range(30, 40))",
    ],
)
def test_a_function_returns_both_parts(here, returned):
    pytest.importorskip("torch")
    here(f"{TORCH}{ARRAYS}{SQUARES}\n\ndef load():\n    return {returned}\n")
    dataset = loaded("data.py:load")
    mean, std = X[:30].mean(0), X[:30].std(0)
    np.testing.assert_allclose(dataset.x_train, (X[:30] - mean) / std)
    np.testing.assert_allclose(dataset.x_held_out, (X[30:] - mean) / std)
    np.testing.assert_array_equal(dataset.y_held_out, Y[30:])


def test_a_function_gives_the_held_out_part_of_another(here):
    here(f"{ARRAYS}\ndef train():\n    return X[:30], Y[:30]\n\ndef test():\n    return X[30:], Y[30:]\n")
    dataset = loaded("data.py:train", held_out="data.py:test")
    np.testing.assert_array_equal(both(dataset), both(loaded((X[:30], Y[:30], X[30:], Y[30:]))))


def test_python_passes_functions_too(here):
    here(f"{ARRAYS}\ndef load():\n    return X, Y\n")
    for data in (lambda: (X, Y), Named("data", "data.py:load")):
        np.testing.assert_array_equal(both(loaded(data)), both(loaded((X, Y))))


def test_images_of_a_dataset_stay_images(here):
    here(f"{ARRAYS}{SQUARES.replace('X[i], ', 'X[i] * np.ones((3, 5, 1)), ')}\ndef load():\n    return Squares()\n")
    dataset = loaded("data.py:load")
    assert (dataset.inputs, dataset.input_shape) == ("images", (3, 5, 3))


def test_only_a_sample_of_a_large_dataset_is_read(here, monkeypatch):
    read = "        READ.append(i)\n        return X[i % 40], Y[i % 40]\n"
    here(f"{ARRAYS}READ = []\n{SQUARES.replace('return ROWS', 'return 10**9').partition('        return X')[0]}{read}"
         "\ndef load():\n    return Squares()\n\ndef read():\n    return READ\n")  # fmt: skip
    monkeypatch.setattr(sampling, "BUDGET_BYTES", 8 * 3 * 50)
    assert notices_of(loaded("data.py:load"), "^data sampled: 50 of 1000000000 rows")
    kept = sampling.chosen(10**9, 3, "float64").tolist()
    # Some are read again, and all once more, to see that they stay what they are.
    once = [0, *kept, *kept[:REPEATED]]
    assert user_code.load("data", "data.py:read")() == once * 2


BROKEN = {
    "raises": ("return X, wrong", "data.py line 8: NameError: name 'wrong' is not defined"),
    "returns nothing": ("pass", "data.py line 7: it returned None. Return arrays (X, y), arrays of both"),
    "returns X alone": ("return X", "data.py line 7: it returned an object of type ndarray. Return arrays"),
    "returns three": ("return X, Y, Y", "data.py line 7: it returned an object of type tuple. Return arrays"),
    "returns a name": ("return 'digits'", "data.py line 7: it returned an object of type str. Return arrays"),
    "returns a dict": ("return {'X': X}", "it has no X and y; it holds X. Name the inputs"),
    "changes": (
        "return np.random.default_rng().normal(size=(ROWS, 3)), Y",
        "data.py line 7: a second call gives other rows. Seed what it draws",
    ),
    "wrong shape": (
        "return X, Y[1:]",
        "data.py line 7: arrays with X of shape (40, 3) and y of shape (39,): X and y have different numbers of rows",
    ),
    "no numbers": ("return X * 1j, Y", "data.py line 7: arrays of complex128: X and y must be real numbers"),
    "no target": ("return X, Y * np.nan", "data.py line 7: arrays with X of shape (40, 3) and y of shape (40,): y has"),
    "exits": ("raise SystemExit(0)", "data.py line 8: it called sys.exit(0)"),
}


@pytest.mark.parametrize(("body", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_function_is_told_by_file_and_line(here, body, said):
    here(f"{ARRAYS}\ndef load():\n    {body}\n")
    with pytest.raises(DataError) as caught:
        loaded("data.py:load")
    assert str(caught.value).startswith(f"data data.py:load: {said}")


ITEMS = {
    "raises": ("return X[i], {}[i]", "data.py line 12: KeyError: 0"),
    "raises later": ("return X[i], [0] * 20 and Y[i] / (i != 20) or [][i]", "data.py line 12: IndexError: list index"),
    "returns nothing": (
        "pass",
        "data.py line 15: item 0 of the dataset Squares: it is of type NoneType, not a pair (x, y)",
    ),
    "returns three": (
        "return X[i], Y[i], 1",
        "data.py line 15: item 0 of the dataset Squares: it is of type tuple, not",
    ),
    "a target of two": (
        "return X[i], Y[:2]",
        "data.py line 15: item 0 of the dataset Squares: its target has shape",
    ),
    "of two shapes": (
        "return X[i][i % 2:], Y[i]",
        "data.py line 15: the dataset Squares: its inputs differ in shape ((3,) and (2,)). Pad or resize",
    ),
}


@pytest.mark.parametrize(("body", "said"), ITEMS.values(), ids=ITEMS)
def test_a_broken_dataset_is_told_by_file_and_line(here, body, said):
    here(f"{ARRAYS}{SQUARES.replace('return X[i], Y[i]', body)}\n\ndef load():\n    return Squares()\n")
    with pytest.raises(DataError) as caught:
        loaded("data.py:load")
    assert str(caught.value).startswith(f"data data.py:load: {said}")


def test_a_dataset_without_length_or_items_is_refused(here):
    here("class Stream:\n    def __iter__(self): pass\n\ndef stream(): return Stream()\n\nclass Empty:\n"
         "    def __len__(self): return 0\n    def __getitem__(self, i): pass\n\n"
         "def empty(): return Empty()\n")  # fmt: skip
    with pytest.raises(
        DataError, match=r"data\.py line 4: it returned an object of type Stream\. Return .* a Dataset with len"
    ):
        loaded("data.py:stream")
    with pytest.raises(DataError, match=r"data\.py line 10: the dataset Empty: it has no items"):
        loaded("data.py:empty")


def test_what_a_function_prints_is_not_on_stdout(here, capsys):
    printing = SQUARES.replace("return X[i]", "print('an item'); return X[i]")
    here(f"print('loading')\n{ARRAYS}{printing}\n\ndef load():\n    print('calling')\n    return Squares()\n")
    loaded("data.py:load")
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("loading\ncalling\nan item\n")


def test_no_code_refuses_functions(here):
    here("1 / 0\n")
    with pytest.raises(DataError, match=r"^data data\.py:load: it names code, which --no-code refuses to run"):
        loaded("data.py:load", no_code=True)
    with pytest.raises(DataError, match=r"^held_out data\.py:load: it names code, which --no-code refuses"):
        loaded((X, Y), held_out="data.py:load", no_code=True)
