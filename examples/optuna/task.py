"""Three tasks, and the training that a study pays for: plain PyTorch, nothing of lyapscreen's."""

from __future__ import annotations

import torch
from sklearn.datasets import load_digits, load_wine, make_friedman1
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from torch import nn

TASKS = {
    "digits": lambda: load_digits(return_X_y=True),
    "wine": lambda: load_wine(return_X_y=True),
    "friedman1": lambda: make_friedman1(n_samples=1000, noise=1.0, random_state=0),
}
REGRESSION = "friedman1"
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU, "sigmoid": nn.Sigmoid}
BATCH, LOOK = 64, 25
"""Rows of a minibatch, and steps from one look at the held-out loss to the next."""


def load(task):
    """Return X, y, held-out X and held-out y: a quarter held out, scaled on the rest."""
    x, y = TASKS[task]()
    x, held_x, y, held_y = train_test_split(x, y, test_size=0.25, random_state=0)
    scaler = StandardScaler().fit(x)
    if task == REGRESSION:
        y, held_y = (y - y.mean()) / y.std(), (held_y - y.mean()) / y.std()
    return scaler.transform(x), y, scaler.transform(held_x), held_y


def network(activation, n_inputs, n_outputs):
    """Return the network that is searched for; lyapscreen takes it as it is."""
    return nn.Sequential(
        nn.Linear(n_inputs, 64), activation(), nn.Linear(64, 64), activation(), nn.Linear(64, n_outputs)
    )


def train(task, data, lr, activation, seed, steps):
    """Train with SGD and return (steps done, held-out loss) at every look; what is not finite ends it, as infinite."""
    regression = task == REGRESSION
    x, y, held_x, held_y = (torch.as_tensor(part, dtype=torch.float32) for part in data)
    y, held_y = (part[:, None] if regression else part.long() for part in (y, held_y))
    criterion = nn.MSELoss() if regression else nn.CrossEntropyLoss()
    torch.manual_seed(seed)
    model = network(ACTIVATIONS[activation], x.shape[1], 1 if regression else len(y.unique()))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    curve = []
    for step in range(1, steps + 1):
        rows = torch.randint(len(x), (BATCH,))
        optimizer.zero_grad()
        criterion(model(x[rows]), y[rows]).backward()
        optimizer.step()
        if step % LOOK == 0:
            with torch.no_grad():
                loss = criterion(model(held_x), held_y)
            curve.append((step, loss.item() if loss.isfinite() else float("inf")))
            if not loss.isfinite():
                break
    return curve
