"""The way to a model's tangent: looked for once a screening, on a few rows, and held to the user's own backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from lyapscreen.data import Dataset
from lyapscreen.spec.candidates import Batch
from lyapscreen.spec.constraints import SWEEPABLE
from lyapscreen.spec.optimizers import Weights
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.sweep import Settings
from lyapscreen.training import dropout
from lyapscreen.training.autodiff import Way, way_to
from lyapscreen.training.derivative_check import Sample
from lyapscreen.training.derivatives import Buffers
from lyapscreen.training.inputs import cast, cloned, tensors
from lyapscreen.training.losses import Objective
from lyapscreen.training.model import build, forward, name_of
from lyapscreen.training.precision import widened

ROWS = 16
"""Rows that the derivatives are compared on; fewer where a minibatch has fewer."""


@dataclass(frozen=True)
class Ways:
    """The way to each model of a screening, by its activation and the settings that its size depends on."""

    found: Mapping[tuple[str, Settings], Way]

    def of(self, batch: Batch) -> Way:
        """Return the way to the model of a batch."""
        return self.found[batch.activation, sizing(batch.settings)]


def sizing(settings: Settings) -> Settings:
    """Return the settings that the size of a model or a minibatch depends on.

    >>> sizing((("momentum", 0.9), ("batch_size", 32), ("width", 8)))
    (('batch_size', 32), ('width', 8))
    """
    return tuple((name, value) for name, value in settings if name == "batch_size" or name not in SWEEPABLE)


def find(spec: Spec, data: Dataset, objective: Objective, activation: str, ways: Sequence[Way]) -> Way:
    """Return the first of some ways that gives the derivative of the model's training step.

    Args:
        spec: of one size of the model.
        data: whose first training rows are used.
        objective: of the spec's loss.
        activation: of the model.
        ways: to try, in order (`autodiff.in_order`).

    Raises:
        ModelError: none does.

    """
    name = name_of(spec.model)
    wide = spec.model_copy(update={"dtype": "float64"})
    n_outputs = objective.outputs or data.n_outputs
    model = build(wide, data, activation, spec.seeds[:1], n_outputs)
    rows = min(ROWS, spec.minibatch_rows(data.train_rows))
    with widened():
        inputs = cast(cloned(tensors(data.x_train, rows)), torch.float64)
        targets = objective.targets(torch.from_numpy(data.y_train[:rows]), data.n_outputs)
        targets = targets.double() if targets.is_floating_point() else targets
        calls = dropout.calls(lambda: forward(model.module, inputs, name))
    sample = Sample(
        weights={key: leaf[0] for key, leaf in model.weights.items()},
        inputs=inputs,
        targets=targets,
        buffers={key: leaf[0] for key, leaf in model.buffers.items()},
        masks=tuple(dropout.masks(calls, named_seed(spec.seeds[0], "derivative check"))),
    )

    def of_weights(weights: Weights, *batch: object) -> tuple[torch.Tensor, Buffers]:
        given, targets, buffers, masks = batch
        outputs, after = model.outputs(weights, buffers, given, masks)  # type: ignore[arg-type]
        return objective.loss(outputs, targets), after  # type: ignore[arg-type]

    return way_to(model.module, objective.loss, of_weights, sample, ways, name)
