"""Losses: residuals and best constants in closed form, and what a user's own loss may do wrong."""

import math

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

import lyapscreen as ls
from lyapscreen.data import load
from lyapscreen.errors import SettingError
from lyapscreen.spec.spec import Spec
from lyapscreen.training.losses import objective

SMALL = {"data": "wine", "model": "mlp:4", "steps": 6, "seeds": 2, "lr": [0.1], "act": ["tanh"], "jobs": 1}


def test_residuals_are_the_derivative_of_the_loss():
    outputs = torch.randn(2, 5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    classes = torch.tensor([0, 2, 1, 1, 0])
    column, target = outputs[..., :1], torch.zeros(5, 1, dtype=torch.float64)
    two = (classes > 0).double()[:, None]

    def assert_residuals(found, e):
        assert found.tolist() == pytest.approx([float(one.norm()) for one in e], rel=1e-14)

    softmax = torch.softmax(outputs, -1) - F.one_hot(classes, 3)
    assert_residuals(objective("auto", "classification", 3).residuals(outputs, classes), softmax)
    assert_residuals(objective("mse", "regression", 0).residuals(column, target), 2 * column)
    assert_residuals(objective("huber", "regression", 0).residuals(column, target), column.clamp(-1, 1))
    assert_residuals(objective("bce", "classification", 2).residuals(column, two), torch.sigmoid(column) - two)


@pytest.mark.parametrize(
    ("name", "task"),
    [(name, "classification") for name in ("auto", "mse", "huber", "bce")]
    + [(name, "regression") for name in ("mse", "huber")],
)
def test_a_named_loss_is_measured_like_the_same_function_of_a_users(name, task):
    generator = torch.Generator().manual_seed(2)
    ours = objective(name, task, 2)
    outputs = torch.randn(3, 6, ours.outputs or 2, generator=generator)
    classes = torch.randint(0, 2, (6,), generator=generator)
    targets = torch.randn(6, 2, generator=generator) if task == "regression" else ours.targets(classes, 2)
    theirs = objective(lambda outputs, targets: ours.loss(outputs, targets), task, 2)
    assert theirs.of_rows is None
    assert torch.allclose(ours.losses(outputs, targets), theirs.losses(outputs, targets), rtol=1e-6)
    assert torch.allclose(ours.residuals(outputs, targets), theirs.residuals(outputs, targets), rtol=1e-6)


def test_huber_is_torchs():
    a, b = torch.randn(2, 50, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64) * 2
    assert float(objective("huber", "regression", 0).loss(a, b)) == pytest.approx(float(F.huber_loss(a, b)), rel=1e-14)


def test_the_best_constant_prediction():
    classes = torch.tensor([0, 0, 0, 1])
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert objective("auto", "classification", 2).reference(classes, 2) == pytest.approx(entropy)
    as_floats = classes.double()[:, None]
    assert objective("bce", "classification", 2).reference(as_floats, 1) == pytest.approx(entropy)
    targets = torch.tensor([[1.0], [2.0], [6.0]])
    assert objective("mse", "regression", 0).reference(targets, 1) == pytest.approx(14 / 3)
    # A function of the user's has no closed form: the same answers are found numerically.
    assert objective(F.mse_loss, "regression", 0).reference(targets, 1) == pytest.approx(14 / 3, rel=1e-6)
    assert objective(F.cross_entropy, "classification", 2).reference(classes, 2) == pytest.approx(entropy, rel=1e-6)


def test_a_loss_without_a_floor_is_measured_by_its_residual_alone():
    def shifted(outputs, targets):
        return F.cross_entropy(outputs, targets) - 10

    plain, below = ls.screen(**SMALL), ls.screen(**SMALL, loss=shifted)
    assert any("residual part alone" in notice for notice in below.notices)
    held_out = load(Spec.of(data="wine")).y_held_out
    reference = objective("auto", "classification", 3).reference(torch.from_numpy(held_out), 3)
    for ours, theirs in zip(plain.ranking.rows[0].results, below.ranking.rows[0].results, strict=True):
        loss_part = math.log(ours.final.held_out_loss / reference) / 6
        # float32, by the derivatives written out and by torch.func: rounding.
        assert theirs.final.transverse == pytest.approx(2 * ours.final.transverse - loss_part, abs=1e-5)
        assert theirs.final.lyapunov == pytest.approx(ours.final.lyapunov, abs=1e-6)
        assert theirs.final.held_out_loss == pytest.approx(ours.final.held_out_loss - 10, abs=1e-5)


@pytest.mark.parametrize("loss", ["mse", "huber", "cross-entropy"])
def test_named_losses_train(loss):
    row = ls.screen(**{**SMALL, "steps": 40, "lr": [0.5]}, loss=loss).recommended
    assert row is not None
    assert row.held_out_score > 0.8


def test_bce_trains_two_classes():
    row = ls.screen(**{**SMALL, "data": "breast-cancer", "steps": 40, "lr": [0.5]}, loss="bce").recommended
    assert row.held_out_score > 0.9


def raises(outputs, targets):
    raise RuntimeError("not today")


BAD = [
    ("hinge", "there is no such loss"),
    ("bce", "it needs two classes, but the data has 3"),
    (raises, "RuntimeError: not today"),
    (lambda outputs, targets: None, "it returns NoneType, not one differentiable number"),
    (lambda outputs, targets: outputs.sum(0), r"it returns a tensor of shape \(3,\)"),
    (lambda outputs, targets: torch.tensor(1.0), "not one differentiable number"),
]


@pytest.mark.parametrize(("loss", "message"), BAD)
def test_a_loss_that_cannot_be_is_refused(loss, message):
    with pytest.raises(SettingError, match=message) as caught:
        ls.screen(**SMALL, loss=loss)
    assert caught.value.setting == "loss"


def test_regression_refuses_a_loss_of_classes():
    with pytest.raises(SettingError, match="it does not fit the task, regression"):
        ls.screen(**{**SMALL, "data": "diabetes"}, loss="cross-entropy")


def test_what_a_model_prints_is_no_result(capsys):
    class Chatty(torch.nn.Module):
        def __init__(self, activation):
            super().__init__()
            self.layer, self.f = torch.nn.Linear(13, 3), activation()

        def forward(self, x):
            print("hello")
            return self.f(self.layer(x))

    ls.screen(**SMALL | {"model": Chatty})
    said = capsys.readouterr()
    assert said.out == ""
    assert "hello" in said.err


def test_class_weights_in_float32_are_a_plausible_loss():
    weight = torch.tensor([1.0, 2.0, 3.0])
    s = ls.screen(**SMALL, loss=lambda outputs, targets: F.cross_entropy(outputs, targets, weight=weight))
    assert s.ranking.rows[0].effective is not None
