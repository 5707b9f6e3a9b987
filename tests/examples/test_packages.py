"""Networks of transformers, timm and torchvision, where these are installed, against a plain loop."""

import importlib

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from tests.helpers.project import EXAMPLES
from tests.helpers.zoo.plain_loop import answer

HERE = EXAMPLES / "own_model"
SHORT = {
    "act": "gelu", "lr": [0.01], "seeds": [0], "steps": 3, "batch_size": 8, "dtype": "float64", "halving": False,
}  # fmt: skip


def of_positions(outputs, targets):
    return F.cross_entropy(outputs.transpose(1, 2), targets)


CASES = {
    "bert": ("transformers", "data.py:words", "bert", F.cross_entropy),
    "bert, ids and mask": ("transformers", "packages.py:sentences", "bert", F.cross_entropy),
    "gpt2": ("transformers", "packages.py:letters", "gpt2", of_positions),
    "vit": ("timm", "packages.py:stripes", "vit", F.cross_entropy),
    "resnet18": ("torchvision", "packages.py:stripes", "resnet18", F.cross_entropy),
}


@pytest.mark.filterwarnings("ignore")  # what other packages warn of is theirs
@pytest.mark.parametrize(("package", "data", "factory", "loss"), CASES.values(), ids=CASES)
def test_a_network_of_a_package_is_equal_to_a_plain_loop(package, data, factory, loss):
    try:
        importlib.import_module(package)
    except Exception as error:  # a package may be there and not load: torchvision beside another build of torch
        pytest.skip(f"{package}: {error}")
    settings = SHORT | {"data": f"{HERE}/{data}", "model": f"{HERE}/packages.py:{factory}"}
    measured = ls.screen(**settings, jobs=1, rank_by="effective").ranking.rows[0].results[0].final
    again = ls.replay(**settings)
    for inputs, targets in again.batches:
        again.optimizer.zero_grad()
        loss(answer(again.model, inputs), targets).backward()
        again.optimizer.step()
    again.model.eval()
    with torch.no_grad():
        expected = float(loss(answer(again.model, again.held_out[0]), again.held_out[1]))
    assert measured.held_out_loss == pytest.approx(expected, abs=1e-9)
