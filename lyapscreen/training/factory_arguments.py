"""What a user's factory is called with: its parameters matched by name and annotation, or by position.

A parameter is the activation by its name (`activation`, `act`, `nonlinearity`, also with `_fn`, `_layer`, `_class` or
`_cls`), or, where none has such a name and one without a default is annotated as a class or maker of modules, by that.
Parameters without a default are the numbers of inputs and outputs by theirs (`INPUTS`, `OUTPUTS`). What has a default
and another name keeps it. Names that say nothing, `f(a)` or `f(a, n, m)`, are the activation and these numbers in turn;
one that says something else (`OTHERS`: `hidden`, `depth`) is refused without a default.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from lyapscreen.errors import ModelError
from lyapscreen.spec.user_mistakes import defined_at
from lyapscreen.training.activations import Activation

ACTIVATIONS = frozenset(
    first + last
    for first in ("act", "activation", "nonlinearity")
    for last in ("", "_fn", "_layer", "_class", "_cls")
)  # fmt: skip
INPUTS = frozenset(
    ("n_inputs", "num_inputs", "n_in", "n_features", "num_features", "in_features", "in_dim", "input_dim", "input_size")
)
OUTPUTS = frozenset(
    ("n_outputs", "num_outputs", "n_out", "n_classes", "num_classes", "out_features", "out_dim", "output_dim",
     "output_size")
)  # fmt: skip
OTHERS = ("hidden", "width", "depth", "layers", "units", "dropout", "seed", "config")
"""Words within a name that say it is neither the activation nor what the data need."""

CONTRACT = (
    "A model is a torch.nn.Module, or a function or class that returns one, called as f(activation), as "
    "f(activation, n_inputs, n_outputs), or without arguments, and then its hidden activation layers are replaced"
)

Role = Literal["activation", "activation module", "activation name", "n_inputs", "n_outputs"]
"""What is passed: what makes the activation's modules, one such module, or its name; or a number."""

_BY_POSITION: tuple[Role, ...] = ("activation", "n_inputs", "n_outputs")
_PLAIN = ("int", "float", "bool", "complex", "bytes")


@dataclass(frozen=True)
class Arguments:
    """How a factory is called."""

    positional: tuple[Role, ...] = ()
    named: Mapping[str, Role] | None = None

    @property
    def roles(self) -> tuple[Role, ...]:
        """Everything that is passed."""
        return (*self.positional, *(self.named or {}).values())

    @property
    def takes_activation(self) -> bool:
        """Whether the factory is given the activation in any form."""
        return any(role.startswith("activation") for role in self.roles)

    def values(
        self, activation: Activation, n_inputs: int, n_outputs: int
    ) -> tuple[tuple[object, ...], dict[str, object]]:
        """Return the arguments themselves, those by position and those by name."""

        def value(role: Role) -> object:
            if role == "activation module":
                return activation()
            known = {"activation": activation, "activation name": activation.name, "n_inputs": n_inputs}
            return known.get(role, n_outputs)

        return tuple(map(value, self.positional)), {key: value(role) for key, role in (self.named or {}).items()}

    def shown(self) -> str:
        """Return the call as one writes it, for messages.

        >>> Arguments(("activation",), {"n_in": "n_inputs"}).shown()
        'f(activation, n_in=n_inputs)'
        """
        named = [f"{name}={role.replace(' ', '_')}" for name, role in (self.named or {}).items()]
        return f"f({', '.join([*(role.replace(' ', '_') for role in self.positional), *named])})"


def arguments(factory: Callable[..., Any], keywords: Collection[str], name: str) -> Arguments:
    """Return what a factory is called with, beside the keywords that are swept.

    Raises:
        ModelError: a parameter has neither a known name nor a default, and the others leave it no place.

    >>> arguments(lambda a: a, (), "f").shown(), arguments(lambda a, n, m: a, (), "f").shown()
    ('f(activation)', 'f(activation, n_inputs, n_outputs)')
    >>> arguments(lambda hidden=32: hidden, (), "f").shown(), arguments(lambda: 0, (), "f").shown()
    ('f()', 'f()')
    >>> arguments(lambda n_classes, act="relu": act, (), "f").shown()
    'f(n_classes=n_outputs, act=activation_name)'

    """
    try:
        parameters = [p for p in inspect.signature(factory).parameters.values() if p.name not in keywords]
    except (TypeError, ValueError):  # some callables tell nothing of themselves
        return Arguments(("activation",))
    own = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    needed = [p for p in own if p.default is p.empty]
    if not own and any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return Arguments(("activation",))
    roles = _by_name(own)
    unknown = [p for p in needed if p.name not in roles]
    if unknown:
        return _in_turn(factory, needed, roles, name)
    first = tuple(roles[p.name] for p in own if p.kind is p.POSITIONAL_ONLY and p.name in roles)
    rest = {p.name: roles[p.name] for p in own if p.kind is not p.POSITIONAL_ONLY and p.name in roles}
    return Arguments(first, rest)


def _by_name(own: list[inspect.Parameter]) -> dict[str, Role]:
    """Return the parameters that say by name or annotation what they are."""
    roles: dict[str, Role] = {}
    for parameter in own:
        word, needed = parameter.name.lower(), parameter.default is parameter.empty
        form = _form(parameter) if word in ACTIVATIONS else None
        if form is not None:
            roles[parameter.name] = form
        elif needed and word in INPUTS:
            roles[parameter.name] = "n_inputs"
        elif needed and word in OUTPUTS:
            roles[parameter.name] = "n_outputs"
    if not any(role.startswith("activation") for role in roles.values()):
        makers = [p.name for p in own if p.default is p.empty and p.name not in roles and _makes_modules(p)]
        roles |= {makers[0]: "activation"} if len(makers) == 1 else {}
    return roles


def _form(parameter: inspect.Parameter) -> Role | None:
    """Return in which form a parameter named so takes the activation; None where it is something else."""
    annotation, default = _annotation(parameter), parameter.default
    if _is_plain(annotation) or isinstance(default, int | float):
        return None
    if annotation.startswith("str") or isinstance(default, str):
        return "activation name"
    if isinstance(default, nn.Module) or annotation in ("Module", "nn.Module", "torch.nn.Module"):
        return "activation module"
    function = callable(default) and default is not parameter.empty and not isinstance(default, type)
    if "[Tensor]" in annotation.replace("torch.", "") or (function and not _returns_module(default)):
        return "activation module"  # what is called with a tensor, as torch.relu is
    return "activation"


def _returns_module(default: Any) -> bool:
    """Tell whether a default is a maker of modules, as a function or partial that takes nothing is."""
    try:
        takes = inspect.signature(default).parameters.values()
    except (TypeError, ValueError):  # torch.relu and its kind
        return False
    return all(p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in takes)


def _makes_modules(parameter: inspect.Parameter) -> bool:
    annotation = _annotation(parameter).replace("torch.", "").replace("nn.", "").replace("typing.", "").lower()
    return annotation in ("type[module]", "callable[[], module]", "callable[..., module]")


def _is_plain(annotation: str) -> bool:
    return any(annotation == kind or annotation.startswith((f"{kind} |", f"{kind}|")) for kind in _PLAIN)


def _annotation(parameter: inspect.Parameter) -> str:
    """Return an annotation as it is written, whether Python kept it as text or not."""
    given = parameter.annotation
    if given is parameter.empty:
        return ""
    text = given if isinstance(given, str) else inspect.formatannotation(given)
    for module in ("collections.abc.", "torch.nn.modules.module.", "torch._tensor."):
        text = text.replace(module, "")
    if text.startswith("Optional["):
        text = text.removeprefix("Optional[").removesuffix("]")
    return text.removesuffix(" | None")


def _in_turn(
    factory: Callable[..., Any], needed: list[inspect.Parameter], roles: Mapping[str, Role], name: str
) -> Arguments:
    """Return the contract by position; refuse what contradicts it."""
    by_position = [p for p in needed if p.kind is not p.KEYWORD_ONLY]
    wanted = _BY_POSITION[: len(by_position)]
    fits = len(by_position) == len(needed) and len(needed) in (1, 3)
    fits = fits and all(roles.get(p.name, role) == role for p, role in zip(needed, wanted, strict=True))
    odd = next((p for p in needed if p.name not in roles and _contradicts(p, wanted, needed)), None)
    if fits and odd is None:
        return Arguments(wanted)
    first = odd or next(p for p in needed if p.name not in roles)
    rule = f"{defined_at(name, factory)}: its parameter {first.name} has no default, and nothing says what it should be"
    fix = f"{CONTRACT}. Give {first.name} a default, or a value in sweep"
    raise ModelError("model", name, rule, fix)


def _contradicts(parameter: inspect.Parameter, wanted: tuple[Role, ...], needed: list[inspect.Parameter]) -> bool:
    """Tell whether an annotation rules out the place of a parameter."""
    if any(word in parameter.name.lower() for word in OTHERS):
        return True
    place = needed.index(parameter)
    role = wanted[place] if place < len(wanted) else None
    annotation = _annotation(parameter)
    if role == "activation":
        return _is_plain(annotation) or annotation.startswith("str")
    return role is not None and annotation not in ("", "int")
