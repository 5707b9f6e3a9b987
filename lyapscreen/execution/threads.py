"""How a process computes: with one torch thread, and with memory that stays its own."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

LARGEST_KEPT = 31 * 2**20
"""Bytes of a block that the C library may keep for itself; glibc's own limit is 32 MiB."""

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""What mallopt(3) calls the two limits."""


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one torch thread inside, with the caller's number again outside."""
    import torch

    _keep_freed_memory()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def _keep_freed_memory() -> None:
    """Have the C library keep what is freed, once a process, so that the next step finds it.

    A step frees its arrays one by one; glibc hands them back to the system as soon as 128 KiB are free at the
    heap's end, and every page is zeroed and mapped anew at the next step: up to a third of a probe's time.
    Freeing one large block raises that limit to twice its size (mallopt(3), M_MMAP_THRESHOLD: dynamic
    up to 32 MiB). Nothing is ever written to the block, so that it takes no memory; elsewhere nothing happens.
    """
    import torch

    if "MALLOC_TRIM_THRESHOLD_" in os.environ:
        # Dask sets it for its workers: the limit is low then, and no longer moves by itself.
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(None)
            library.mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)
            library.mallopt(M_TRIM_THRESHOLD, 2 * LARGEST_KEPT)
    torch.empty(LARGEST_KEPT, dtype=torch.uint8)
