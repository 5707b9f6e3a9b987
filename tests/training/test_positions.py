"""Classes at every position: torch's own cross-entropy, and answers known by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.errors import DataError, ModelError, SettingError
from lyapscreen.probe.regimes import is_dead
from lyapscreen.training.losses import POSITIONS, objective

CLASSES, LENGTH, VOCABULARY = 5, 7, 20
OURS = objective("auto", POSITIONS, CLASSES)


def drawn(*places):
    """Outputs with the classes last, of 2 candidates and 3 rows, and targets some of which are none."""
    generator = torch.Generator().manual_seed(0)
    outputs = torch.randn(2, 3, *places, CLASSES, generator=generator, dtype=torch.float64)
    targets = torch.randint(0, CLASSES, (3, *places), generator=generator)
    targets[0, 0] = targets[2, -1] = -100
    return outputs, targets


@pytest.mark.parametrize("places", [(LENGTH,), (4, 6)])
@pytest.mark.parametrize("last", [True, False])
def test_losses_residuals_and_accuracy_are_those_of_the_labelled_positions(places, last):
    by_class, targets = drawn(*places)
    outputs = by_class if last else by_class.movedim(-1, 2)
    known = targets != -100
    logits, classes = by_class[:, known], targets[known]
    for one, whole in zip(logits, outputs, strict=True):
        assert float(OURS.loss(whole, targets)) == pytest.approx(float(F.cross_entropy(one, classes)), rel=1e-14)
    each = [float(F.cross_entropy(one, classes)) for one in logits]
    assert OURS.losses(outputs, targets).tolist() == pytest.approx(each, rel=1e-14)
    e = torch.softmax(logits, -1) - F.one_hot(classes, CLASSES)
    assert OURS.residuals(outputs, targets).tolist() == pytest.approx([float(o.norm()) for o in e], rel=1e-13)
    right = (logits.argmax(-1) == classes).double().mean(1)
    assert OURS.score(outputs, targets).tolist() == right.tolist()


def test_the_best_constant_counts_labelled_positions_alone():
    targets = torch.tensor([[0, 0, -100], [0, 1, -100]])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert OURS.reference(targets, CLASSES) == pytest.approx(entropy, rel=1e-14)


def test_outputs_are_dead_where_no_position_depends_on_the_row():
    outputs, _ = drawn(LENGTH)
    dead = outputs[:, :1].expand(-1, 3, -1, -1)
    assert is_dead(outputs).tolist() == [False, False]
    assert is_dead(dead).tolist() == [True, True]


def test_other_losses_are_refused_by_name():
    with pytest.raises(SettingError, match="it does not fit the task, classification of positions"):
        objective("mse", POSITIONS, CLASSES)


RNG = np.random.default_rng(0)
X = RNG.integers(0, VOCABULARY, (60, LENGTH))
NEXT = (3 * X + 1) % VOCABULARY
NEXT[:, 0] = -100
SHORT = {
    "act": "tanh", "lr": 0.5, "seeds": [0], "steps": 6, "batch_size": 8, "dtype": "float64", "halving": False,
}  # fmt: skip


class Tagger(nn.Module):
    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__()
        self.embedding, self.f, self.out = nn.Embedding(n_inputs, 8), activation(), nn.Linear(8, n_outputs)

    def forward(self, tokens):
        return self.out(self.f(self.embedding(tokens)))


class Segmenter(nn.Module):
    def __init__(self, activation, n_inputs, n_outputs):
        super().__init__()
        self.first, self.f = nn.Conv2d(n_inputs, 4, 3, padding=1), activation()
        self.out = nn.Conv2d(4, n_outputs, 1)

    def forward(self, images):
        return {"out": self.out(self.f(self.first(images)))}


IMAGES = RNG.normal(size=(40, 2, 6, 5))
PIXELS = (IMAGES.sum(1) > 0).astype(int) + (IMAGES.sum(1) > 1)


def of_each(outputs, targets):
    return F.cross_entropy(outputs.transpose(1, 2), targets, reduction="none")


def trained(settings, loss):
    """The held-out loss of a plain loop over the replay's minibatches."""
    again = ls.replay(**{**SHORT, **settings})
    for inputs, targets in again.batches:
        again.optimizer.zero_grad()
        loss(again.model(inputs), targets).backward()
        again.optimizer.step()
    again.model.eval()
    with torch.no_grad():
        return float(loss(again.model(again.held_out[0]), again.held_out[1]))


CASES = {
    "tokens": ({"data": (X, NEXT), "model": Tagger}, lambda o, t: F.cross_entropy(o.transpose(1, 2), t)),
    "pixels": ({"data": (IMAGES, PIXELS), "model": Segmenter}, F.cross_entropy),
    "of each": ({"data": (X, NEXT), "model": Tagger, "loss": of_each}, lambda o, t: of_each(o, t).mean()),
}


@pytest.mark.parametrize("name", CASES)
def test_a_screening_is_equal_to_a_plain_loop(name):
    settings, loss = CASES[name]
    found = ls.screen(**{**SHORT, **settings}, jobs=1)
    measured = found.ranking.rows[0].results[0].final
    assert measured.held_out_loss == pytest.approx(trained(settings, loss), abs=1e-12)
    assert any("classification of each of" in notice for notice in found.notices)
    assert any("their mean is minimised" in notice for notice in found.notices) == (name == "of each")


def test_an_axis_that_could_be_either_is_refused():
    square = RNG.integers(0, LENGTH, X.shape)
    with pytest.raises(ModelError, match="either axis of length 7 could be the classes"):
        ls.screen(**SHORT, data=(X, square), model=Tagger, jobs=1)


def test_too_few_classes_are_refused():
    def narrow(activation, n_inputs, n_outputs):
        return Tagger(activation, n_inputs, n_outputs - 1)

    with pytest.raises(ModelError, match="the data needs 20 classes at each position"):
        ls.screen(**SHORT, data=(X, NEXT), model=narrow, jobs=1)


def test_a_row_without_a_label_is_refused():
    bare = NEXT.copy()
    bare[3] = -100
    with pytest.raises(DataError, match="1 row of y holds nothing but -100"):
        ls.screen(**SHORT, data=(X, bare), model=Tagger, jobs=1)
