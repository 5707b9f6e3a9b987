"""Losses as users write them, most of which vmap cannot batch."""

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from tests.helpers.zoo.case import INPUTS, Body, Case


def two_outputs(activation):
    return nn.Sequential(nn.Linear(INPUTS, 5), activation(), nn.Linear(5, 1))


def gaussian(outputs, targets):
    return F.gaussian_nll_loss(outputs, targets, torch.full_like(outputs, 0.5))


def with_item(outputs, targets):
    loss = F.cross_entropy(outputs, targets)
    return loss if loss.item() < 0.9 else 2 * loss


def with_assert(outputs, targets):
    assert torch.isfinite(outputs).all()
    return F.cross_entropy(outputs, targets)


def masked(outputs, targets):
    keep = targets != 2
    return F.cross_entropy(outputs[keep], targets[keep])


def weighted(outputs, targets):
    return F.cross_entropy(outputs, targets, weight=outputs.new_tensor([1.0, 2.0, 0.5]), label_smoothing=0.1)


def focal(outputs, targets):
    loss = F.cross_entropy(outputs, targets, reduction="none")
    return ((1 - (-loss).exp()).square().detach() * loss).mean()


def random_loss(outputs, targets):
    return F.cross_entropy(outputs + 0.1 * torch.randn_like(outputs), targets)


class Learnt(nn.Module):
    """A loss with a weight of its own."""

    def __init__(self):
        super().__init__()
        self.log_scale = nn.Parameter(torch.tensor(0.5))

    def forward(self, outputs, targets):
        return F.cross_entropy(outputs * self.log_scale.exp(), targets)


CASES = {
    "loss gaussian_nll": Case(two_outputs, "regression", loss=gaussian),
    "loss with item": Case(Body, loss=with_item),
    "loss with assert": Case(Body, loss=with_assert),
    "loss with boolean mask": Case(Body, loss=masked),
    "loss weighted and smoothed": Case(Body, loss=weighted),
    "loss with stop-gradient": Case(Body, loss=focal),
    "loss at random": Case(Body, loss=random_loss, refusal="loss.*random", must_refuse=True),
    "loss with weights": Case(Body, loss=Learnt(), refusal="loss.*(weight|parameter)", must_refuse=True),
    "loss huber": Case(two_outputs, "regression", loss="huber"),
}
