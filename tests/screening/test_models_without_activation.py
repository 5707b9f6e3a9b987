"""A model that ignores the activation is ranked by learning rate alone, and no activation is named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import lyapscreen as ls
from lyapscreen.errors import SettingError
from lyapscreen.screening.plan import prepare
from lyapscreen.spec.spec import Spec

SMALL = {"data": "wine", "lr": "0.03:1:3", "act": "relu,tanh", "seeds": 2, "steps": 20, "full_steps": 60, "jobs": 1}


def never_calls(activation, n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 4), nn.ReLU(), nn.Linear(4, n_outputs))


def calls_in_vain(activation, n_inputs, n_outputs):
    activation()
    return nn.Linear(n_inputs, n_outputs)


def uses(activation, n_inputs, n_outputs):
    return nn.Sequential(nn.Linear(n_inputs, 4), activation(), nn.Linear(4, n_outputs))


def test_rates_alone_are_ranked_and_no_activation_is_named():
    found = ls.screen(model=never_calls, **SMALL)
    assert [row.activation for row in found.ranking.rows] == ["none"] * 3
    assert len({row.lr for row in found.ranking.rows}) == 3
    assert "activation" not in found.settings_of(found.recommended.configuration)
    said = " ".join((*found.document.sentences, *found.warnings))
    assert "relu" not in said
    assert "none" not in said
    assert sum("learning rates alone are ranked" in notice for notice in found.notices) == 1
    assert found.replay().model(torch.zeros(1, 13)).shape == (1, 3)


def test_the_numbers_are_those_of_any_activation():
    """Weights and minibatches are a seed's, whatever the activation: probed under its name, a used one differs."""
    ignored = ls.screen(model=never_calls, **SMALL)
    relu = ls.screen(model=uses, **{**SMALL, "act": "relu"})
    by_lr = {row.lr: row.held_out_loss for row in ignored.ranking.rows}
    assert {row.lr: row.held_out_loss for row in relu.ranking.rows} == pytest.approx(by_lr, rel=1e-5)


def test_an_activation_that_is_used_is_named_though_two_may_agree():
    found = ls.screen(model=uses, **{**SMALL, "data": (np.eye(40)[:, :3], [0, 1] * 20), "act": "relu,linear"})
    assert {row.activation for row in found.ranking.rows} == {"relu", "linear"}


def test_none_can_be_asked_for_where_the_model_takes_none():
    assert prepare(Spec.of(**{**without_jobs(), "model": never_calls, "act": "none"})).spec.act == ("none",)
    with pytest.raises(SettingError, match="act none: the model uses the activation that it is given"):
        prepare(Spec.of(**{**without_jobs(), "model": uses, "act": "none"}))
    with pytest.raises(SettingError, match="act none: mlp:4 has an activation after each hidden layer"):
        Spec.of(model="mlp:4", act="none")
    with pytest.raises(SettingError, match="there is no such activation"):
        Spec.of(model=never_calls, act="none,relu")


def without_jobs():
    return {name: value for name, value in SMALL.items() if name != "jobs"}


def test_one_that_asks_in_vain_is_ranked_by_rate_alone_too():
    found = ls.screen(model=calls_in_vain, **SMALL)
    assert {row.activation for row in found.ranking.rows} == {"none"}
