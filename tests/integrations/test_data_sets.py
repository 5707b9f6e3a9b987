"""Data sets of Lightning and of Hugging Face: the real libraries' own."""

import pytest
import torch
from torch.utils.data import DataLoader, Subset, TensorDataset

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, loaded, notices_of

PAIRS = TensorDataset(torch.tensor(X), torch.tensor(Y))
TRAIN, HELD_OUT = Subset(PAIRS, range(30)), Subset(PAIRS, range(30, ROWS))
BOTH = (X[:30], Y[:30], X[30:], Y[30:])


def test_lightnings_own_data_modules():
    lightning = pytest.importorskip("lightning")

    class Real(lightning.LightningDataModule):
        def setup(self, stage):
            self.whole = PAIRS

        def train_dataloader(self):
            return DataLoader(self.whole, batch_size=8)

    assert_same_arrays(loaded(Real()), loaded((X, Y)))
    assert_same_arrays(loaded(lightning.LightningDataModule.from_datasets(TRAIN, HELD_OUT)), loaded(BOTH))
    with pytest.raises(DataError, match="data LightningDataModule: it has no train_dataloader"):
        loaded(lightning.LightningDataModule())


def test_data_sets_of_hugging_face():
    datasets = pytest.importorskip("datasets")
    columns = datasets.Dataset.from_dict({"label": Y, "a": X[:, 0], "b": X[:, 1]})
    wide = datasets.Dataset.from_dict({"pixels": X, "label": Y})
    assert_same_arrays(loaded(columns), loaded((X[:, :2], Y)))
    assert_same_arrays(loaded(columns.to_iterable_dataset()), loaded((X[:, :2], Y)))
    assert_same_arrays(loaded(columns.rename_column("label", "kind"), target="kind"), loaded((X[:, :2], Y)))
    for form in (wide, wide.with_format("torch"), wide.with_format("numpy")):
        assert_same_arrays(loaded(form), loaded((X, Y)))
    parts = (
        wide.rename_column("pixels", "x").select(range(30)),
        wide.rename_column("pixels", "x").select(range(30, ROWS)),
    )
    for held in ("validation", "test"):
        assert_same_arrays(loaded(datasets.DatasetDict({"train": parts[0], held: parts[1]})), loaded(BOTH))
    three = loaded(datasets.DatasetDict(train=parts[0], validation=parts[1], test=parts[1]))
    assert notices_of(three, "^data: not used: the split test$")
    assert_same_arrays(loaded(datasets.DatasetDict(train=wide)), loaded((X, Y)))
    with pytest.raises(DataError, match=r"data train, unsupervised: nothing says what its split unsupervised is for"):
        loaded(datasets.DatasetDict(train=wide, unsupervised=wide))
