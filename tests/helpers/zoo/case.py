"""What a case of the differential test is: a module as its user writes it, with data and loss."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import nn
from torch.nn import functional as F  # noqa: N812

ROWS, HELD_OUT, CLASSES = 32, 16, 3
INPUTS, TOKENS = 6, 11


@dataclass(frozen=True)
class Case:
    """A module that is trained by us and by a plain loop."""

    build: Callable[..., nn.Module]
    """Makes the module: a factory of the activation, or of nothing where it is handed over finished."""
    data: str = "numbers"
    """A key of `DATA`."""
    finished: bool = False
    """Whether the screening is given the module itself."""
    plain: Callable[..., nn.Module] | None = None
    """Makes the module of the plain loop where that is another, such as one with the activation replaced."""
    loss: Any = "auto"
    """As the screening is given it."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    refusal: str = ""
    """What has to stand in the message if it is refused; empty where it has to be equal."""
    must_refuse: bool = False
    """Whether there is no plain training to be equal to."""
    smooth: bool = True
    """Whether lambda_1 can be had by two trainings a small distance apart."""
    nearer: float = 1.0
    """Factor on the distance of those: of many weights some have gradients as small as Adam's eps."""
    tolerance: float = 2e-4
    """Of the losses."""
    initial: Callable[[nn.Module], bool] | None = None
    """Whether the weights that were drawn are the user's own kind."""


def _several(rng: np.random.Generator, kind: str, rows: int) -> Any:
    """Return inputs of several arrays: what they are has more than one word."""
    lengths = rng.integers(2, 6, rows)
    mask, ids = np.arange(5) < lengths[:, None], rng.integers(1, TOKENS, (rows, 5))
    users, items, waves = (rng.normal(size=(rows, *shape)) for shape in ((4,), (3,), (5, 2)))
    places = np.arange(5) * mask
    found: dict[str, Any] = {
        "ids and mask": {"input_ids": ids * mask, "attention_mask": mask.astype(np.int64)},
        "ids and places": {"input_ids": ids * mask, "position_ids": places},
        "two tables": (users, items),
        "named tables": {"users": users, "items": items},
        "sequences and mask": (waves, mask),
        "sequences and lengths": (waves, lengths),
    }
    return found[kind]


def _targets(kind: str, inputs: Any, rows: int) -> np.ndarray:
    if kind == "ids and places":  # the next token, none at the end
        return np.column_stack([inputs["input_ids"][:, 1:], np.full(rows, -100)])
    return np.arange(rows) % CLASSES


def _inputs(rng: np.random.Generator, kind: str, rows: int) -> Any:
    if " " in kind:
        return _several(rng, kind, rows)
    if kind == "tokens":
        return rng.integers(0, TOKENS, (rows, 5))
    shape = {"images": (2, 6, 6), "sequences": (5, 2)}.get(kind, (INPUTS,))
    return rng.normal(size=(rows, *shape))


def arrays(kind: str) -> tuple[Any, ...]:
    """Return X, y and their held-out parts."""
    rng = np.random.default_rng(0)
    parts: list[Any] = []
    for rows in (ROWS, HELD_OUT):
        if kind == "regression":
            targets = rng.normal(size=rows)
            parts += [_inputs(rng, kind, rows), targets]
            continue
        inputs = _inputs(rng, kind, rows)
        parts += [inputs, _targets(kind, inputs, rows)]
    return tuple(parts)


def plain_loss(case: Case) -> Callable[..., Any]:
    """Return the loss of the plain loop."""
    if callable(case.loss):
        return case.loss  # type: ignore[no-any-return]
    if case.loss == "huber":
        return F.huber_loss
    return F.mse_loss if case.data == "regression" else F.cross_entropy


INPUTS_OF = {"tokens": "tokens", "images": "images", "sequences": "sequences"}
"""What the screening is told that a row is, by kind of data."""


class Head(nn.Module):
    """A body, then one layer to the classes: most cases differ in their body alone."""

    def __init__(self, body, width, outputs=CLASSES):
        super().__init__()
        self.body, self.out = body, nn.Linear(width, outputs)

    def forward(self, x):
        return self.out(self.body(x))


class Body(nn.Module):
    """Two layers with an activation between them, and a function of what the first puts out."""

    def __init__(self, activation, between=None, width=5):
        super().__init__()
        self.first, self.act, self.out = nn.Linear(INPUTS, width), activation(), nn.Linear(width, CLASSES)
        self.between = between

    def forward(self, x):
        h = self.act(self.first(x))
        return self.out(h if self.between is None else self.between(h))
