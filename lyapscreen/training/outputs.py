"""What a network answers: a tensor, or something that holds one (tuple, dict, dataclass, Hugging Face ModelOutput)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor, nn

from lyapscreen.errors import ModelError

LOGITS = "logits"
"""What models that answer by name call the outputs that their loss is computed from."""

_SHOWN = 8


def place_of(answer: Any, name: str) -> str | int | None:
    """Return under which name, or at which place, an answer holds the network's outputs; None: it is the outputs.

    Of a tuple or list it is the first tensor; of what has names it is `logits`, or else the only tensor.

    Args:
        answer: of the network.
        name: the model as a message calls it.

    Raises:
        ModelError: there is no tensor, or it is not clear which.

    >>> import torch
    >>> place_of({"logits": torch.ones(2), "hidden": torch.ones(3)}, "net"), place_of((None, torch.ones(2)), "net")
    ('logits', 1)

    """
    if isinstance(answer, Tensor):
        return None
    kind = type(answer).__name__
    named = _named(answer)
    if named is not None:
        tensors = [key for key, part in named.items() if isinstance(part, Tensor)]
        if LOGITS in tensors:
            return LOGITS
        if len(tensors) == 1:
            return tensors[0]
        held = f"the tensors {', '.join(map(str, tensors[:_SHOWN]))}" if tensors else "no tensor"
        rule = f"the network returns {kind} with {held}, and none is called {LOGITS}"
        raise ModelError("model", name, rule, f"Call the outputs {LOGITS}, or return them alone")
    if isinstance(answer, tuple | list):
        found = next((place for place, part in enumerate(answer) if isinstance(part, Tensor)), None)
        if found is not None:
            return found
        raise ModelError("model", name, f"the network returns {kind} without a tensor", "Return the outputs alone")
    raise ModelError("model", name, f"the network returns {kind}, not a tensor", "Return the outputs alone")


def read_by(modules: Sequence[nn.Module], answer: Any, name: str) -> tuple[str, ...]:
    """Have modules give the outputs alone, whatever they answer, and return what to say of it.

    A forward hook does so, so that whoever runs the module sees one tensor; names and weights stay as they are.

    Args:
        modules: of one kind.
        answer: of one of them in training mode.
        name: the model as a message calls it.

    Raises:
        ModelError: as for `place_of`.

    """
    place = place_of(answer, name)
    if place is None:
        return ()
    for module in modules:
        module.register_forward_hook(lambda _, __, found: _outputs(found, name))
    part = f"the tensor at place {place + 1}" if isinstance(place, int) else place
    said = f"model: it returns {type(answer).__name__}; {part} is what the loss and the measures see"
    own = (_named(answer) or {}).get("loss")
    return (said + (", not the loss that it computes itself" if isinstance(own, Tensor) else ""),)


def _outputs(answer: Any, name: str) -> Tensor:
    place = place_of(answer, name)
    parts: Any = _named(answer) or answer
    found: Tensor = answer if place is None else parts[place]
    return found


def _named(answer: Any) -> Mapping[str, Any] | None:
    if isinstance(answer, Mapping):
        return answer
    if is_dataclass(answer) and not isinstance(answer, type):
        return {own.name: getattr(answer, own.name, None) for own in fields(answer)}
    return None
