"""The hidden activation layers of a finished module, replaced by the candidate's."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from lyapscreen.errors import LyapscreenError
from lyapscreen.training.activation_roles import HIDDEN, roles
from lyapscreen.training.activations import REPLACEABLE, Activation
from lyapscreen.training.inputs import Inputs

KEEPS = "keeps_activations"
"""Attribute of a module, as integrations wrap a user's, whose activations stay: its rates alone are ranked."""

_SHOWN = 8
"""Layers that a notice lists of many."""


@dataclass(frozen=True)
class Substitution:
    """Which activation layers of a module are replaced, and which stay."""

    replaced: tuple[tuple[str, ...], ...]
    """Each layer by all the names under which the module holds it."""
    left: tuple[tuple[str, str], ...]
    """Each other layer by its first name, with the reason."""

    @classmethod
    def of(cls, module: nn.Module, inputs: Inputs, run: Callable[[nn.Module, Inputs], object]) -> Substitution:
        """Return what to replace in a module: layers whose every use is hidden. The module stays as it is.

        Args:
            module: the network.
            inputs: a few rows of the training part.
            run: runs a network on rows, and reports its mistakes.

        """
        if getattr(module, KEEPS, False):
            return cls((), ())
        trial = copy.deepcopy(module)
        names: dict[int, list[str]] = {}
        layers: dict[int, nn.Module] = {}
        for name, layer in trial.named_modules(remove_duplicate=False):
            if name and isinstance(layer, REPLACEABLE):
                names.setdefault(id(layer), []).append(name)
                layers[id(layer)] = layer
        if not names:
            return cls((), ())

        def evaluated() -> object:
            trial.eval()
            return run(trial, inputs)

        def trained() -> object:
            trial.train()
            try:
                return run(trial, inputs)
            except LyapscreenError:  # so few rows may be too few for a batch's statistics
                return None

        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            found = roles(list(layers.values()), inputs, [evaluated, trained])
        replaced, left = [], []
        for of_layer, used in zip(names.values(), found, strict=True):
            if used == {HIDDEN}:
                replaced.append(tuple(of_layer))
            else:
                elsewhere = ", though hidden elsewhere" if HIDDEN in used else ""
                left.append((of_layer[0], " and ".join(sorted(used - {HIDDEN})) + elsewhere))
        return cls(tuple(replaced), tuple(left))

    def apply(self, module: nn.Module, activation: Activation) -> None:
        """Replace the layers: one that stands in several places by one and the same new layer."""
        for names in self.replaced:
            made = activation()
            for name in names:
                parent = module.get_submodule(name.rpartition(".")[0])
                setattr(parent, name.rpartition(".")[2], made)
                if isinstance(parent, nn.TransformerEncoderLayer):
                    parent.activation_relu_or_gelu = 0  # else its quick path computes the old one

    def notices(self) -> tuple[str, ...]:
        """Return what to say of it."""
        found = []
        if self.replaced:
            names = [name for names in self.replaced for name in names]
            found.append(f"model: activation layers replaced: {_some(names)}")
        if self.left:
            by_reason: dict[str, list[str]] = {}
            for name, why in self.left:
                by_reason.setdefault(why, []).append(name)
            said = "; ".join(f"{_some(names)} ({why})" for why, names in by_reason.items())
            found.append(f"model: activation layers left as they are: {said}")
        return tuple(found)


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
