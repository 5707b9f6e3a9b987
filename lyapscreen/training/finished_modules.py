"""A module that the user has built: copied for each seed, its activations replaced, its weights drawn or kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import nn

from lyapscreen.training.activations import Activation
from lyapscreen.training.copying import copied, duplicate
from lyapscreen.training.initialization import Initialization
from lyapscreen.training.inputs import Inputs, taken_apart
from lyapscreen.training.lazy_layers import materialized, run
from lyapscreen.training.module_checks import require_plain
from lyapscreen.training.substitution import Substitution
from lyapscreen.training.wrappers import Unwrapped, peeled, unwrapped


@dataclass(frozen=True)
class Finished:
    """What makes the network of each seed."""

    original: Unwrapped
    """A copy of the user's module, without its wrappers; lazy layers are lazy still."""
    substitution: Substitution
    activation: Activation
    initialization: Initialization | None
    """None keeps the weights."""
    rows: Inputs
    """A few of the training part."""
    name: str
    """The model as a message calls it."""

    @classmethod
    def of(cls, module: nn.Module, activation: Activation, rows: Inputs, name: str, *, fresh: bool) -> Finished:
        """Look at a module, once for all seeds.

        Args:
            module: the user's; stays as it is.
            activation: the candidate's.
            rows: a few of the training part.
            name: the model as a message calls it.
            fresh: whether weights are drawn anew.

        Raises:
            ModelError: it cannot be copied, run, or drawn anew.

        """
        require_plain(module, name)
        original = unwrapped(copied(peeled(module, name)[0], name), name, copy_of=module)
        taken_apart(original.module, rows)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            trial = materialized(replace(original, module=duplicate(original.module)), rows, name).module
        substitution = Substitution.of(trial, rows, lambda layer, inputs: run(layer, inputs, name))
        substitution.apply(trial, activation)
        initialization = Initialization.of(trial, name) if fresh else None
        return cls(original, substitution, activation, initialization, rows, name)

    takes_activation = by_name = False
    """Its activations are replaced, whoever built it."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What was replaced, and what was left."""
        return self.substitution.notices()

    def make(self) -> Unwrapped:
        """Return a network of its own, its weights drawn from torch's generator if they are to be fresh."""
        found = replace(self.original, module=duplicate(self.original.module))
        found = materialized(found, self.rows, self.name)
        self.substitution.apply(found.module, self.activation)
        if self.initialization is not None:
            self.initialization.draw(found.module)
        return found
