"""(c) The paper's Figure 5 work, as examples/paper_xor does it against one network at a time in plain PyTorch.

The work: 10,000 starting points of an activation, each with its 24 neighbours, trained for five full-batch epochs in
float32 on XOR, with the distances to the starting point's own training after every epoch. Ours draws the points and
neighbours too; the plain loop gets them for nothing. One thread each.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from lyapscreen.execution import one_thread
from lyapscreen.exponents import kantz_wolf
from tests.benchmarks.rows import Row, spread

POINTS, EPOCHS, LR, TIMED, ROUNDS = 10_000, 5, 0.001, 200, 9
"""`TIMED` trainings of the plain loop are timed, and scaled to all."""

ACTIVATIONS = {"linear": nn.Identity, "sigmoid": nn.Sigmoid, "relu": nn.ReLU}
X = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
Y = torch.tensor([[0.0], [1.0], [1.0], [0.0]])


def rows() -> Iterator[Row]:
    """Measure plain / ours for each activation."""
    xor = example("xor")
    with one_thread():
        for activation in ACTIVATIONS:
            factors = []
            for _ in range(ROUNDS):
                begin, final, ours = whole(xor, activation)
                theirs, few = one_at_a_time(begin, activation)
                # The same work, or the quotient means nothing.
                torch.testing.assert_close(few, final[: len(few)].float(), rtol=1e-4, atol=1e-6)
                factors.append(theirs / ours)
            note = f"last round: ours {ours:.2f} s, plain {theirs:.0f} s, {TIMED} of its trainings timed and scaled"
            yield spread(f"(c) Figure 5, {activation}: plain PyTorch / ours", factors, at_least=1000, note=note)


def example(name: str) -> ModuleType:
    """Import a module of examples/paper_xor from where it lies."""
    sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "paper_xor"))
    try:
        return importlib.import_module(name)
    finally:
        del sys.path[0]


def whole(xor: ModuleType, activation: str) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Return every starting point among its neighbours [points, 25, 9], the final losses, and the seconds it took."""
    start = time.perf_counter()
    begin = xor.start(activation, POINTS, 0)
    outcome = xor.train(begin, activation, torch.full((POINTS,), LR, dtype=torch.float64), EPOCHS, torch.float32)
    seconds = time.perf_counter() - start
    members = kantz_wolf.neighbours(begin.weights, begin.noise)
    return members.view(POINTS, kantz_wolf.MEMBERS, -1), outcome.final, seconds


def one_at_a_time(members: torch.Tensor, activation: str) -> tuple[float, torch.Tensor]:
    """Return the seconds that all trainings would take, and the final losses of the starting points timed."""
    points = TIMED // kantz_wolf.MEMBERS
    finals = []
    start = time.perf_counter()
    for cloud in members[:points].float():
        paths = []
        for place, weights in enumerate(cloud):
            model = network(weights, activation)
            paths.append(trained(model))
            if place == 0:
                finals.append(nn.functional.mse_loss(model(X), Y).detach())
        epochs = zip(*paths, strict=True)
        first, *later = [torch.stack([(w - at[0]).norm() for w in at]).mean() for at in epochs]
        torch.stack([(distance / first).log() for distance in later]).mean()  # lambda_KW
    seconds = time.perf_counter() - start
    return seconds / (points * kantz_wolf.MEMBERS) * POINTS * kantz_wolf.MEMBERS, torch.stack(finals)


def network(weights: torch.Tensor, activation: str) -> nn.Sequential:
    """Return the 2-2-1 network with these nine weights."""
    act = ACTIVATIONS[activation]
    model = nn.Sequential(nn.Linear(2, 2), act(), nn.Linear(2, 1), act())
    rows = weights.view(-1)
    with torch.no_grad():
        model[0].weight.copy_(rows[:4].view(2, 2).T)
        model[0].bias.copy_(rows[4:6])
        model[2].weight.copy_(rows[6:8].view(1, 2))
        model[2].bias.copy_(rows[8:])
    return model


def trained(model: nn.Sequential) -> list[torch.Tensor]:
    """Return the weights after each epoch of the usual loop."""
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    path = []
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(X), Y).backward()
        optimizer.step()
        path.append(nn.utils.parameters_to_vector(model.parameters()).detach())
    return path
