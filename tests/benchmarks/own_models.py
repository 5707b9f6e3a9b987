"""(l) What a probe step costs on networks as people write them: against a plain step of the same, one thread."""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from lyapscreen.data import Dataset
from lyapscreen.execution import one_thread
from lyapscreen.exponents import tangent, trees
from lyapscreen.probe.inspection import inspect
from lyapscreen.probe.setup import BatchSetup
from lyapscreen.spec.candidates import Batch, Candidate, Configuration
from lyapscreen.spec.spec import Spec
from lyapscreen.training.autodiff import kernels
from lyapscreen.training.step_map import State
from tests.benchmarks import zoo
from tests.benchmarks.rows import Row, quotient, spread

ROWS, BATCH, ROUNDS = 128, 32, 9

MODELS: dict[str, tuple[Callable[..., nn.Module], str, float]] = {
    "CNN": (zoo.cnn, "images", 2.3),
    "GPT-like": (zoo.Gpt, "tokens", 3.4),
    "ResNet-8": (zoo.resnet8, "images", 4.0),
    "LSTM": (zoo.Lstm, "tokens", 6.8),
    "tabular, batch norm": (zoo.tabular, "numbers", 3.0),
    "ViT": (zoo.Vit, "images", 3.4),
    "BERT-like, padded": (zoo.Bert, "tokens", 4.1),
}
"""Factory, what it takes, and the aim."""

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {"sgd": torch.optim.SGD, "adamw": torch.optim.AdamW}


def rows() -> Iterator[Row]:
    """Measure each network under each optimizer: gradient, exact tangent and update, as quotients to a plain step."""
    with one_thread():
        for name, (factory, kind, aim) in MODELS.items():
            for optimizer in OPTIMIZERS:
                ours, plain, way = times(factory, data(kind), optimizer)
                note = f"by {way}; plain step {1e3 * statistics.median(plain):.1f} ms"
                what = f"(l) {name}, {optimizer}: probe step / plain step"
                yield spread(what, quotient(ours, plain), at_most=aim, note=note)


def data(kind: str) -> Dataset:
    """Return made-up rows; a fifth of the tokens are padding."""
    rng = np.random.default_rng(0)
    x: dict[str, Callable[[], np.ndarray]] = {
        "images": lambda: rng.normal(size=(ROWS, 3, 32, 32)).astype(np.float32),
        "numbers": lambda: rng.normal(size=(ROWS, 30)).astype(np.float32),
        "tokens": lambda: rng.integers(1, zoo.WORDS, (ROWS, zoo.LENGTH)) * (rng.random((ROWS, zoo.LENGTH)) > 0.2),
    }
    inputs, y = x[kind](), rng.integers(0, zoo.CLASSES, ROWS)
    more: dict[str, Any] = {"inputs": kind, "vocabulary": zoo.WORDS}
    return Dataset("made", "classification", inputs, y, inputs[:64], y[:64], zoo.CLASSES, (), **more)


def times(factory: Callable[..., nn.Module], data: Dataset, optimizer: str) -> tuple[list[float], list[float], str]:
    """Return the seconds of our steps and of plain ones, in turn, and the way that ours go."""
    spec = Spec.of(model=factory, act="gelu", lr="0.001", seeds=1, steps=2, batch_size=BATCH, optimizer=optimizer)
    batch = Batch(0, "gelu", (Candidate(Configuration("gelu", 0.001), 0),))
    way = inspect(spec, data).ways["gelu"]
    setup = BatchSetup.of(spec, data, batch, way)
    indices = setup.indices
    state = setup.step_map(indices).start(setup.weights)
    run = tangent.init(state, State(setup.perturbations(setup.weights), trees.zeros_like(state.memory)))

    module = factory(nn.GELU)
    steps = OPTIMIZERS[optimizer](module.parameters(), lr=0.001)
    x, y = torch.from_numpy(data.x_train[:BATCH]), torch.from_numpy(data.y_train[:BATCH])

    def plain() -> None:
        steps.zero_grad()
        nn.functional.cross_entropy(module(x), y).backward()
        steps.step()

    def ours() -> None:
        with torch.no_grad(), kernels(setup.evaluator.model.module):
            tangent.step(run, setup.step_map(indices).push, 1)

    plain(), ours()
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for one, into in zip((ours, plain), found, strict=True):
            start = time.process_time()
            one()
            into.append(time.process_time() - start)
    return *found, way.name
