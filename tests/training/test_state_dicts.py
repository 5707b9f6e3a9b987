"""Trained weights have the names of the module's own state_dict: it loads them, strictly, and so does --weights."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import lyapscreen as ls
from lyapscreen.errors import ModelError
from tests.helpers.networks import CLASSES, Tied, data
from tests.helpers.plain_training import built, initial, plainly_trained, trained
from tests.helpers.user_modules import (
    Holding,
    Lazy,
    SharedBlock,
    TiedToTheFirst,
    frozen,
    normalized,
)


class Keeping(nn.Module):
    """A buffer that is saved, one that is not, and one of whole numbers."""

    def __init__(self, activation=nn.Tanh):
        super().__init__()
        self.inner, self.act, self.out = nn.Linear(6, 8), activation(), nn.Linear(8, CLASSES)
        self.register_buffer("scale", torch.tensor(2.0))
        self.register_buffer("shift", torch.tensor(1.0), persistent=False)
        self.register_buffer("order", torch.arange(6).flip(0))

    def forward(self, x):
        return self.out(self.act(self.inner(x[:, self.order] * self.scale + self.shift)))


def twice(activation):
    """One layer under two names."""
    layer = nn.Linear(6, 6)
    return nn.Sequential(layer, activation(), layer, activation(), nn.Linear(6, CLASSES))


def weight_norm(activation):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = nn.utils.weight_norm(nn.Linear(6, 6))
    return nn.Sequential(layer, activation(), nn.Linear(6, CLASSES))


def parametrized(activation):
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(6, 6))
    return nn.Sequential(layer, activation(), nn.Linear(6, CLASSES))


def with_batch_norm(activation):
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), activation(), nn.Linear(8, CLASSES))


SAVED = {
    "tied": (Tied, (6,), 0),
    "tied to an embedding": (lambda activation: TiedToTheFirst(), (5,), 11),
    "a layer used twice": (twice, (6,), 0),
    "a block used twice": (lambda activation: SharedBlock(), (6,), 0),
    "buffers of every kind": (Keeping, (6,), 0),
    "batch norm": (with_batch_norm, (6,), 0),
    "parametrization": (parametrized, (6,), 0),
    "weight norm of the old kind": (weight_norm, (6,), 0),
    "frozen": (lambda activation: frozen(0, 1), (6,), 0),
    "lazy": (Lazy, (6,), 0),
    "DataParallel": (lambda activation: nn.DataParallel(with_batch_norm(activation)), (6,), 0),
    "DataParallel inside": (lambda activation: Holding(nn.DataParallel, activation), (6,), 0),
}


def loads(values):
    return {key: torch.from_numpy(np.asarray(array)) for key, array in values.items()}


@pytest.mark.parametrize("name", SAVED)
def test_saved_weights_load_into_the_module_and_as_weights(name, tmp_path):
    factory, shape, tokens = SAVED[name]
    sample = data(shape, tokens)
    found = loads(trained(factory, sample).weights)
    own = factory(nn.Tanh)
    if name == "lazy":
        own(torch.zeros(2, 6))
    assert list(found) == list(own.state_dict())
    own.double().load_state_dict(found)
    assert all(torch.equal(values, found[key]) for key, values in own.state_dict().items())
    torch.save(found, tmp_path / "w.pt")
    again = initial(built(factory, sample, weights=str(tmp_path / "w.pt"), seeds=(7,)))
    assert all(torch.equal(values, found[key]) for key, values in again.items())
    if name != "weight norm of the old kind":  # a wrong double backward of torch's own is another matter
        after, _ = plainly_trained(factory(nn.Tanh) if name != "lazy" else own, initial(built(factory, sample)), sample)
        for key, values in after.state_dict().items():
            assert torch.allclose(found[key], values, rtol=0, atol=1e-9), key
    if "batch norm" in name:
        assert int(found["1.num_batches_tracked"]) == 12


def test_a_run_directory_and_a_file_keep_tied_weights_and_whole_numbers(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 6)).astype("float32")

    def factory(activation):
        return nn.Sequential(Tied(activation), nn.BatchNorm1d(CLASSES))

    settings = {"data": (x, np.argmax(x[:, :CLASSES], 1)), "model": factory, "lr": "0.05,0.3", "seeds": 2, "steps": 10}
    run = {"confirm": 1, "full_steps": 30, "jobs": 1, "run": tmp_path / "run"}
    first = ls.screen(**settings, act=["tanh"], **run)
    assert first.state_dict() == ls.screen(**settings, act=["tanh"], **run, resume=True).state_dict()
    first.save(tmp_path / "w.pt")
    state = torch.load(tmp_path / "w.pt", weights_only=True)
    module = factory(nn.Tanh)
    module.load_state_dict(state)
    assert state["1.num_batches_tracked"].dtype == torch.int64
    assert torch.equal(module[0].first.weight, module[0].second.weight)


OTHER = {
    "another width": ({"0.weight": torch.zeros(5, 6)}, r"other shapes than the network's: 0.weight is \(5, 6\) there"),
    "missing and beyond": ({"x": torch.zeros(1)}, "it lacks 0.weight, 0.bias, 1.weight and 5 more, and it has, beyond"),
    "a checkpoint": (
        {"model": {"0.weight": torch.zeros(1)}, "step": 3},
        "it holds model, each with entries of its",
    ),
    "a tensor": (torch.zeros(3), "it holds a Tensor, not a state_dict"),
    "a list": ([torch.zeros(3)], "it holds a list, not a state_dict"),
    "a whole module": (nn.Linear(2, 2), "it holds pickled Python objects, such as a whole network"),
    "numbers for names": ({0: torch.zeros(1)}, "it holds a dict, not a state_dict"),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_file_of_other_weights_is_refused(name, tmp_path):
    content, message = OTHER[name]
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ModelError, match=message) as caught:
        built(with_batch_norm, data((6,)), weights=str(tmp_path / "w.pt"))
    assert "weights_only" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "damaged"), (b"no torch file", "pickled|damaged"), (b"PK\x03\x04 torn", "damaged"), (None, "no such file")],
)
def test_a_file_that_is_none_of_torchs_is_refused(content, message, tmp_path):
    path = tmp_path / "w.pt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=message) as caught:
        built(with_batch_norm, data((6,)), weights=str(path))
    assert "weights_only" not in str(caught.value)
    with pytest.raises(ModelError, match="it cannot be read"):
        built(with_batch_norm, data((6,)), weights=str(tmp_path))


def test_a_finished_module_takes_a_file(tmp_path):
    module = normalized()
    state = {key: values + 1 for key, values in module.state_dict().items()}
    torch.save(state, tmp_path / "w.pt")
    found = built(nn.DataParallel(module), data((6,)), weights=str(tmp_path / "w.pt"))
    assert torch.equal(found.buffers["1.running_mean"][0], torch.ones(32, dtype=torch.float64))
    torch.save({f"module.{key}": values for key, values in state.items()}, tmp_path / "w.pt")
    again = built(nn.DataParallel(module), data((6,)), weights=str(tmp_path / "w.pt"))
    assert all(torch.equal(values, found.weights[key]) for key, values in again.weights.items())
