"""Dropout masks: of seed and step alone, for every dropout of torch."""

import math

import pytest
import torch
from torch import nn

from lyapscreen.training import dropout


def test_dropout_masks_belong_to_seed_and_step_alone():
    calls = (dropout.Call((50, 4), 0.25), dropout.Call((50, 1), 0.5))
    torch.manual_seed(1)
    first = dropout.masks(calls, 7)
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, dropout.masks(calls, 7), strict=True))
    assert not torch.equal(first[0], dropout.masks(calls, 8)[0])
    # 200 draws at 0.75: four standard deviations are 0.12.
    assert float(first[0].double().mean()) == pytest.approx(0.75, abs=0.12)


def test_every_dropout_of_torch_is_found_and_keeps_its_mean():
    layers = nn.Sequential(nn.Dropout(0.5), nn.Dropout2d(0.25), nn.AlphaDropout(0.1)).train()
    x = torch.randn(4000, 3, 2, 2, generator=torch.Generator().manual_seed(0))
    calls = dropout.calls(lambda: layers(x))
    assert [(call.shape, call.p) for call in calls] == [
        ((4000, 3, 2, 2), 0.5),
        ((4000, 3, 1, 1), 0.25),
        ((4000, 3, 2, 2), 0.1),
    ]
    with dropout.replayed(dropout.masks(calls[2:], 1)):
        dropped = layers[2](x)
    # Alpha dropout keeps mean 0 and variance 1 of 48,000 normal numbers: four standard errors.
    assert float(dropped.mean()) == pytest.approx(0, abs=4 / math.sqrt(48000))
    assert float(dropped.var()) == pytest.approx(1, abs=4 * math.sqrt(3 / 48000))
