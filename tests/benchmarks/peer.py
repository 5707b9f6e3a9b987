"""(d) deep-lyapunov 0.1.2, used as in its README's quick start, against a screening; a candidate and step each.

Its `StabilityAnalyzer(model).analyze(train_fn, train_loader, n_epochs=10)` trains five perturbed copies of one model
one after the other and reads its numbers off the weights after every epoch: an exponent from their spread and, what
nothing switches off, an effective dimension from the eigenvalues of a [weights, weights] covariance, whose price grows
with the cube of the weights. Its five trainings alone are therefore a row of their own. Same module, data, SGD,
minibatch size and number of steps; one thread each; halving off. Ours is all of `screen`, from loading the data to the
ranking.
"""

import logging
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lyapscreen import data, screen
from lyapscreen.execution import one_thread
from lyapscreen.spec.spec import Spec
from lyapscreen.training.architectures import mlp
from tests.benchmarks.rows import Row, quotient, spread

SEEDS, LR, EPOCHS, BATCH = 32, 0.1, 10, 64
TASKS = (("breast-cancer", (32, 32), 5), ("digits", (64, 64), 2))
"""Data, hidden widths, rounds: on digits one analysis takes a minute and a half."""


def rows() -> Iterator[Row]:
    """Measure deep-lyapunov / ours: whole, and its trainings alone."""
    for dataset, hidden, rounds in TASKS:
        what = f"(d) {dataset} mlp:{','.join(map(str, hidden))}: deep-lyapunov"
        if find_spec("deep_lyapunov") is None:
            yield Row(f"{what} / screen", None, at_least=500, note="left out: pip could not install lyapscreen[bench]")
            continue
        with one_thread(), threadpool_limits(1):
            times = [timed(dataset, hidden) for _ in range(rounds)]
        ours, theirs, trainings = zip(*times, strict=True)
        note = f"microseconds a candidate and step: ours {ours[-1]:.0f}, theirs {theirs[-1]:.0f}"
        yield spread(f"{what} / screen", quotient(theirs, ours), at_least=500, note=note)
        yield spread(f"{what}'s trainings alone / screen", quotient(trainings, ours))


def timed(dataset: str, hidden: tuple[int, ...]) -> tuple[float, float, float]:
    """Return microseconds a candidate and step: ours, theirs, and those of their trainings."""
    loaded = data.load(Spec.of(data=dataset))
    steps = len(loaded.x_train) // BATCH * EPOCHS
    start = time.perf_counter()
    screen(
        data=dataset, model="mlp:" + ",".join(map(str, hidden)), act="relu", lr=LR, seeds=SEEDS, steps=steps,
        batch_size=BATCH, halving=False, jobs=1,
    )  # fmt: skip
    ours = (time.perf_counter() - start) / SEEDS
    model = mlp(hidden)(nn.ReLU, loaded.n_inputs, loaded.n_outputs)
    theirs, trainings = analysed(model, TensorDataset(*map(torch.from_numpy, (loaded.x_train, loaded.y_train))))
    return ours / steps * 1e6, theirs / steps * 1e6, trainings / steps * 1e6


def analysed(model: nn.Module, rows: TensorDataset) -> tuple[float, float]:
    """Return the seconds of one analysis, and of the trainings in it."""
    analyzer = import_module("deep_lyapunov").StabilityAnalyzer
    logging.getLogger("deep_lyapunov").setLevel(logging.WARNING)
    spent = 0.0

    def train(model: nn.Module, loader: DataLoader, n_epochs: int) -> dict[str, list[float]]:
        nonlocal spent
        start = time.perf_counter()
        optimizer = torch.optim.SGD(model.parameters(), lr=LR)
        for _ in range(n_epochs):
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(inputs), targets)
                loss.backward()
                optimizer.step()
        spent += time.perf_counter() - start
        return {"loss": [loss.item()]}

    loader = DataLoader(rows, batch_size=BATCH, shuffle=True, drop_last=True)  # we leave the remainder out as well
    start = time.perf_counter()
    analyzer(model=model, perturbation_scale=0.01, n_trajectories=5).analyze(
        train_fn=train, train_loader=loader, n_epochs=EPOCHS
    )
    return time.perf_counter() - start, spent
