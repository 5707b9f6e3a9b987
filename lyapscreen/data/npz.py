"""A .npz file of arrays; what is too large for memory is read row by row, and pickles are refused."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO
from zipfile import ZIP_STORED, ZipFile

import numpy as np
from numpy.lib import format as npy

from lyapscreen.data import parts, several
from lyapscreen.data.in_memory import Pieces, pieces
from lyapscreen.data.marks import Marks
from lyapscreen.data.several import Several
from lyapscreen.errors import DataError, LyapscreenError

CHUNK_BYTES = 2**20
LOCAL_HEADER = 30
"""Bytes in front of a member's name; the last four say how long it is, and what follows it."""
WRITE = "Write it with np.savez('data.npz', X=X, y=y)"

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(value: str, dtype: str, group: str = "", marks: Marks | None = None) -> Pieces:
    """Read inputs and targets from a .npz file, a sample of the rows where they are too many for memory.

    Args:
        value: the path as typed.
        dtype: what the inputs will be held as.
        group: name of the array that says what rows belong together, if the file has it.
        marks: what counts as missing.

    Raises:
        DataError: the file is damaged, holds Python objects, or has no arrays of these names.

    """
    try:
        with ZipFile(value) as archive:
            return _Arrays(value, archive, dtype, marks).pieces(group)
    except LyapscreenError:
        raise
    except Exception as error:  # zipfile, zlib and numpy raise nearly anything on a damaged file
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise DataError("data", value, f"it cannot be read as .npz ({reason})", WRITE) from None


class _Arrays:
    """The arrays of an open archive."""

    def __init__(self, value: str, archive: ZipFile, dtype: str, marks: Marks | None) -> None:
        self.value, self.archive, self.dtype, self.marks = value, archive, dtype, marks
        self.names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]

    def pieces(self, group: str) -> Pieces:
        besides = [name for name in self.names if name != group]
        if (named := parts.by_name(besides)) is not None:
            groups = self._whole(group) if group in self.names else None
            return self._by_name(*named, groups)
        found = parts.found(self.value, self.names, [group])
        pairs = (*found.train, *(found.held_out or ()))
        groups = self._whole(group) if group in self.names and group not in pairs else None
        part = self._part(found.train, groups)
        held = None if found.held_out is None else self._part(found.held_out, None)
        return replace(part, held_out=held, notices=(*part.notices, *found.notices))

    def _by_name(self, names: Sequence[str], target: str, groups: np.ndarray | None) -> Pieces:
        headers = [self._header(name) for name in names]
        shapes = [shape for shape, _, _ in headers]
        width = several.numbers_per_row([(shape, dtype) for shape, _, dtype in headers], self.dtype)

        def read(rows: np.ndarray | None) -> Several:
            count = len(y) if rows is None else len(rows)
            each = [
                (self._whole if fortran else self._rows)(n, rows)
                for n, (_, fortran, _) in zip(names, headers, strict=True)
            ]
            return several.checked(each, names, count)

        y = self._whole(target)
        odd = next((name for name, shape in zip(names, shapes, strict=True) if shape[:1] != y.shape[:1]), None)
        if odd is not None:
            rule = f"its array {odd} has other rows than its target {target}, {y.shape[:1]}"
            raise DataError("data", self.value, rule, "Give every input one row for each target")
        return pieces((len(y), width), read, y, self.dtype, groups=groups, marks=self.marks, shapes=shapes)

    def _part(self, names: Sequence[str], groups: np.ndarray | None) -> Pieces:
        x, y = names
        shape, fortran, _ = self._header(x)
        read = partial(self._whole if fortran else self._rows, x)
        return pieces(shape, read, self._targets(y, shape), self.dtype, groups=groups, marks=self.marks)

    def _targets(self, name: str, inputs: tuple[int, ...]) -> np.ndarray:
        """Return the targets; where they are not of the inputs' rows, what is refused by its shape is not read."""
        shape, _, dtype = self._header(name)
        return self._whole(name) if shape[:1] == inputs[:1] else np.broadcast_to(np.zeros((), dtype), shape)

    def _header(self, name: str) -> tuple[tuple[int, ...], bool, np.dtype]:
        with self.archive.open(f"{name}.npy") as file:
            return self._header_of(name, file)

    def _header_of(self, name: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype]:
        shape, fortran, dtype = _HEADERS[npy.read_magic(file)](file)
        size = self.archive.getinfo(f"{name}.npy").file_size - file.tell()
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize > size:
            rule = f"its array {name} declares the shape {shape}, more than its {size} bytes hold"
            raise DataError("data", self.value, rule, WRITE)
        if dtype.hasobject:
            rule = f"its array {name} holds Python objects, and unpickling those could run code"
            raise DataError(
                "data", self.value, rule, "Save it as numbers or fixed-width text, for example with X.astype(float)"
            )
        return shape, fortran, dtype

    def _mapped(self, name: str) -> np.ndarray | None:
        """Return an array that is not compressed as pages of the file, which are in memory while they are read.

        Its bytes are read once before: that is what checks them.
        """
        info = self.archive.getinfo(f"{name}.npy")
        if info.compress_type != ZIP_STORED:
            return None
        with self.archive.open(info) as file:
            shape, _, dtype = self._header_of(name, file)
            start = file.tell()
            while file.read(CHUNK_BYTES):
                pass
        with Path(self.value).open("rb") as whole:
            whole.seek(info.header_offset + LOCAL_HEADER - 4)
            lengths = struct.unpack("<HH", whole.read(4))  # of the name and of what stands behind it
        offset = info.header_offset + LOCAL_HEADER + sum(lengths) + start
        return np.memmap(self.value, dtype, "r", offset, shape)

    def _whole(self, name: str, rows: np.ndarray | None = None) -> np.ndarray:
        self._header(name)
        with self.archive.open(f"{name}.npy") as file:
            array: np.ndarray = npy.read_array(file, allow_pickle=False)
        return array if rows is None else array[rows]

    def _rows(self, name: str, rows: np.ndarray | None) -> np.ndarray:
        """Return the rows asked for, ascending, with no more than a chunk of others in memory."""
        if rows is None:
            mapped = self._mapped(name)
            return self._whole(name) if mapped is None else mapped
        with self.archive.open(f"{name}.npy") as file:
            shape, _, dtype = self._header_of(name, file)
            width = math.prod(shape[1:]) * dtype.itemsize
            at_once = max(1, CHUNK_BYTES // width)
            kept = np.empty((len(rows), *shape[1:]), dtype)
            for start in range(0, shape[0], at_once):
                count = min(at_once, shape[0] - start)
                data = file.read(count * width)
                if len(data) < count * width:
                    raise EOFError("the file ends early")
                first, end = np.searchsorted(rows, [start, start + count])
                kept[first:end] = np.frombuffer(data, dtype).reshape(count, *shape[1:])[rows[first:end] - start]
        return kept
