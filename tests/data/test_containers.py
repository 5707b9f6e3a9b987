"""What holds data sets: a Bunch, the splits of Hugging Face, what looks like a data module of Lightning."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import datasets as sklearn_datasets
from sklearn.utils import Bunch
from torch.utils.data import DataLoader, Subset, TensorDataset

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, loaded, notices_of

PAIRS = TensorDataset(torch.tensor(X), torch.tensor(Y))
TRAIN, HELD_OUT = Subset(PAIRS, range(30)), Subset(PAIRS, range(30, ROWS))
BOTH = (X[:30], Y[:30], X[30:], Y[30:])


class Module:
    """What a LightningDataModule looks like from outside."""

    def __init__(self):
        self.did = []

    def prepare_data(self):
        self.did = [*self.did, "prepared"]

    def setup(self, stage):
        assert stage == "fit"
        self.train, self.val = TRAIN, HELD_OUT

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=7, shuffle=True)

    def val_dataloader(self):
        return [DataLoader(self.val)]


def test_a_bunch_is_its_data_and_target():
    assert_same_arrays(loaded(sklearn_datasets.load_wine()), loaded("wine"))
    assert_same_arrays(loaded(Bunch(data=pd.DataFrame(X), target=pd.Series(Y), frame=None, DESCR="x")), loaded((X, Y)))


def test_a_frame_has_its_target_anywhere():
    frame = pd.DataFrame({"label": Y, "a": X[:, 0], "b": X[:, 1]})
    assert_same_arrays(loaded(frame, target="label"), loaded((X[:, :2], Y)))


def test_a_data_module_is_set_up_in_a_copy():
    module = Module()
    found = loaded(module)
    assert_same_arrays(found, loaded(BOTH))
    assert vars(module) == {"did": []}
    assert notices_of(found, "^data: the loader's batches of 7 are not used: batch_size sets them$")


def test_without_a_validation_loader_rows_are_held_out():
    module = Module()
    module.setup = lambda stage: None
    module.train_dataloader = lambda: DataLoader(PAIRS)
    module.val_dataloader = list
    assert_same_arrays(loaded(module), loaded((X, Y)))


def failing(stage):
    raise RuntimeError("no disk")


WRONG = {
    "setup": (failing, r"test_containers\.py line \d+: RuntimeError: no disk"),
    "val_dataloader": (lambda: [DataLoader(PAIRS)] * 2, "it has 2 validation loaders, and one data set is screened"),
    "train_dataloader": (lambda: None, "it has no train_dataloader that returns a loader"),
}


@pytest.mark.parametrize("method", WRONG)
def test_a_data_module_that_cannot_be_used_is_refused(method):
    module = Module()
    does, rule = WRONG[method]
    setattr(module, method, does)
    if method == "val_dataloader":
        module.train_dataloader = lambda: DataLoader(PAIRS)
    with pytest.raises(DataError, match=rule) as refused:
        loaded(module)
    assert refused.value.setting == "data"


def test_what_only_looks_like_one_is_not_taken():
    with pytest.raises(DataError, match="it has no X and y; it holds train, test"):
        loaded({"train": np.ones(3), "test": np.ones(3)})
