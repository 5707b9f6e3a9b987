"""What a user's factory is called with: matched by name and annotation, by position, or nothing at all."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.errors import ModelError
from lyapscreen.training.factory_arguments import arguments
from tests.helpers.networks import CLASSES, data
from tests.helpers.plain_training import built

DATA = data((6,))


def contract(activation, n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 8), activation(), nn.Linear(8, n_outputs))


class Net(nn.Module):
    """The issue's own: its one argument is a width."""

    def __init__(self, hidden=8):
        super().__init__()
        self.a, self.act, self.b = nn.Linear(6, hidden), nn.ReLU(), nn.Linear(hidden, CLASSES)

    def forward(self, x):
        return self.b(self.act(self.a(x)))


def make():
    return contract(nn.ReLU, 6, CLASSES)


def by_other_names(num_classes, in_features, act_layer=nn.ReLU):
    return contract(act_layer, in_features, num_classes)


def keywords_alone(*, n_in, n_out, nonlinearity):
    return contract(nonlinearity, n_in, n_out)


def annotated(n_in: int, n_out: int, unit: type[nn.Module]):
    return contract(unit, n_in, n_out)


def maker(n_in: int, n_out: int, unit: Callable[[], nn.Module]):
    return contract(unit, n_in, n_out)


def as_text(activation: "type[nn.Module] | None" = None):
    return contract(activation, 6, CLASSES)


def module(act: nn.Module | None = None):
    return contract(lambda: act, 6, CLASSES)


def of_default(activation=nn.ReLU()):  # noqa: B008  as people write it
    return contract(lambda: activation, 6, CLASSES)


class Called(nn.Module):
    """It calls what it is given on tensors, as with torch.relu."""

    def __init__(self, act_fn=F.relu):
        super().__init__()
        self.a, self.b, self.act_fn = nn.Linear(6, 8), nn.Linear(8, CLASSES), act_fn

    def forward(self, x):
        return self.b(self.act_fn(self.a(x)))


def by_word(activation="relu"):
    return contract({"relu": nn.ReLU, "tanh": nn.Tanh}[activation], 6, CLASSES)


def by_typed_word(activation: str):
    return by_word(activation)


FACTORIES = [Net, make, by_other_names, keywords_alone, annotated, maker, as_text, module, of_default, Called, by_word,
             by_typed_word, partial(Net, hidden=8), partial(by_other_names, CLASSES), lambda a, n, m: contract(a, n, m),
             lambda a: contract(a, 6, CLASSES), lambda *a: contract(*a, 6, CLASSES), lambda **k: make()]  # fmt: skip


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda one: getattr(one, "__name__", "partial"))
@pytest.mark.parametrize("act", ["relu", "tanh"])
def test_every_form_builds_the_same_network(factory, act):
    wanted, found = (built(model, DATA, act) for model in (contract, factory))
    for ours, theirs in zip(found.weights.values(), wanted.weights.values(), strict=True):
        assert torch.equal(ours, theirs)
    x = torch.from_numpy(DATA.x_train[:5])
    assert torch.equal(found.evaluated(x), wanted.evaluated(x))


def test_a_factory_called_without_the_activation_is_told_of():
    said = built(Net, DATA).notices
    assert said == (
        "model: Net takes no activation and is called as f()",
        "model: activation layers replaced: act",
    )
    (_, why) = built(lambda n_in, n_out: nn.Linear(n_in, n_out), DATA).notices
    assert why == "model: the module has no hidden activation layer: every activation gives the same numbers"


def test_swept_keywords_go_beside():
    found = ls.screen(model=Net, data=(DATA.x_train, DATA.y_train), act="tanh", lr=0.1, steps=4,
                      seeds=2, sweep={"hidden": [3, 5]}, jobs=1)  # fmt: skip
    assert sorted(row.configuration.settings for row in found.ranking.rows) == [(("hidden", 3),), (("hidden", 5),)]


def widths(activation, width):
    return activation, width


def of_words(hidden: int):
    return hidden


def untyped(hidden):
    return hidden


def two(activation, n_inputs, depth):
    return activation, n_inputs, depth


def strange(activation: int, n, m):
    return activation, n, m


REFUSED = [(widths, "width"), (of_words, "hidden"), (untyped, "hidden"), (two, "depth"), (strange, "activation")]


@pytest.mark.parametrize(("factory", "parameter"), REFUSED)
def test_a_parameter_that_nothing_says_is_refused_by_its_name(factory, parameter):
    with pytest.raises(ModelError) as refused:
        built(factory, DATA)
    assert refused.value.setting == "model"
    first = factory.__code__.co_firstlineno
    assert f"test_factories.py line {first}: its parameter {parameter} has no default" in refused.value.rule
    assert "f(activation, n_inputs, n_outputs), or without arguments" in refused.value.fix


def test_a_swept_keyword_needs_no_default():
    assert arguments(two, ("depth",), "two").shown() == "f(activation=activation, n_inputs=n_inputs)"


class Failing(nn.Module):
    def __init__(self, hidden=3):
        super().__init__()
        self.layer = nn.Linear(hidden, "many")


def test_a_mistake_inside_is_told_by_its_line_and_with_the_contract():
    line = Failing.__init__.__code__.co_firstlineno + 2
    with pytest.raises(ModelError) as refused:
        built(Failing, DATA)
    assert f"test_factories.py line {line}: TypeError" in refused.value.rule
    assert "It was called as f(). A model is a torch.nn.Module, or a function or class" in refused.value.fix


def test_what_is_no_module_is_told_with_the_contract():
    with pytest.raises(ModelError, match=r"returned int, not a torch\.nn\.Module\. Return .* A model is a torch"):
        built(lambda: 3, DATA)
