"""Every activation: an entry here is all that another one needs.

The spec, the flags, the help, the schema and the training read `ACTIVATIONS`. Derivatives written out by hand
(`training/activation_derivatives.py`) make an MLP quicker; an activation without works by automatic differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lyapscreen.errors import SettingError
from lyapscreen.spec import numbers, parsing
from lyapscreen.spec.suggestions import nearest


@dataclass(frozen=True)
class ActivationEntry:
    """What is known of an activation before torch is imported."""

    module: str
    """Its class in torch.nn."""
    is_kinked: bool = False
    """Whether its derivative jumps: a trajectory beside another may then part from it at once."""


ACTIVATIONS: Mapping[str, ActivationEntry] = {
    "linear": ActivationEntry("Identity"),
    "relu": ActivationEntry("ReLU", is_kinked=True),
    "leaky_relu": ActivationEntry("LeakyReLU", is_kinked=True),
    "elu": ActivationEntry("ELU"),
    "selu": ActivationEntry("SELU", is_kinked=True),  # torch's meets 0 with slopes 1.76 and 1.05
    "gelu": ActivationEntry("GELU"),
    "silu": ActivationEntry("SiLU"),
    "mish": ActivationEntry("Mish"),
    "softplus": ActivationEntry("Softplus"),
    "sigmoid": ActivationEntry("Sigmoid"),
    "tanh": ActivationEntry("Tanh"),
}
"""By the name `--act` takes, in the order of `--act all`."""

NONE = "none"
"""In place of all: the model takes no activation, so that learning rates alone are ranked."""

STAND_IN = "relu"
"""What a factory is handed that does nothing with it; the one that it knows most likely."""

OTHER_NAMES: Mapping[str, str] = {"swish": "silu"}
"""Other names that papers and libraries have, beside those of the classes in torch.nn."""


def activations(given: object) -> tuple[str, ...]:
    """Read activations: names `a,b` in any case, classes of torch.nn, or `all` for every one there is.

    >>> activations("ReLU,swish"), activations("Leaky-ReLU"), len(activations("all"))
    (('relu', 'silu'), ('leaky_relu',), 11)

    Raises:
        SettingError: one is not known, or stands twice.

    """
    given = numbers.plain(given)
    fix = f"The activations are {', '.join(ACTIVATIONS)}, or all"
    if isinstance(given, str) and given.lower() == "all":
        return tuple(ACTIVATIONS)
    if isinstance(given, str | list | tuple) and given in (NONE, [NONE], (NONE,)):
        return (NONE,)
    return parsing.distinct("act", given, [_name(item, fix) for item in parsing.items("act", given, fix)])


def _name(item: object, fix: str) -> str:
    """Return what we call an activation.

    Raises:
        SettingError: we do not know it.

    """
    if not isinstance(item, str) and (isinstance(item, type) or callable(item)):
        return _of_class(item, fix)
    written = str(item).strip()
    word = written.lower().replace("-", "_")
    others = {**{entry.module.lower(): name for name, entry in ACTIVATIONS.items()}, **OTHER_NAMES}
    found = others.get(word, word)
    if found in ACTIVATIONS:
        return found
    if word == "all":
        raise SettingError("act", written, "all stands for every activation, so that none stands beside it", fix)
    raise SettingError("act", written, "there is no such activation", nearest(written, ACTIVATIONS) + fix)


def _of_class(item: object, fix: str) -> str:
    """Return the name of a class of torch.nn; another class of that name may do something else."""
    shown = getattr(item, "__qualname__", None) or type(item).__qualname__
    if isinstance(item, type) and item.__module__.startswith("torch.nn.modules."):
        by_class = {entry.module: name for name, entry in ACTIVATIONS.items()}
        if item.__name__ in by_class:
            return by_class[item.__name__]
        raise SettingError("act", shown, "this class of torch.nn is not screened", fix)
    if type(item).__module__.startswith("torch.nn.modules."):
        rule = "an activation is given by its name or its class, not as a module"
        raise SettingError("act", shown, rule, f"Write nn.{shown}, without brackets; {fix[0].lower()}{fix[1:]}")
    rule = "an activation is given by its name or its class in torch.nn"
    raise SettingError("act", shown, rule, f"{fix}; in a model of your own, call another one yourself")
