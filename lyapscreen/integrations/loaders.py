"""The rows behind a DataLoader, collated as its batches are, the form of a batch, and which part is the target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lyapscreen.errors import DataError
from lyapscreen.spec import user_code

TARGETS = ("labels", "label", "targets", "target", "y")
"""What batches that are dicts call their target."""

_LOOKED_AT = 4
"""Items that are collated by themselves as well."""


@dataclass(frozen=True)
class Rows:
    """All rows of a loader's data set as one batch."""

    leaves: tuple[Tensor, ...]
    """The tensors of the batch in order, [rows, ...]."""
    form: Any
    """The batch with the place of each tensor in `leaves` instead of it."""
    names: tuple[str, ...]
    """What messages call each."""
    target: int
    """Place of the target."""
    batch_size: int
    steps_per_epoch: int
    padded: bool
    """Whether rows are padded to the longest of their batch, here to the longest of all."""

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Every tensor but the target."""
        return tuple(leaf for place, leaf in enumerate(self.leaves) if place != self.target)

    @property
    def targets(self) -> Tensor:
        """[rows] or [rows, ...]."""
        return self.leaves[self.target]


def rows(loader: Any, part: str, target: str | int | None = None) -> Rows:
    """Read all rows of a loader.

    Args:
        loader: a DataLoader of a data set with `len` and `[i]`.
        part: what messages call it.
        target: the target's name or place in a batch; None looks for a usual name, or takes the last.

    Raises:
        DataError: it draws rows in a way of its own, its batches hold what is no tensor, or its rows change.

    """
    _require_plain(loader, part)
    dataset = loader.dataset

    def read(places: Sequence[int]) -> Any:
        items = user_code.call("data", part, lambda: [dataset[i] for i in places], error=DataError)
        return user_code.call("data", part, loader.collate_fn, items, error=DataError)

    batch = read(range(len(dataset)))
    named = dict(_leaves(batch, "", part))
    leaves = tuple(named.values())
    odd = next((name for name, leaf in named.items() if leaf.shape[:1] != (len(dataset),)), None)
    if odd is not None:
        rule = (
            f"{odd} of its batches has the shape {tuple(named[odd].shape)}, not a row for each of {len(dataset)} items"
        )
        raise DataError("data", part, rule, "Let each tensor of a batch have one row for each item")
    place, padded = _place(batch, tuple(named), target, part), False
    for i in range(min(_LOOKED_AT, len(dataset))):
        for (name, one), whole in zip(_leaves(read([i]), "", part), leaves, strict=True):
            if one.shape[1:] != whole.shape[1:]:
                padded = True
            elif not torch.equal(torch.nan_to_num(one[0]), torch.nan_to_num(whole[i])):
                rule = f"{name} of item {i} changes from one reading to the next, or with its batch"
                raise DataError(
                    "data", part, rule, "Leave out random transforms and masks, or draw them once for each item"
                )
    return Rows(
        leaves, _form(batch, iter(range(len(leaves)))), tuple(named), place, loader.batch_size, len(loader), padded
    )


def filled(form: Any, leaves: Sequence[Any]) -> Any:
    """Return a batch of a form with these tensors."""
    if isinstance(form, int):
        return leaves[form]
    if isinstance(form, dict):
        return {key: filled(part, leaves) for key, part in form.items()}
    return type(form)(filled(part, leaves) for part in form)


def _require_plain(loader: Any, part: str) -> None:
    """Refuse a loader that draws its rows in a way of its own, or that has no list of them.

    Raises:
        DataError: naming its sampler or data set.

    """
    if not all(hasattr(loader, name) for name in ("dataset", "batch_size", "collate_fn", "sampler")):
        rule = f"it is of type {type(loader).__name__}, not a DataLoader"
        raise DataError("data", part, rule, "Return one torch.utils.data.DataLoader")
    sampler = type(loader.sampler).__name__
    known = sampler == "SequentialSampler" or (sampler in ("RandomSampler", "SeedableRandomSampler"))
    if not known or getattr(loader.sampler, "replacement", False) or loader.batch_size is None:
        rule = f"its batches are put together by {sampler}, which may leave rows out or repeat them"
        raise DataError("data", part, rule, "Use batch_size= with shuffle=True or False, over a Subset where wanted")
    require_indexed(loader.dataset, part)


def require_indexed(dataset: Any, part: str) -> None:
    """Refuse a data set without items, or whose items cannot be asked for.

    Raises:
        DataError: naming its class.

    """
    if not hasattr(dataset, "__getitem__") or not hasattr(dataset, "__len__"):
        rule = f"its data set {type(dataset).__name__} is a stream"
        raise DataError("data", part, rule, "Give a data set with len() and [i]: its first rows in a list will do")
    if not len(dataset):
        raise DataError("data", part, "its data set has no items", "Give some")


def _leaves(batch: Any, name: str, part: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(batch, Tensor):
        yield name or "the batch", batch
    elif isinstance(batch, Mapping) or (isinstance(batch, tuple | list) and not hasattr(batch, "_fields")):
        each = batch.items() if isinstance(batch, Mapping) else enumerate(batch)
        for key, value in each:
            yield from _leaves(value, f"{name}[{key!r}]", part)
    else:
        rule = f"its batches hold {type(batch).__name__} at {name or 'the top'}, which is no tensor"
        raise DataError("data", part, rule, "Let a batch be tensors in tuples, lists or dicts; drop names and texts")


def _form(batch: Any, places: Iterator[int]) -> Any:
    if isinstance(batch, Tensor):
        return next(places)
    if isinstance(batch, Mapping):
        return {key: _form(value, places) for key, value in batch.items()}
    return type(batch)(_form(value, places) for value in batch)


def _place(batch: Any, names: tuple[str, ...], target: str | int | None, part: str) -> int:
    wanted: tuple[str | int, ...] = TARGETS if target is None else (target,)
    found = [i for i, name in enumerate(names) if name in {f"[{key!r}]" for key in wanted}]
    if not found and target is None and isinstance(batch, tuple | list) and len(names) > 1:
        return len(names) - 1
    if len(found) != 1 or len(names) < 2:
        has = ", ".join(names)
        rule = f"nothing says which part of its batches is the target: they have {has}"
        raise DataError(
            "data", part, rule, "Name it with target=, its key or place in the batch, beside at least one input"
        )
    return found[0]
