"""(a, b, h) What a probe step costs against the plain training step it watches, one thread, a candidate each."""

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import torch
from torch import nn

from lyapscreen.data import Dataset
from lyapscreen.execution import one_thread
from lyapscreen.exponents import tangent, trees
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.spec import Spec
from lyapscreen.training.step_map import State
from tests.benchmarks.rows import Row, quotient, spread

CANDIDATES, ROWS = 32, 64
REPEATS = 10
NETWORKS = {"tabular 20-32-32-2": ((20, (32, 32), 2), 0.25), "digits 64-64-64-10": ((64, (64, 64), 10), 0.70)}
"""Widths, and the aim of (a)."""


def rows() -> Iterator[Row]:
    """Measure (a) and (b) as quotients, and (h): the arithmetic done a second, as a share of what bmm does."""
    with one_thread():
        rate = matrix_rate()
        for name, (network, aim) in NETWORKS.items():
            times = microseconds(contenders(*network))
            both, gradient, plain = times["gradient and tangent"], times["gradient"], times["plain PyTorch"]
            note = f"microseconds: plain {np.median(plain):.0f}, gradient {np.median(gradient):.0f}"
            note += f", gradient and tangent {np.median(both):.0f}"
            yield spread(f"(a) {name}: probe step / plain step", quotient(both, plain), at_most=aim, note=note)
            yield spread(f"(b) {name}: probe step / step without tangent", quotient(both, gradient), at_most=3.0)
            reached = [tangent_flops(*network) / (t * 1e-6) / 1e9 / rate for t in both]
            note = f"of {rate:.0f} GFLOP/s in batched products of 64 x 64"
            yield spread(f"(h) {name}: share of the matrix-product rate", reached, note=note)


def contenders(inputs: int, hidden: tuple[int, ...], outputs: int) -> dict[str, Callable[[], object]]:
    """Return one step of each contender, all for the same network, minibatch size and number of candidates."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(512, inputs)).astype(np.float32), rng.integers(0, outputs, 512)
    data = Dataset("made", "classification", x, y, x[:64], y[:64], outputs, ())
    spec = Spec.of(model="mlp:" + ",".join(map(str, hidden)), act="relu", lr="0.01", seeds=CANDIDATES, steps=2)
    batch = Batch(0, "relu", tuple(Candidate(Configuration("relu", 0.01), seed) for seed in spec.seeds))
    setup = BatchSetup.of(spec, data, batch)
    step_map = setup.step_map(torch.arange(CANDIDATES))
    state = step_map.start(setup.weights)
    run = tangent.init(state, State(setup.perturbations(setup.weights), trees.zeros_like(state.memory)))
    return {
        "plain PyTorch": plain(inputs, hidden, outputs, torch.from_numpy(x[:ROWS]), torch.from_numpy(y[:ROWS])),
        "gradient": lambda: step_map.step(state, 0),
        "gradient and tangent": lambda: tangent.step(run, step_map.push, 0),
    }


def plain(inputs: int, hidden: tuple[int, ...], outputs: int, x: torch.Tensor, y: torch.Tensor) -> Callable[[], None]:
    """Return `CANDIDATES` steps of the usual loop, one model after the other."""
    widths = (inputs, *hidden)
    layers = [part for a, b in pairwise(widths) for part in (nn.Linear(a, b), nn.ReLU())]
    model = nn.Sequential(*layers, nn.Linear(widths[-1], outputs))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)

    def steps() -> None:
        for _ in range(CANDIDATES):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()

    return steps


def microseconds(contenders: dict[str, Callable[[], object]], rounds: int = 25) -> dict[str, list[float]]:
    """Time all contenders in turn, `rounds` times over: what disturbs one disturbs its neighbours too."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, step in contenders.items():
            start = time.perf_counter()
            for _ in range(REPEATS):
                step()
            times[name].append((time.perf_counter() - start) / REPEATS / CANDIDATES * 1e6)
    return times


def matrix_rate() -> float:
    """Return the machine's rate of batched 64 x 64 matrix products, in GFLOP/s."""
    a, b = torch.randn(2, CANDIDATES, 64, 64)
    rates = []
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(20):
            torch.bmm(a, b)
        rates.append(20 * CANDIDATES * 2 * 64**3 / (time.perf_counter() - start) / 1e9)
    return float(np.median(rates))


def tangent_flops(inputs: int, hidden: tuple[int, ...], outputs: int) -> float:
    """Return the arithmetic of gradient and tangent: nine matrix products a layer, less those of the data's tangent."""
    widths = (inputs, *hidden, outputs)
    products = [ROWS * 2 * a * b for a, b in pairwise(widths)]
    # The first layer's input has no tangent and no gradient: forward 2 products, backward 2.
    return 4 * products[0] + 9 * sum(products[1:])
