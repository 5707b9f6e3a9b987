"""The keywords of `screen` and `replay`: written out for editors, equal to the spec's fields, each mistake by name."""

import functools
import inspect

import pytest
import torch

import lyapscreen as ls
from lyapscreen.errors import LyapscreenError, SettingError
from lyapscreen.spec.keywords import Keywords
from lyapscreen.spec.optimizers import OPTIMIZERS
from lyapscreen.spec.spec import Spec


def test_the_keywords_are_the_fields_of_the_spec_in_their_order():
    assert list(Keywords.__annotations__) == list(Spec.model_fields)


@pytest.mark.parametrize("function", [ls.screen, ls.replay], ids=lambda one: one.__name__)
def test_both_functions_take_them(function):
    (rest,) = (p for p in inspect.signature(function).parameters.values() if p.kind is p.VAR_KEYWORD)
    assert rest.annotation == "Unpack[Keywords]"


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
def test_an_optimizer_may_be_given_by_torchs_class(name):
    assert Spec.of(optimizer=getattr(torch.optim, name)) == Spec.of(optimizer=name.lower())
    assert OPTIMIZERS[name.lower()].torch == name


WEIGHTS = [torch.nn.Parameter(torch.ones(1))]
OTHERS = [
    (torch.optim.NAdam, "its step is not one of those that are screened"),
    (torch.optim.Adam(WEIGHTS), "it is made already"),
    (functools.partial(torch.optim.SGD, momentum=0.9), "it carries settings, which stand in keywords"),
    (type("Adam", (torch.optim.Adam,), {}), "its step is not one of those that are screened"),
]


@pytest.mark.parametrize(("given", "rule"), OTHERS, ids=["another", "made", "partial", "subclass"])
def test_other_optimizers_are_refused_with_the_list(given, rule):
    with pytest.raises(SettingError, match=rule) as refused:
        Spec.of(optimizer=given)
    assert refused.value.setting == "optimizer"
    assert "The optimizers are sgd, momentum, nesterov" in refused.value.fix


ODD = object()
WRONG = [
    {"dta": "wine"}, {"observer": 5}, {"run": 5}, {"run": b"run"}, {"resume": "yes"}, {"confirm": 0},
    {"confirm": 2.5}, {"jobs": "x"}, {"jobs": 0}, {"backend": 5}, {"address": 5}, {"optimizer": 5}, {"lr": None},
    {"lr": ODD}, {"lr": {}}, {"lr": [[0.1]]}, {"lr": True}, {"act": 5}, {"act": None}, {"act": [5]},
    {"seeds": None}, {"seeds": 1.5}, {"seeds": ODD}, {"model": None}, {"model": 5}, {"model": []}, {"target": 5.5},
    {"target": ["a"]}, {"held_out": None}, {"held_out": []}, {"split": 5}, {"schedule": 5}, {"loss": 5},
    {"loss": None}, {"init": 5}, {"weights": 5}, {"sweep": 5}, {"sweep": {"momentum": ODD}}, {"memory": []},
    {"separator": 5}, {"encoding": 5}, {"steps": None}, {"halving": "maybe"}, {"rank_by": 5},
    {"dtype": torch.float32}, {"device": torch.device("cpu")}, {"no_code": 3}, {"evaluation_rows": -4},
    {"keep": True}, {"batch_size": None}, {"warmup": None}, {"full_steps": None}, {"ignore_label": []},
    {"clip_norm": "a"}, {"neighbours": 1}, {"data": None}, {"data": 5}, {"data": [1, 2, 3]}, {"data": (1, 2)},
    {"data": ([1, 2], [1, 2])}, {"data": torch.ones(3)}, {"data": {}}, {"data": {"X": 5}},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: next(iter(one)))
def test_every_wrong_keyword_shape_or_type_is_one_error_that_names_it(wrong):
    (name,) = wrong
    with pytest.raises(SettingError) as refused:
        ls.screen(**{"data": "wine", "lr": 0.1, "act": "relu", "steps": 4, "seeds": 1, **wrong})
    assert refused.value.setting.removeprefix("sweep.") in (name, "momentum")
    assert name in str(refused.value)


def test_what_is_no_keyword_is_a_type_error():
    with pytest.raises(TypeError, match=r"screen\(\) takes 0 positional arguments"):
        ls.screen("wine")


def test_a_replay_says_what_is_wrong_as_well():
    for wrong in ({"configuration": 5}, {"seed": "x"}, {"seed": 1.5}, {"seed": True}, {"dta": 4}, {"confirm": 3}):
        with pytest.raises(LyapscreenError, match=f"^{next(iter(wrong))} "):
            ls.replay(**{"data": "wine", "lr": 0.1, "act": "relu", "steps": 4, **wrong})
