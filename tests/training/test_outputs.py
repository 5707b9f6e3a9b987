"""What a network may answer, and which part of it is its outputs."""

from collections import OrderedDict, namedtuple
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.errors import ModelError
from lyapscreen.training.outputs import place_of
from tests.helpers.networks import CLASSES

ROWS = 40
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(ROWS, 4)), np.arange(ROWS) % CLASSES
SHORT = {
    "data": (X, Y), "act": "tanh", "lr": 0.2, "seeds": [0], "steps": 5, "batch_size": 8, "dtype": "float64",
}  # fmt: skip

ONE, OTHER = torch.ones(2), torch.zeros(3)
Pair = namedtuple("Pair", "logits aux")


@dataclass
class Answer:
    logits: torch.Tensor
    hidden: torch.Tensor | None = None


def test_where_an_answer_holds_the_outputs():
    assert place_of(ONE, "net") is None
    assert place_of((None, ONE, OTHER), "net") == 1
    assert place_of([ONE], "net") == 0
    assert place_of(Pair(ONE, OTHER), "net") == 0
    assert place_of({"hidden": OTHER, "logits": ONE}, "net") == "logits"
    assert place_of(OrderedDict(out=ONE, other=None), "net") == "out"
    assert place_of(Answer(ONE, OTHER), "net") == "logits"


REFUSED = [
    ({"a": ONE, "b": OTHER}, "dict with the tensors a, b, and none is called logits"),
    ({"a": None}, "dict with no tensor"),
    ((None, 3), "tuple without a tensor"),
    (None, "returns NoneType, not a tensor"),
    (3.0, "returns float, not a tensor"),
]


@pytest.mark.parametrize(("answer", "message"), REFUSED)
def test_an_answer_that_leaves_it_open_is_refused(answer, message):
    with pytest.raises(ModelError, match=message):
        place_of(answer, "net")

    def forward(self, x):
        return answer

    with pytest.raises(ModelError, match=message):
        ls.screen(**SHORT, model=type("Net", (Net,), {"forward": forward}), jobs=1)


class Net(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.inner, self.f, self.out = nn.Linear(4, 6), activation(), nn.Linear(6, CLASSES)

    def logits(self, x):
        return self.out(self.f(self.inner(x)))

    def forward(self, x):
        return self.logits(x)


class Tuple(Net):
    def forward(self, x):
        return None, self.logits(x), x


class Dict(Net):
    def forward(self, x):
        return {"hidden": x, "logits": self.logits(x), "loss": x.sum()}


class Data(Net):
    def forward(self, x):
        return Answer(self.logits(x), x)


class TrainedAlone(Net):
    """As Inception does: a tuple in training, a tensor in evaluation."""

    def forward(self, x):
        return Pair(self.logits(x), x) if self.training else self.logits(x)


@pytest.mark.parametrize("kind", [Tuple, Dict, Data, TrainedAlone])
def test_the_answer_changes_no_number(kind):
    plain, found = (ls.screen(**SHORT, model=model, jobs=1) for model in (Net, kind))
    ours, theirs = (s.ranking.rows[0].results[0].final for s in (plain, found))
    assert theirs.held_out_loss == pytest.approx(ours.held_out_loss, rel=1e-13)
    # Small networks go stacked either way, by the same operations.
    assert theirs.lyapunov == pytest.approx(ours.lyapunov, rel=1e-9)
    assert any("is what the loss and the measures see" in notice for notice in found.notices)
    assert not any("is what the loss and the measures see" in notice for notice in plain.notices)


def test_a_loss_of_the_models_own_is_said_to_be_left_out():
    (said,) = [n for n in ls.screen(**SHORT, model=Dict, jobs=1).notices if "it returns dict" in n]
    assert said.endswith("not the loss that it computes itself")


def test_a_replay_trains_on_the_outputs_too():
    held_out = ls.screen(**SHORT, model=Dict, jobs=1, halving=False).ranking.rows[0].results[0].final.held_out_loss
    again = ls.replay(**SHORT, model=Dict)
    for inputs, targets in again.batches:
        again.optimizer.zero_grad()
        F.cross_entropy(again.model(inputs), targets).backward()
        again.optimizer.step()
    assert again.held_out_loss() == pytest.approx(held_out, abs=1e-12)


def test_a_tensor_in_training_and_none_in_evaluation_is_refused():
    class Odd(Net):
        def forward(self, x):
            return self.logits(x) if self.training else [self.logits(x)]

    with pytest.raises(ModelError, match="a tensor in training mode, but list in evaluation mode"):
        ls.screen(**SHORT, model=Odd, jobs=1)
