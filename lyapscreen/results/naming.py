"""What a configuration is called in sentences and in tables."""

from __future__ import annotations

from lyapscreen.spec.activations import NONE
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.sweep import Settings, label

Family = tuple[str, Settings]
"""An activation with one value of every setting swept besides: what a line over the learning rates stands for."""


def family_of(configuration: Configuration) -> Family:
    """Return what a configuration shares with those that differ from it in the learning rate alone."""
    return configuration.activation, configuration.settings


def named(configuration: Configuration, lr: str = "") -> str:
    """Name a configuration as a sentence does.

    >>> named(Configuration("relu", 0.1, (("momentum", 0.9),)))
    'relu at lr 0.1 (momentum 0.9)'
    >>> named(Configuration("none", 0.1))  # the model takes no activation
    'lr 0.1'

    Args:
        configuration: which one.
        lr: its learning rate as text, where others are near; three digits of it unless given.

    """
    rate = f"lr {lr or f'{configuration.lr:.3g}'}{_further(configuration.settings)}"
    return rate if configuration.activation == NONE else f"{configuration.activation} at {rate}"


def named_family(family: Family) -> str:
    """Name a family as a sentence does.

    >>> named_family(("relu", (("momentum", 0.9),)))
    'relu (momentum 0.9)'
    """
    return f"{'the model' if family[0] == NONE else family[0]}{_further(family[1])}"


def abbreviated(configuration: Configuration, lr: str = "") -> str:
    """Name a configuration in the cell of a table.

    >>> abbreviated(Configuration("relu", 0.1, (("momentum", 0.9),)))
    'relu lr 0.1 momentum 0.9'
    """
    words = (f"{name} {label(value)}" for name, value in configuration.settings)
    named = [] if configuration.activation == NONE else [configuration.activation]
    return " ".join([*named, f"lr {lr or f'{configuration.lr:.3g}'}", *words])


def _further(settings: Settings) -> str:
    words = ", ".join(f"{name} {label(value)}" for name, value in settings)
    return f" ({words})" if words else ""
