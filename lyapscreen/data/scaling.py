"""Rows into two scaled parts: read a few at a time, so that nothing but the parts themselves is held whole."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from lyapscreen.data.columns import LARGEST
from lyapscreen.data.splits import Split
from lyapscreen.errors import DataError

CHUNK_BYTES = 4 * 2**20
"""Numbers held in float64 at a time; sums depend on it in their last bit, so that it is one for all sources."""


@dataclass(frozen=True)
class Rows:
    """Rows of inputs, whatever holds them."""

    name: str
    """What the data are called."""
    count: int
    shape: tuple[int, ...]
    """Of one row."""
    channel_axis: int
    """Which axis of [rows, ...] is scaled by itself: inputs, or channels."""
    read: Callable[[int, int], np.ndarray]
    """The rows from one to before another, any real dtype; NaN where a value is missing."""
    done: Callable[[], None] = lambda: None
    """Lets go of what was read."""

    def chunks(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the rows a few at a time and where they begin: float64, NaN where missing or beyond `LARGEST`."""
        at_once = max(1, CHUNK_BYTES // max(8, 8 * int(np.prod(self.shape))))
        for start in range(0, self.count, at_once):
            values = np.array(self.read(start, min(start + at_once, self.count)), dtype=np.float64, order="C")
            values[~(np.abs(values) <= LARGEST)] = np.nan
            yield start, values
            self.done()

    @property
    def others(self) -> tuple[int, ...]:
        """All axes of [rows, ...] but that of the channels."""
        return tuple(axis for axis in range(1 + len(self.shape)) if axis != self.channel_axis)


@dataclass(frozen=True)
class Scaled:
    """Both parts, and what was found on the way."""

    x_train: np.ndarray
    x_held_out: np.ndarray
    missing: np.ndarray
    """Values filled in by the median of the training part, per channel."""
    constant: np.ndarray
    """Which channels have one value in the training part, and are 0 in both."""


def of_array(name: str, values: np.ndarray, channel_axis: int) -> Rows:
    """Return an array's rows, be it in memory or in a file that is mapped into it."""
    mapped: object = values
    while isinstance(mapped, np.ndarray):
        mapped = mapped.base
    release = mmap.MADV_DONTNEED if hasattr(mmap, "MADV_DONTNEED") else None

    def done() -> None:
        # Pages of a file count as memory in use until they are given back.
        if isinstance(mapped, mmap.mmap) and release is not None:
            mapped.madvise(release)

    return Rows(name, len(values), values.shape[1:], channel_axis, lambda a, b: values[a:b], done)


def scaled(rows: Rows, split: Split, dtype: str) -> Scaled:
    """Return both parts in this dtype, (x - mean) / std with mean and std of the training part, by channel.

    Mean and squared deviations are merged chunk by chunk in float64 (Chan, Golub and LeVeque 1983).

    Raises:
        DataError: no channel varies in the training part, or a value overflows the dtype once scaled.

    """
    in_train, in_held_out = _places(split.train, rows.count), _places(split.held_out, rows.count)
    missing, medians = _medians(rows, in_train)
    n = 0
    width = rows.shape[rows.channel_axis - 1]
    mean, squares = np.zeros(width), np.zeros(width)
    low, high = np.full(width, np.inf), np.full(width, -np.inf)
    for start, values in rows.chunks():
        part = _filled(rows, values, medians)[in_train[start : start + len(values)] >= 0]
        if not len(part):
            continue
        m = part.size // width
        here = part.mean(axis=rows.others)
        away = here - mean
        squares += ((part - _wide(rows, here)) ** 2).sum(axis=rows.others) + away**2 * (n * m / (n + m))
        mean += away * (m / (n + m))
        n += m
        low, high = np.minimum(low, part.min(axis=rows.others)), np.maximum(high, part.max(axis=rows.others))
    constant = low == high
    if constant.all():
        fix = "Give inputs that differ from row to row"
        raise DataError("data", rows.name, "no input varies in the training part", fix)
    std = np.sqrt(squares / n)
    std[constant] = np.inf  # nothing can be learnt of it, yet its weights would disturb the held-out part
    found = [np.empty((len(part), *rows.shape), dtype) for part in (split.train, split.held_out)]
    for start, values in rows.chunks():
        values = (_filled(rows, values, medians) - _wide(rows, mean)) / _wide(rows, std)
        if not float(np.abs(values).max()) <= float(np.finfo(dtype).max):
            rule = f"some held-out values overflow {dtype} once scaled like the training part"
            raise DataError("data", rows.name, rule, "Remove the outliers, or take logarithms")
        for part, places in zip(found, (in_train, in_held_out), strict=True):
            at = places[start : start + len(values)]
            part[at[at >= 0]] = values[at >= 0]
    return Scaled(found[0], found[1], missing, constant)


def _places(part: np.ndarray, count: int) -> np.ndarray:
    """Return where in a part each row goes, -1 where it is not in it."""
    places = np.full(count, -1, dtype=np.int64)
    places[part] = np.arange(len(part))
    return places


def _wide(rows: Rows, channels: np.ndarray) -> np.ndarray:
    """Return one number a channel in a shape that goes with [rows, ...]."""
    return np.expand_dims(channels, rows.others)


def _filled(rows: Rows, values: np.ndarray, medians: np.ndarray) -> np.ndarray:
    gaps = np.isnan(values)
    if gaps.any():
        values[gaps] = np.broadcast_to(_wide(rows, medians), values.shape)[gaps]
    return values


def _medians(rows: Rows, in_train: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many values each channel lacks, and the training part's median where it lacks any (else 0)."""
    width = rows.shape[rows.channel_axis - 1]
    missing, medians = np.zeros(width, dtype=np.int64), np.zeros(width)
    for _, values in rows.chunks():
        missing += np.isnan(values).sum(axis=rows.others)
    gaps = np.flatnonzero(missing)
    # A median needs all values of its channel, so that a few channels are read at a time.
    per_row = max(1, int(np.prod(rows.shape)) // width)
    at_once = max(1, CHUNK_BYTES // (8 * per_row * max(1, rows.count)))
    for i in range(0, len(gaps), at_once):
        some = gaps[i : i + at_once]
        parts = []
        for start, values in rows.chunks():
            channels = np.moveaxis(values[in_train[start : start + len(values)] >= 0], rows.channel_axis, 0)[some]
            parts.append(channels.reshape(len(some), -1))
        columns = np.concatenate(parts, axis=1)
        known = ~np.isnan(columns).all(axis=1)  # 0 where the training part has no value
        medians[some[known]] = np.nanmedian(columns[known], axis=1)
    return missing, medians
