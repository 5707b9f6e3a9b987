"""Words as people write them: in any case, by other names, as classes; and what is only nearly one of ours."""

import pytest
import torch
from torch import nn

from lyapscreen.errors import SettingError
from lyapscreen.spec.named_data import NAMED_DATA
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.suggestions import nearest

CASES = [
    ({"act": "ReLU,LeakyReLU"}, {"act": ("relu", "leaky_relu")}),
    ({"act": "swish,Identity"}, {"act": ("silu", "linear")}),
    ({"act": [nn.ReLU, "Tanh", nn.Identity]}, {"act": ("relu", "tanh", "linear")}),
    ({"act": nn.SiLU}, {"act": ("silu",)}),
    ({"optimizer": "AdamW", "schedule": "WSD:0.1", "keep": "Last"}, {"optimizer": "adamw", "schedule": "wsd:0.1"}),
    ({"data": "Digits", "model": "MLP:8", "loss": "MSE"}, {"data": "digits", "model": "mlp:8", "loss": "mse"}),
    ({"batch_size": "Full", "evaluation_rows": "ALL"}, {"batch_size": "full", "evaluation_rows": "all"}),
    ({"seeds": "SEED=7", "split": "Group:Who"}, {"seeds": (7,), "split": "group:Who"}),
    ({"dtype": "Float64", "rank_by": "Loss", "estimator": "Tangent"}, {"dtype": "float64", "rank_by": "loss"}),
    ({"sweep": {"optimizer": ["SGD", "Adam"]}}, {"sweep": (("optimizer", ("sgd", "adam")),)}),
    ({"lr": "0.01:1:3,3"}, {"lr": (0.01, 0.1, 1.0, 3.0)}),
]


@pytest.mark.parametrize(("given", "taken"), CASES, ids=str)
def test_words_are_read_as_people_write_them(given, taken):
    spec = Spec.of(**given)
    assert {name: getattr(spec, name) for name in taken} == taken


def test_what_is_written_in_another_case_has_the_same_hash():
    plain = Spec.of(optimizer="adam", act="relu", data="wine")
    other = Spec.of(optimizer="Adam", act=[nn.ReLU], data="Wine")
    assert plain.hash({}, "") == other.hash({}, "")


def test_a_file_named_as_a_dataset_is_in_another_case_is_that_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "WINE").write_text("a,b\n")
    assert Spec.of(data="WINE").data == "WINE"


class ReLU(nn.Module):
    """Another than torch's, under its name."""


REFUSED = [
    ({"act": nn.PReLU}, "act PReLU: this class of torch.nn is not screened"),
    ({"act": [ReLU]}, "act ReLU: an activation is given by its name or its class in torch.nn"),
    ({"act": nn.ReLU()}, "act ReLU: .* not as a module. Write nn.ReLU, without brackets"),
    ({"act": torch.tanh}, "its name or its class in torch.nn"),
    ({"act": "all,relu"}, "all stands for every activation"),
    ({"act": "ReLU,relu"}, "relu is given twice"),
    ({"act": "swish,SiLU"}, "silu is given twice"),
    ({"lr": "0.1:1,1"}, "1.0 is given twice"),
    ({"learning_rate": 0.1}, "learning_rate 0.1: there is no such setting. Did you mean lr\\?"),
    ({"activation": "relu"}, "activation relu: there is no such setting. Did you mean act\\?"),
    ({"epochs": 3}, "Did you mean full_epochs\\?"),
]


@pytest.mark.parametrize(
    ("given", "message"), REFUSED, ids=lambda one: one if isinstance(one, str) else next(iter(one))
)
def test_what_is_none_of_ours_is_refused_by_name(given, message):
    with pytest.raises(SettingError, match=message):
        Spec.of(**given)


NEAR = [
    ("iris", NAMED_DATA, ""),
    ("mnist", NAMED_DATA, ""),
    ("digit", NAMED_DATA, "Did you mean digits? "),
    ("sdg", ["sgd", "adam"], "Did you mean sgd? "),
    ("Learning-Rate", ["lr", "act"], "Did you mean lr? "),
    ("learning_rate", ["steps"], ""),
    ("rleu", ["relu", "elu"], "Did you mean relu? "),
]


@pytest.mark.parametrize(("name", "known", "hint"), NEAR)
def test_a_suggestion_is_made_only_when_it_is_close(name, known, hint):
    assert nearest(name, known) == hint
