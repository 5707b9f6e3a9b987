"""Frames, loaders and datasets from Python, targets of several columns, and labels that look missing in arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lyapscreen.errors import DataError, SettingError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, both, loaded, notices_of

torch = pytest.importorskip("torch")
PAIRS = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))


class Dicts(torch.utils.data.Dataset):
    def __init__(self, names):
        self.names = names

    def __len__(self):
        return ROWS

    def __getitem__(self, i):
        return {name: value(i) for name, value in self.names.items()}


class Stream(torch.utils.data.IterableDataset):
    def __iter__(self):
        return iter(PAIRS)


class HuggingFace:
    """What datasets.Dataset looks like from outside."""

    column_names = ("x1", "x2", "label")

    def __len__(self):
        return ROWS

    def __getitem__(self, key):
        return {"x1": X[:, 0], "x2": X[:, 1], "label": Y}

    def with_format(self, _):
        return self

    def to_pandas(self):
        return pd.DataFrame(self[:])


FORMS = {
    "a loader": lambda: torch.utils.data.DataLoader(PAIRS, batch_size=7, shuffle=True),
    "a stream": Stream,
    "a loader of a stream": lambda: torch.utils.data.DataLoader(Stream(), batch_size=7),
    "dicts of an input and a target": lambda: Dicts({"x": lambda i: X[i], "label": lambda i: Y[i]}),
    "named arrays": lambda: {"X": X, "y": Y},
    "bfloat16": lambda: (torch.tensor(X).bfloat16().double(), torch.tensor(Y)),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_of_one_data_set_give_the_same(name):
    x = torch.tensor(X).bfloat16().double().numpy() if name == "bfloat16" else X
    assert_same_arrays(loaded(FORMS[name]()), loaded((x, Y)))


def test_bfloat16_is_read():
    assert_same_arrays(
        loaded((torch.tensor(X).bfloat16(), torch.tensor(Y))), loaded((torch.tensor(X).bfloat16().float(), Y))
    )


def test_rows_of_named_cells_are_a_table():
    cells = {"a": lambda i: X[i, 0], "b": lambda i: X[i, 1], "label": lambda i: int(Y[i])}
    for data in (Dicts(cells), HuggingFace(), pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "label": Y})):
        assert_same_arrays(loaded(data), loaded((X[:, :2], Y)))
    other = {"label_": cells["label"], "a": cells["a"], "b": cells["b"]}
    assert_same_arrays(loaded(Dicts(other), target="label_"), loaded((X[:, :2], Y)))
    with pytest.raises(DataError, match=r"its items have label_, a, b, none of which is called y or target"):
        loaded(Dicts(other))


def test_loaders_that_change_or_leave_out_items_are_refused():
    loader = torch.utils.data.DataLoader(PAIRS, collate_fn=lambda items: items)
    with pytest.raises(DataError, match=r"it puts batches together in a way of its own \(collate_fn\)"):
        loaded(loader)
    some = torch.utils.data.DataLoader(PAIRS, sampler=torch.utils.data.SubsetRandomSampler(range(9)))
    with pytest.raises(DataError, match="it draws items with SubsetRandomSampler, so that some may be left out"):
        loaded(some)
    noisy = Dicts({"x": lambda i: np.random.default_rng().normal(size=3), "y": lambda i: Y[i]})
    with pytest.raises(DataError, match="item 0 of it changes from one reading to the next"):
        loaded(noisy)


def test_extension_types_of_pandas_are_what_they_hold():
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 2, 5] * 10, "Int64"),
            "flag": pd.array([True, False, False, True] * 10, "boolean"),
            "word": pd.array(["u", "v"] * 20, "string"),
            "kind": pd.Categorical(["p", "q", "q", "r"] * 10),
            "when": pd.date_range("2024-01-01", periods=ROWS, tz="Europe/Berlin"),
            "sparse": pd.arrays.SparseArray(np.arange(ROWS) % 3 * 1.5),
        }
    )
    dataset = loaded((frame, Y))
    assert dataset.n_inputs == 1 + 1 + 2 + 3 + 1 + 1
    assert notices_of(dataset, r"^read as numbers: when \(dates as days\)")
    with pytest.raises(DataError, match="the column a: it has cells of type list"):
        loaded((pd.DataFrame({"a": [[1], [2]] * 20}), Y))


def test_whole_numbers_beyond_what_floats_tell_apart_stay_apart():
    large = 2**60 + np.arange(ROWS) % 3
    dataset = loaded((np.c_[large, np.arange(ROWS) * 7 % 11], Y))
    assert dataset.n_inputs == 3 + 1
    assert notices_of(dataset, "beyond 2.53, which floats would merge, kept as text: column 0")
    assert loaded((X, large)).n_outputs == 3
    assert loaded((X, large.astype(np.uint64))).n_outputs == 3


def test_labels_that_look_missing_in_arrays_and_frames():
    words = np.array(["None", "a", "None", "b"] * 10)
    for y in (words, words.astype(object), pd.Series(words), words.tolist()):
        dataset = loaded((X, y))
        assert dataset.n_outputs == 3
        assert notices_of(dataset, "^target: None in 20 of 40 rows kept as a label")
    with pytest.raises(DataError, match="y has values that are missing"):
        loaded((X, np.where(np.arange(ROWS) == 3, "nan", words)), missing="nan")


def test_several_targets_are_each_scaled():
    y = np.c_[X[:, 0] * 3 + 1, X[:, 1]]
    dataset = loaded((X, y))
    assert (dataset.task, dataset.n_outputs, dataset.y_train.shape) == ("regression", 2, (30, 2))
    np.testing.assert_allclose(dataset.y_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(dataset.y_train.std(axis=0), 1)
    assert notices_of(dataset, "^task: regression on 2 targets, the loss their mean$")


def test_one_hot_targets_are_classes_and_flags_are_labels():
    classes = np.arange(ROWS) % 3
    one_hot = loaded((X, np.eye(3)[classes]))
    assert_same_arrays(one_hot, loaded((X, classes)))
    labels = loaded((X, X > 0), loss="bce")
    assert (labels.task, labels.n_outputs) == ("multi-label", 3)
    assert set(np.unique(labels.y_train)) == {0, 1}
    assert loaded((X, X > 0)).task == "regression"
    with pytest.raises(DataError, match=r"^loss bce: with several targets each has to be 0 or 1"):
        loaded((X, X), loss="bce")
    with pytest.raises(DataError, match=r"^task classification: the target has 3 columns, which are no one-hot code"):
        loaded((X, X > 0), task="classification")


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_channels_may_be_last(channels):
    images = np.random.default_rng(0).normal(size=(ROWS, 9, 8, channels))
    dataset = loaded((images, Y))
    assert dataset.input_shape == (channels, 9, 8)
    assert notices_of(dataset, r"is read as \[rows, height, width, channels\]")
    assert loaded((images.transpose(0, 3, 1, 2), Y)).input_shape == (channels, 9, 8)


def test_images_of_yes_and_no_are_numbers():
    assert loaded((np.random.default_rng(0).normal(size=(ROWS, 4, 5)) > 0, Y)).input_shape == (1, 4, 5)


def test_settings_of_tables_are_checked_before_anything_is_read():
    for setting, value in (
        ("separator", "ab"),
        ("separator", "1"),
        ("encoding", "klingon"),
        ("decimal", ";"),
        ("skip_rows", -1),
    ):
        with pytest.raises(SettingError, match=f"^{setting} "):
            loaded("wine", **{setting: value})
    with pytest.raises(DataError, match=r"^drop a: arrays have no header, and their target is y. Leave drop out"):
        loaded((X, Y), drop="a")


def test_an_ignored_label_is_in_neither_part():
    dataset = loaded((X, np.arange(ROWS) % 4 - 1), ignore_label=-1)
    assert len(both(dataset)) == 30
    assert dataset.n_outputs == 3
