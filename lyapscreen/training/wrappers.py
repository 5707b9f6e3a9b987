"""Wrappers around a network that change nothing on one device: DataParallel and what torch.compile returns.

Compiling for a probe of a few steps costs more than it saves, and a compiled module cannot be differentiated twice.
The networks inside are taken, and their weights are still saved and loaded under the wrapper's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from lyapscreen.errors import ModelError

_INSIDE = {"DataParallel": "module", "DistributedDataParallel": "module", "OptimizedModule": "_orig_mod"}
"""By the wrapper's class in torch, the attribute that holds the network."""


@dataclass(frozen=True)
class Unwrapped:
    """A network without its wrappers."""

    module: nn.Module
    inserted: Mapping[str, str] = field(default_factory=dict)
    """By the path of a module that was wrapped, what its wrappers add to the names of its weights: `module.`"""
    notices: tuple[str, ...] = ()

    def wrapped_name(self, name: str) -> str:
        """Return the name that a weight has in the state_dict of the module as the user has it.

        >>> Unwrapped(nn.Linear(1, 1), {"": "module."}).wrapped_name("0.weight")
        'module.0.weight'
        """
        found, path = self.inserted.get("", ""), ""
        for part in name.split("."):
            path = f"{path}.{part}".removeprefix(".")
            found += f"{part}.{self.inserted.get(path, '')}"
        return found.removesuffix(".")


def peeled(module: nn.Module, name: str) -> tuple[nn.Module, str]:
    """Return what a module's own wrappers hold, and what they add before the names of weights; nothing is changed.

    Raises:
        ModelError: it is spread over several devices.

    """
    added = ""
    while inside := _inside(module):
        if len(getattr(module, "device_ids", None) or ()) > 1:
            rule = "it is spread over several devices, each with batch statistics of its own"
            raise ModelError("model", name, rule, "Pass the module inside it")
        module, added = getattr(module, inside), f"{added}{inside}."
    return module, added


def unwrapped(module: nn.Module, name: str, *, copy_of: nn.Module | None = None) -> Unwrapped:
    """Take every wrapper out of a module, which is changed where it holds wrapped layers.

    Args:
        module: the network.
        name: as a message calls it.
        copy_of: the user's own, of whose inside it is a copy: one compiled in place is compiled no more.

    Raises:
        ModelError: it is spread over several devices.

    """
    given = copy_of or module
    kinds = {type(layer).__name__ for layer in given.modules() if _inside(layer)}
    compiled = any(getattr(layer, "_compiled_call_impl", None) is not None for layer in given.modules())
    for layer in module.modules():
        layer._compiled_call_impl = None
    found, added = peeled(module, name)[0], peeled(given, name)[1]
    if any(weight.device.type != "cpu" for weight in found.parameters()):
        found.cpu()  # where networks are built; they go to the device of the spec later
    inserted = {"": added} if added else {}
    _take_out(found, "", name, inserted)
    notices = []
    if compiled or "OptimizedModule" in kinds:
        notices.append("model: torch.compile is left out: the numbers are the same, and a short probe is not worth it")
    if kinds - {"OptimizedModule"}:
        which = " and ".join(sorted(kinds - {"OptimizedModule"}))
        notices.append(f"model: {which} is left out: on one device it changes nothing")
    return Unwrapped(found, inserted, tuple(notices))


def _take_out(module: nn.Module, path: str, name: str, inserted: dict[str, str]) -> None:
    for key, child in list(module._modules.items()):
        if child is None:
            continue
        where = f"{path}.{key}".removeprefix(".")
        inner, added = peeled(child, name)
        if added:
            setattr(module, key, inner)
            inserted[where] = added
        _take_out(inner, where, name, inserted)


def _inside(module: nn.Module) -> str:
    kind = type(module)
    return _INSIDE.get(kind.__name__, "") if kind.__module__.startswith("torch.") else ""
