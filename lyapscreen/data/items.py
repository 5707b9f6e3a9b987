"""Datasets and loaders of torch and Hugging Face, item by item, into inputs and targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from lyapscreen.data import containers, pairs, parts, sampling, several
from lyapscreen.data.frames import as_array, from_python, is_frame
from lyapscreen.data.in_memory import Pieces, of_arrays, of_named, of_several, pieces
from lyapscreen.data.marks import Marks
from lyapscreen.data.tables import Table
from lyapscreen.data.text import listed
from lyapscreen.errors import DataError
from lyapscreen.spec import user_code

FORMS = (
    "arrays (X, y), arrays of both parts (X, y, X_held_out, y_held_out), or a Dataset with len() and [i], "
    "a DataLoader, a LightningDataModule, a scikit-learn Bunch, or a pandas frame"
)
STREAMED_ROWS = 100_000
"""Items that are read of a dataset that only gives one after the other."""
REPEATED = 8
"""Items that are read twice, to see that they stay what they are."""


def is_data(value: object) -> bool:
    """Return whether something has one of the forms that `from_object` takes."""
    if is_frame(value) or _is_item_source(value) or containers.is_container(value):
        return True
    named = isinstance(value, Mapping) and bool(value) and all(hasattr(part, "__len__") for part in value.values())
    return named or (isinstance(value, tuple | list) and len(value) in (2, 4))


def is_dataset(value: object) -> bool:
    """Return whether something gives items by index and is no array: a map-style torch Dataset, or alike."""
    indexed = hasattr(type(value), "__len__") and hasattr(type(value), "__getitem__")
    plain = isinstance(value, str | bytes | Sequence | Mapping) or hasattr(value, "tocsr") or is_frame(value)
    return indexed and not hasattr(value, "__array__") and not plain and not _is_stream(value)


def from_object(
    value: Any, dtype: str, marks: Marks, target: Sequence[str] = (), name: str = "arrays"
) -> Pieces | Table:
    """Take arrays, named arrays, a frame, a dataset or loader, or one for each part.

    Args:
        value: as in `FORMS`.
        dtype: what the inputs will be held as.
        marks: what counts as missing.
        target: names of the target in items that are dicts.
        name: what messages call it.

    Raises:
        DataError: its rows do not fit together; a dataset's own code failed.

    """
    value, said = containers.opened(value, name)
    found = _taken(value, dtype, marks, target, name)
    if not said:
        return found
    return found.noting(*said) if isinstance(found, Table) else replace(found, notices=(*found.notices, *said))


def _taken(value: Any, dtype: str, marks: Marks, target: Sequence[str], name: str) -> Pieces | Table:
    if is_frame(value):
        return from_python(value, marks)
    if hasattr(value, "to_pandas") and hasattr(value, "column_names") and hasattr(value, "__len__"):
        # A Dataset of Hugging Face; a stream of theirs has no length.
        return _from_columns(containers.columns(value), dtype, marks, target)
    if isinstance(value, Mapping):
        return of_named(name, value, dtype, marks)
    if _is_item_source(value):
        return _from_items(value, dtype, marks, target, name)
    if len(value) == 2 and all(map(_is_item_source, value)):
        train, held_out = (_from_items(part, dtype, marks, target, name) for part in value)
        if isinstance(train, Table) or isinstance(held_out, Table):
            rule = "two datasets whose items are dicts of columns"
            raise DataError(
                "data", name, rule, "Make frames of them: one as data, the other saved and given as held_out"
            )
        return replace(train, held_out=held_out)
    return of_arrays(value, dtype, marks)


def _is_item_source(value: object) -> bool:
    return is_dataset(value) or _is_stream(value) or _is_loader(value)


def _is_loader(value: object) -> bool:
    return hasattr(value, "dataset") and hasattr(value, "batch_size") and hasattr(value, "collate_fn")


def _is_stream(value: object) -> bool:
    return "IterableDataset" in {kind.__name__ for kind in type(value).__mro__}


def _from_items(value: Any, dtype: str, marks: Marks, target: Sequence[str], name: str) -> Pieces | Table:
    """Read the items of a dataset, a sample of them where they are too many for memory."""
    if _is_loader(value):
        value = _behind_loader(value)
    subject = f"the dataset {type(value).__name__}"
    if _is_stream(value):
        stream: Iterator[Any] = user_code.call("data", name, iter, value, error=DataError)
        items = user_code.call("data", name, list, islice(stream, STREAMED_ROWS + 1), error=DataError)
        kept = None
        notices = []
        if len(items) > STREAMED_ROWS:
            items = items[:STREAMED_ROWS]
            notices.append(f"data: the first {STREAMED_ROWS} items of a stream; more are not read")
        count = len(items)
    else:
        count = user_code.call("data", name, value.__len__, error=DataError)
        notices = []
        items, kept = [], None
        if count:
            first = pairs.pair(_item(value, 0, name), 0, subject, target)
            kept = sampling.chosen(count, pairs.width(first, dtype), dtype)
            items = [_item(value, i, name) for i in (range(count) if kept is None else kept.tolist())]
            _require_the_same(value, items, kept, name, subject)
    if not count:
        raise DataError("data", subject, "it has no items", f"Give at least {sampling.MIN_ROWS}")
    if kept is not None:
        notices.append(sampling.notice(kept, count))
    each = [pairs.pair(item, i, subject, target) for i, item in enumerate(items)]
    if any(pair is None for pair in each):
        columns = {key: [item[key] for item in items] for key in items[0]}
        found = _from_columns(columns, dtype, marks, target)
        return (
            found.noting(*notices) if isinstance(found, Table) else replace(found, notices=(*found.notices, *notices))
        )
    found = pairs.stacked([pair for pair in each if pair is not None], dtype, marks, subject)
    if isinstance(items[0], tuple | list) and len(items[0]) > 2:
        notices.append(f"data: the last of the {len(items[0])} parts of each item is the target")
    return replace(found, notices=(*found.notices, *notices))


def _behind_loader(loader: Any) -> Any:
    """Return the dataset of a loader: its order is ours to draw.

    Raises:
        DataError: the loader changes the items, or draws some of them alone.

    """
    kind = type(loader).__name__
    if not getattr(loader.collate_fn, "__module__", "").startswith("torch.utils.data"):
        fix = "Pass the dataset, with items as the network takes them"
        raise DataError("data", f"the loader {kind}", "it puts batches together in a way of its own (collate_fn)", fix)
    sampler = getattr(loader, "sampler", None)
    whole = type(sampler).__name__ in ("SequentialSampler", "RandomSampler", "_InfiniteConstantSampler")
    if not whole:
        rule = f"it draws items with {type(sampler).__name__}, so that some may be left out"
        raise DataError("data", f"the loader {kind}", rule, "Pass a torch.utils.data.Subset of its dataset")
    return loader.dataset


def _require_the_same(dataset: Any, items: Sequence[Any], kept: np.ndarray | None, name: str, subject: str) -> None:
    """Refuse a dataset whose items change from one reading to the next: every probe would see others."""
    for place, item in enumerate(items[:REPEATED]):
        i = place if kept is None else int(kept[place])
        again = _item(dataset, i, name)
        if not _equal(item, again):
            rule = f"item {i} of it changes from one reading to the next"
            raise DataError("data", subject, rule, "Leave out random transforms, or seed them by the item's number")


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Mapping):
        return set(one) == set(other) and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(_equal, one, other))
    first, second = as_array(one), as_array(other)
    return np.array_equal(first, second, equal_nan=first.dtype.kind == "f" and second.dtype.kind == "f")


def _item(dataset: Any, i: int, name: str) -> Any:
    return user_code.call("data", name, dataset.__getitem__, i, error=DataError)


def _from_columns(columns: Mapping[str, Any], dtype: str, marks: Marks, target: Sequence[str]) -> Pieces | Table:
    """Return rows of named cells as a table, the target last; or, where some have arrays, as inputs and target."""
    import pandas as pd

    known = [name for name in columns if name in target or (not target and name.lower() in parts.TARGETS)]
    if len(known) != 1 and not target:
        rule = f"its items have {listed(columns)}, none of which is called {' or '.join(parts.TARGETS[:5])}"
        raise DataError("data", "the dataset", rule, "Name the target with target, --target on the command line")
    wide = [name for name, cells in columns.items() if np.ndim(as_array(cells[0])) > 0]
    rest = [name for name in columns if name not in known]
    if wide:
        if len(known) != 1 or not set(wide) - set(known):
            beside = listed(rest) or "no other"
            rule = f"its items have arrays in {listed(wide)}, the target {listed(known)}, and {beside} beside it"
            raise DataError("data", "the dataset", rule, "Leave one target, and arrays of inputs beside it")
        y = np.stack([as_array(cell) for cell in columns[known[0]]])
        x = several.of_columns({name: columns[name] for name in rest}, len(y))
        if len(rest) == 1:
            return pieces(x.arrays[0].shape, lambda _: x.arrays[0], y, dtype, marks=marks)
        return of_several(x, y, dtype, marks)
    cells = {name: [as_array(cell).item() for cell in columns[name]] for name in (*rest, *known)}
    return from_python(pd.DataFrame(cells), marks)
