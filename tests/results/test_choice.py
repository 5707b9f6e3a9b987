"""Which configuration a choice names."""

import pytest

from lyapscreen.errors import SettingError
from lyapscreen.results.choice import find, parse, with_lr
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.rankings import SPEC

SWEPT = Spec.of(optimizer="momentum", act="relu,tanh", lr="0.01,0.1,1", sweep={"momentum": [0, 0.9]})


SCREENED = [Configuration(act, lr, (("momentum", m),)) for act in ("relu", "tanh") for lr in SWEPT.lr for m in (0, 0.9)]


NAMED = [
    ("act=relu,lr=0.1,momentum=0.9", Configuration("relu", 0.1, (("momentum", 0.9),))),
    (" act = tanh , lr = 1e-1, momentum=0.0", Configuration("tanh", 0.1, (("momentum", 0),))),
    ("activation=relu,lr=0.10009,momentum=0", Configuration("relu", 0.1, (("momentum", 0),))),
    ("lr=1,act=relu,momentum=0,steps=100", Configuration("relu", 1.0, (("momentum", 0),))),
    ({"act": "relu", "lr": 0.1, "momentum": 0.9}, Configuration("relu", 0.1, (("momentum", 0.9),))),
]


@pytest.mark.parametrize(("text", "expected"), NAMED, ids=lambda value: str(value))
def test_a_choice_is_found(text, expected):
    assert find(parse(text), SCREENED, SWEPT, where="the spec") == expected


NOT_FOUND = [
    ("act=mish,lr=0.1,momentum=0", "the spec has no mish. It has relu, tanh"),
    ("act=rleu,lr=0.1,momentum=0", "Did you mean relu?"),
    ("act=relu,lr=0.102,momentum=0", "the spec has no relu at lr 0.102 (momentum 0); the nearest is at lr 0.1. Choose"),
    ("act=relu,lr=0.1", "it does not say which momentum: the spec has 0, 0.9. Add for example momentum=0"),
    ("lr=0.1,momentum=0", "it does not say which act: the spec has relu, tanh. Add for example act=relu"),
    ("act=relu,lr=0.1,momentum=0.5", "the spec has no momentum=0.5. It has 0, 0.9"),
    ("act=relu,lr=0.1,momentum=0,steps=50", "steps is 100 throughout the spec. Choose steps=100, or sweep steps"),
    ("act=relu,lr=0.1,momentum=0,width=50", "there is no setting width"),
]


@pytest.mark.parametrize(("text", "message"), NOT_FOUND, ids=lambda value: str(value))
def test_a_choice_that_is_not_there_names_the_nearest(text, message):
    with pytest.raises(SettingError) as caught:
        find(parse(text), SCREENED, SWEPT, where="the spec")
    assert message in caught.value.message("--choice")


NO_CHOICE = [
    "", "relu", "act=relu", "lr=", "lr=x", "lr=0", "lr=-1", "lr=nan", "lr=inf", "lr=true", "lr=1,lr=2", "lr=1,,",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_CHOICE)
def test_what_names_no_configuration_is_refused(text):
    with pytest.raises(SettingError, match="Write it as act=relu"):
        parse(text)


def test_a_setting_that_is_not_swept_has_to_be_what_it_is():
    spec = Spec.of(optimizer="momentum", momentum=0.5)
    screened = [Configuration(act, lr) for act in spec.act for lr in spec.lr]
    assert find(parse("act=relu,lr=0.1,momentum=0.5"), screened, spec, where="the spec").lr == 0.1
    with pytest.raises(SettingError, match=r"momentum is 0\.5 throughout the spec"):
        find(parse("act=relu,lr=0.1,momentum=0.9"), screened, spec, where="the spec")


def test_an_lr_of_its_own_is_added_unless_it_is_there():
    assert with_lr(SPEC.lr, parse("act=relu,lr=0.3")) == (0.001, 0.01, 0.1, 0.3, 1.0)
    assert with_lr(SPEC.lr, parse("act=relu,lr=0.10005")) == SPEC.lr
