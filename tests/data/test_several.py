"""Inputs of several arrays: the forms they come in, what stays as it is, and what is refused by name."""

import importlib.util

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, Y, loaded, notices_of

RNG = np.random.default_rng(0)
IDS = RNG.integers(0, 9, (ROWS, 5))
MASK = RNG.integers(0, 2, (ROWS, 5)).astype(bool)
X = RNG.normal(size=(ROWS, 3))
NAMED = {"input_ids": IDS, "attention_mask": MASK}


class Items:
    def __init__(self, item):
        self.item = item

    def __len__(self):
        return ROWS

    def __getitem__(self, i):
        return self.item(i)


def hugging_face():
    if importlib.util.find_spec("datasets") is None:
        pytest.skip("datasets is not installed")
    from datasets import Dataset

    return Dataset.from_dict({"input_ids": IDS.tolist(), "attention_mask": MASK.tolist(), "labels": Y.tolist()})


def file(tmp_path):
    np.savez(tmp_path / "data.npz", **NAMED, labels=Y)
    return str(tmp_path / "data.npz")


BY_POSITION = {
    "tuple": lambda: ((IDS, MASK), Y),
    "list": lambda: ([IDS, MASK], Y),
    "tensors": lambda: ((torch.tensor(IDS), torch.tensor(MASK)), torch.tensor(Y)),
    "pairs": lambda: Items(lambda i: ((IDS[i], MASK[i]), Y[i])),
    "tensor dataset": lambda: TensorDataset(*map(torch.tensor, (IDS, MASK, Y))),
    "loader": lambda: DataLoader(TensorDataset(*map(torch.tensor, (IDS, MASK, Y))), batch_size=4, shuffle=True),
}
BY_NAME = {
    "dict": lambda: (NAMED, Y),
    "one dict": lambda: {**NAMED, "labels": Y},
    "dicts and targets": lambda: Items(lambda i: ({name: part[i] for name, part in NAMED.items()}, Y[i])),
    "items": lambda: Items(lambda i: {**{name: part[i] for name, part in NAMED.items()}, "labels": Y[i]}),
    "hugging face": hugging_face,
}


def require_same(found, parts):
    expected = loaded((IDS, Y), inputs="tokens")
    np.testing.assert_array_equal(parts(found.x_train)[0], expected.x_train)
    np.testing.assert_array_equal(parts(found.x_held_out)[0], expected.x_held_out)
    np.testing.assert_array_equal(parts(found.x_train)[1], loaded((MASK.astype(int), Y), inputs="tokens").x_train)
    np.testing.assert_array_equal(found.y_held_out, expected.y_held_out)
    assert parts(found.x_train)[1].dtype == bool
    assert found.n_inputs == expected.n_inputs == IDS.max() + 1


@pytest.mark.parametrize("name", BY_POSITION)
def test_by_position_in_any_form(name):
    found = loaded(BY_POSITION[name]())
    require_same(found, tuple)
    assert isinstance(found.x_train, tuple)
    assert notices_of(found, "2 passed by position, as they are: none is scaled")


@pytest.mark.parametrize("name", BY_NAME)
def test_by_name_in_any_form(name):
    found = loaded(BY_NAME[name]())
    require_same(found, lambda inputs: list(inputs.values()))
    assert list(found.x_train) == ["input_ids", "attention_mask"]
    assert notices_of(found, r"2 passed by name \(input_ids, attention_mask\)")


def test_an_archive_without_x_is_taken_by_name(tmp_path):
    require_same(loaded(file(tmp_path)), lambda inputs: list(inputs.values()))


def test_nothing_is_scaled_and_fractions_get_the_dtype():
    found = loaded(((1000 * X, IDS), Y), dtype="float32")
    assert found.x_train[0].dtype == np.float32
    rows = {row.tobytes() for row in (1000 * X).astype(np.float32)}
    assert all(row.tobytes() in rows for row in found.x_train[0])
    assert notices_of(found, "the numbers of 1 have a mean size of .*; scale them beforehand")
    assert not notices_of(loaded(((X, IDS), Y)), "scale them beforehand")


def test_a_single_array_by_name():
    found = loaded(({"features": X}, Y))
    assert list(found.x_train) == ["features"]
    assert found.n_inputs == 3


def test_held_out_parts_are_put_in_the_order_of_the_training_part():
    other = {"attention_mask": ~MASK, "input_ids": IDS + 1}
    found = loaded((NAMED, Y, other, Y))
    assert list(found.x_held_out) == ["input_ids", "attention_mask"]
    np.testing.assert_array_equal(found.x_held_out["input_ids"], IDS + 1)
    np.testing.assert_array_equal(found.x_held_out["attention_mask"], ~MASK)


def test_a_class_for_every_position():
    following = np.column_stack([IDS[:, 1:], np.full(ROWS, -100)])
    found = loaded((NAMED, following))
    assert found.of_positions
    assert not found.warnings
    assert "the targets are the input input_ids itself" in loaded((NAMED, IDS)).warnings[0]
    items = Items(lambda i: {"input_ids": IDS[i], "attention_mask": MASK[i], "labels": following[i]})
    np.testing.assert_array_equal(loaded(items).y_train, found.y_train)


def test_the_digest_knows_names_order_and_numbers():
    every = [
        loaded((NAMED, Y)), loaded(((IDS, MASK), Y)), loaded(((MASK, IDS), Y)), loaded(((IDS, ~MASK), Y)),
        loaded(({"input_ids": IDS, "mask": MASK}, Y)),
    ]  # fmt: skip
    assert len({dataset.digest() for dataset in every}) == len(every)
    assert every[0].digest() == loaded((NAMED, Y)).digest()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (({"ids": IDS, "mask": MASK[:-1]}, Y), r"the input mask: it has the shape \(39, 5\), but there are 40 targets"),
        (({"ids": IDS, "text": np.array(["a"] * ROWS)}, Y), "the input text: it holds no numbers"),
        (({"ids": IDS, "mask": None}, Y), "the input mask: it is None"),
        (({"ids": IDS, "x": np.where(X > 1, np.nan, X)}, Y), r"the input x: it has missing values \(NaN\)"),
        (({"ids": IDS, "no name": MASK}, Y), "the input no name: a network cannot take an input of this name"),
        (({"ids": IDS, "rest": {"mask": MASK}}, Y), "the input rest: it is a dict of its own"),
        (({}, Y), "X: it is an empty dict"),
        (({"x": IDS * 0}, Y), "no input varies in the training part"),
        ((NAMED, Y, {"input_ids": IDS}, Y), "it has the inputs input_ids, but the training part has"),
        ((NAMED, Y, (IDS, MASK), Y), "it has the inputs 1, 2, but the training part has"),
        ((NAMED, Y, IDS, Y), "one part has several arrays of inputs, the other a single one"),
        (
            Items(lambda i: ((IDS[i][: 1 + i % 2], MASK[i]), Y[i])),
            r"its input 1 differs in shape \(\(1,\) and \(2,\)\)",
        ),
        (Items(lambda i: ({"ids": IDS[i]} if i % 2 else {"x": X[i]}, Y[i])), "its items differ in their inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused_by_name(data, message):
    with pytest.raises(DataError, match=message):
        loaded(data)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inputs": "tokens"}, "inputs tokens: X is 2 arrays"),
        ({"split": "group:site"}, "several arrays of inputs have no column site"),
        ({"target": "y"}, "arrays have no header"),
    ],
)
def test_settings_of_one_array_are_refused(settings, message):
    with pytest.raises(DataError, match=message):
        loaded((NAMED, Y), **settings)


def test_numbers_beyond_the_dtype_are_refused():
    with pytest.raises(DataError, match="the input x: it holds numbers that overflow float32"):
        loaded(({"x": 1e300 * X}, Y), dtype="float32")
