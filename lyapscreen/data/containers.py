"""What holds data sets for a training: scikit-learn's Bunch, a dict of splits, a data module of Lightning.

None of their libraries is imported: each is known by what it has, and taken apart into the forms of `items`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from lyapscreen.errors import DataError
from lyapscreen.spec import user_code

TRAIN = ("train", "training")
HELD_OUT = ("validation", "valid", "val", "dev", "eval", "held_out", "test")
"""Splits to measure on, the first that there is."""

_LIGHTNING = ("lightning", "pytorch_lightning")


def is_container(value: object) -> bool:
    """Return whether something is one of these."""
    return _is_bunch(value) or _is_splits(value) or _is_module(value)


def opened(value: Any, name: str) -> tuple[Any, tuple[str, ...]]:
    """Return what a container holds, or anything else as it is; and what to say of it.

    Nothing of the user's is changed: a data module is set up in a copy.

    Args:
        value: the container.
        name: what messages call it.

    Raises:
        DataError: it lacks a part, or its own code failed.

    """
    if _is_bunch(value):
        return (value["data"], value["target"]), ()
    if _is_splits(value):
        return _of_splits(value, name)
    found = _of_module(value, name) if _is_module(value) else value
    loader = found[0] if isinstance(found, tuple) and len(found) == 2 else found
    size = getattr(loader, "batch_size", None) if hasattr(loader, "collate_fn") else None
    unused = isinstance(size, int) and size > 1
    return found, (f"data: the loader's batches of {size} are not used: batch_size sets them",) if unused else ()


def columns(dataset: Any) -> dict[str, Any]:
    """Return the columns of a Hugging Face Dataset as arrays, in the precision that it has them in.

    Its own NumPy format halves that of float64.
    """
    features = getattr(dataset, "features", None) or {}
    found = {}
    for name in dataset.column_names:
        feature: Any = features.get(name)
        while hasattr(feature, "feature"):  # of a list of numbers
            feature = feature.feature
        options = {"dtype": "float64"} if getattr(feature, "dtype", "") == "float64" else {}
        found[name] = dataset.with_format("numpy", **options)[:][name]
    return found


def _is_bunch(value: object) -> bool:
    return isinstance(value, dict) and type(value).__name__ == "Bunch" and {"data", "target"} <= set(value)


def _is_splits(value: object) -> bool:
    """Tell whether it is a dict of data sets, as of Hugging Face's DatasetDict."""
    return (
        isinstance(value, Mapping)
        and any(split in value for split in TRAIN)
        and all(hasattr(part, "__getitem__") and hasattr(part, "column_names") for part in value.values())
    )


def _is_module(value: object) -> bool:
    has = all(callable(getattr(value, name, None)) for name in ("prepare_data", "setup", "train_dataloader"))
    return has and not hasattr(value, "named_parameters")  # a LightningModule has these too


def _of_splits(value: Mapping[str, Any], name: str) -> tuple[Any, tuple[str, ...]]:
    train = next(split for split in TRAIN if split in value)
    held_out = next((split for split in HELD_OUT if split in value), None)
    unused = [split for split in value if split not in (train, held_out)]
    strange = [split for split in unused if split not in (*TRAIN, *HELD_OUT)]
    if strange:
        fix = f"Give the two to use, as ({name}[{train!r}], {name}[{strange[0]!r}]), or one of them"
        raise DataError("data", ", ".join(value), f"nothing says what its split {strange[0]} is for", fix)
    said = (f"data: not used: the split {', '.join(unused)}",) if unused else ()
    return value[train] if held_out is None else (value[train], value[held_out]), said


def _of_module(value: Any, name: str) -> Any:
    """Return the loaders of a data module for fitting: those to train on, and those to validate on if it has any."""
    module, kind = copy.copy(value), type(value).__name__

    def loader(part: str, method: str) -> Any:
        if not _is_own(value, method):
            return None
        return _one(user_code.call("data", name, getattr(module, method), error=DataError), part, kind)

    user_code.call("data", name, module.prepare_data, error=DataError)
    user_code.call("data", name, module.setup, "fit", error=DataError)
    train, held_out = loader("training", "train_dataloader"), loader("validation", "val_dataloader")
    if train is None:
        raise DataError("data", kind, "it has no train_dataloader that returns a loader", "Return a DataLoader")
    return train if held_out is None else (train, held_out)


def _one(loaders: Any, part: str, kind: str) -> Any:
    """Return the loader of one part, taken out of a list of one."""
    if not isinstance(loaders, list | tuple | dict):
        return loaders
    every = list(loaders.values()) if isinstance(loaders, dict) else list(loaders)
    if len(every) > 1:
        rule = f"it has {len(every)} {part} loaders, and one data set is screened"
        raise DataError("data", kind, rule, "Give the data set of one, or (train, held_out)")
    return every[0] if every else None


def _is_own(module: Any, method: str) -> bool:
    """Tell whether a data module has a method of its own: Lightning's raises an error."""
    if method in vars(module):  # as `from_datasets` gives it
        return True
    of = next((kind for kind in type(module).__mro__ if method in vars(kind)), None)
    return of is not None and of.__module__.partition(".")[0] not in _LIGHTNING
