"""Lazy layers: their sizes come from the data, their weights from the seed."""

import pytest
import torch
from torch import nn

from lyapscreen.errors import ModelError
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built, initial, plainly_trained, trained
from tests.helpers.user_modules import (
    Lazy,
)


@pytest.mark.parametrize("model", [Lazy, Lazy()], ids=["factory", "finished"])
def test_lazy_layers_get_their_sizes_from_the_data(model):
    sample = data((6,))
    found = trained(model, sample)
    first = built(model, sample, seeds=(3, 4))
    assert "lazy layers have their sizes from 4 rows" in str(first.notices)
    assert not torch.equal(*first.weights["inner.weight"])
    assert float(first.buffers["norm.running_mean"].abs().max()) == 0
    module = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Tanh(), nn.Linear(8, CLASSES))
    names = {"inner": "0", "norm": "1", "out": "3"}
    start = {f"{names[key.partition('.')[0]]}.{key.partition('.')[2]}": w for key, w in initial(first).items()}
    _, losses = plainly_trained(module, start, sample)
    assert [loss for _, loss in found.curve] == pytest.approx(losses, rel=1e-10)


def test_a_lazy_layer_out_of_reach_is_refused():
    module = Lazy()
    module.spare = nn.LazyLinear(3)
    with pytest.raises(ModelError, match="a lazy layer that its forward pass does not reach"):
        built(module, data((6,)))
