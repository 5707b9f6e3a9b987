"""The paper's setting: XOR, the 2-2-1 network, its starting points, and many of its trainings at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from lyapscreen.exponents import kantz_wolf
from lyapscreen.spec.seeds import named_seed

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}
"""On the hidden layer and on the output alike."""

CORNERS = torch.tensor([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
"""The four inputs, each with the 1 that its bias is multiplied with."""
TARGETS = torch.tensor([0, 1, 1, 0])

PARAMETERS = 9
"""Three rows (first input, second input, bias) of two hidden weights, two output weights, the output's bias."""

KEPT_LOSSES = (0.2, 0.4)
"""The paper keeps a starting point whose loss lies in here."""

CHUNK = 500
"""Candidates trained at once: with 25 trajectories each they stay in a core's cache."""


@dataclass(frozen=True)
class Training:
    """Full-batch gradient descent on the mean squared error, as a map of weights [rows, 9].

    The package's own Training would do (a test holds the two together) but takes a gradient row by
    row, ten times as slow for so small a network; this one lays the rows side by side.
    """

    activation: str
    lr: Tensor
    """Learning rates [rows]."""

    def step(self, weights: Tensor, _: int) -> tuple[Tensor, Tensor]:
        """Return the weights [rows, 9] after a step (all steps are alike) and the losses [rows] before it."""
        across = weights.detach().T.contiguous().requires_grad_()
        each = _losses(across, self.activation)
        # Rows do not meet, so the gradient of their sum holds every row's own.
        (gradient,) = torch.autograd.grad(each.sum(), across)
        return (across.detach() - self.lr * gradient).T, each.detach()


@dataclass(frozen=True)
class Start:
    """Where the trainings start, candidate by candidate."""

    weights: Tensor
    """[candidates, 9], float64."""
    noise: Tensor
    """Standard normal numbers of the neighbours [candidates, 24, 9], float64."""


@dataclass(frozen=True)
class Outcome:
    """What is left of a training, [candidates]."""

    exponent: Tensor
    """lambda_KW, the paper's number."""
    slope: Tensor
    """The same in nats per step."""
    terms: Tensor
    """Distances counted: less than epochs - 1 where one passed the ceiling."""
    final: Tensor
    """The reference's loss after the last epoch, float64."""


def losses(weights: Tensor, activation: str) -> Tensor:
    """Return the mean squared error over the four inputs [rows] of weights [rows, 9]."""
    return _losses(weights.T, activation)


def start(activation: str, count: int, seed: int) -> Start:
    """Draw starting points until `count` are kept: every weight and bias uniform in [0, 1), the loss in KEPT_LOSSES.

    Everything in float64: float32 runs take the same points, rounded.
    """
    generator = torch.Generator().manual_seed(named_seed(seed, f"{activation}/start"))
    kept = [torch.empty(0, PARAMETERS, dtype=torch.float64)]
    while sum(map(len, kept)) < count:
        drawn = torch.rand(count, PARAMETERS, generator=generator, dtype=torch.float64)
        loss = losses(drawn, activation)
        kept.append(drawn[(loss >= KEPT_LOSSES[0]) & (loss <= KEPT_LOSSES[1])])
    weights = torch.cat(kept)[:count]
    seeds = [named_seed(seed, f"{activation}/neighbours/{i}") for i in range(count)]
    return Start(weights, kantz_wolf.noise(weights, seeds))


def train(begin: Start, activation: str, lr: Tensor, epochs: int, dtype: torch.dtype) -> Outcome:
    """Train every candidate with its neighbours for so many epochs at its learning rate `lr` [candidates]."""
    outcomes = []
    for weights, noise, rates in zip(*(x.split(CHUNK) for x in (begin.weights, begin.noise, lr)), strict=True):
        for run, _ in trajectory(Start(weights, noise), activation, rates, epochs, dtype):
            last = run
        found = kantz_wolf.finish(last)
        final = losses(last.state[:, 0].double(), activation)
        outcomes.append((found.value, found.slope, found.terms, final))
    return Outcome(*(torch.cat(columns) for columns in zip(*outcomes, strict=True)))


def trajectory(
    begin: Start, activation: str, lr: Tensor, epochs: int, dtype: torch.dtype
) -> Iterator[tuple[kantz_wolf.Cloud, Tensor]]:
    """Yield the run after every epoch, and the references' losses [candidates] before it."""
    run = kantz_wolf.init(kantz_wolf.neighbours(begin.weights.to(dtype), begin.noise.to(dtype)))
    training = Training(activation, lr.to(dtype).repeat_interleave(kantz_wolf.MEMBERS))
    for t in range(epochs):
        run, each = kantz_wolf.step(run, training.step, t)
        yield run, each.view(len(lr), -1)[:, 0]


def _losses(across: Tensor, activation: str) -> Tensor:
    """Return the losses [rows] of weights [9, rows]."""
    act = ACTIVATIONS[activation]
    hidden = act((CORNERS.to(across) @ across[:6].reshape(3, -1)).view(4, 2, -1))
    output = act((hidden * across[6:8]).sum(1) + across[8])
    return (output - TARGETS.to(across)[:, None]).square().mean(0)
