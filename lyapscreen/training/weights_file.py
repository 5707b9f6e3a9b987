"""A file of weights, as torch.save writes a state_dict, into a network."""

from __future__ import annotations

import pickle
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError
from lyapscreen.spec import documents

_SHOWN = 3
"""Names that a message lists of many."""


def load(module: nn.Module, path: str, names: Mapping[str, str]) -> None:
    """Load a state_dict into a module, every name and shape as it has them.

    Args:
        module: is changed.
        path: of the file; nothing but tensors and plain values is read from it.
        names: by a name of the state_dict that the user's own module has, the name in `module`.

    Raises:
        ModelError: the file cannot be read, is no state_dict, or is that of another network.

    """
    fix = "Save the network's weights with torch.save(model.state_dict(), FILE)"
    state = _read(path, fix)
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        raise ModelError("weights", path, f"it holds a {type(state).__name__}, not a state_dict", fix)
    if inside := [key for key, value in state.items() if isinstance(value, Mapping)]:
        rule = f"it holds {', '.join(inside[:_SHOWN])}, each with entries of its own, not a state_dict"
        raise ModelError("weights", path, rule, "Save the entry with the network's weights as a file of its own")
    if set(state) <= set(names):
        state = {names[key]: value for key, value in state.items()}
    own = module.state_dict()
    different = [
        f"{key} is {tuple(value.shape)} there and {tuple(own[key].shape)} here"
        for key, value in state.items()
        if isinstance(value, Tensor) and isinstance(own.get(key), Tensor) and value.shape != own[key].shape
    ]
    if different:
        _refuse(path, f"its weights have other shapes than the network's: {_some(different)}")
    try:
        found = module.load_state_dict(dict(state), strict=False)
    except Exception as error:  # a layer may read its entries in a way of its own
        _refuse(path, f"the network does not take it: {' '.join(str(error).split())[:200]}")
    lists = (("lacks", found.missing_keys), ("has, beyond the network's,", found.unexpected_keys))
    if said := [f"it {verb} {_some(keys)}" for verb, keys in lists if keys]:
        _refuse(path, ", and ".join(said))


def _read(path: str, fix: str) -> Any:
    try:
        documents.require_regular(path)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol")  # it is read, or refused below
            return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError("weights", path, "there is no such file", "Name a file that torch.save wrote") from None
    except OSError as error:
        rule = f"it cannot be read: {error.strerror}"
        raise ModelError("weights", path, rule, "Name a file that torch.save wrote") from error
    except pickle.UnpicklingError as error:
        # torch's own words end in the advice to run whatever code the file holds.
        rule = "it holds pickled Python objects, such as a whole network, or is no file of torch's"
        raise ModelError("weights", path, rule, fix) from error
    except Exception as error:  # zipfile's and torch's readers raise nearly anything on a damaged file
        raise ModelError("weights", path, "it is damaged, or no file that torch.save wrote", fix) from error


def _refuse(path: str, rule: str) -> None:
    raise ModelError("weights", path, rule, "Give a state_dict of this very network")


def _some(items: Sequence[str]) -> str:
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
