"""Runs batches in worker processes; the only file that knows joblib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from lyapscreen.errors import SettingError

Work = TypeVar("Work")
Found = TypeVar("Found")


class WorkerDied:
    """Stands where a result would: the worker was killed twice over this work."""

    reason = "its worker process was killed twice (out of memory?)"


def cores() -> int:
    """Return the number of cores this process may use."""
    return joblib.cpu_count()


def job_count(jobs: object) -> int | None:
    """Read `--jobs`: a number of worker processes, or None to choose by the work there is.

    Raises:
        SettingError: not a whole number from 1 to 4096.

    """
    if jobs is None:
        return None
    try:
        count = int(str(jobs))
    except ValueError:
        count = 0
    if not 1 <= count <= 4096:
        raise SettingError(
            "jobs", jobs, "it must be a whole number from 1 to 4096", "Write 1, or leave the flag out for all cores"
        )
    return count


def execute(
    function: Callable[[Work], Found], works: Sequence[Work], jobs: int
) -> Iterator[tuple[int, Found | WorkerDied]]:
    """Yield (index, result) of every work as each finishes, in no fixed order.

    Each process computes with one torch thread, so that a result does not depend on `jobs`. When a worker is
    killed, what had been handed out runs once more, each work alone in a process of its own; killed again,
    it yields `WorkerDied`. The rest goes on as before.
    """
    waiting = list(range(len(works)))
    if min(jobs, len(works)) <= 1:
        for index in waiting:
            with one_thread():
                found = function(works[index])
            yield index, found
        return
    while waiting:
        handed: set[int] = set()
        try:
            for index, found in _parallel(function, works, waiting, jobs, handed):
                handed.discard(index)
                waiting.remove(index)
                yield index, found
        except BrokenProcessPool:
            # Any of these may have been the end of the worker; all but it succeed now.
            for index in sorted(handed):
                waiting.remove(index)
                yield index, _alone(function, works[index])


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

    torch.empty(31 * 2**20, dtype=torch.uint8)


def _parallel(
    function: Callable[[Work], Found], works: Sequence[Work], indices: Sequence[int], jobs: int, handed: set[int]
) -> Iterator[tuple[int, Found]]:
    """Yield results as they come; `handed` is told of every work that goes out to a worker."""
    here = Path.cwd()

    def calls() -> Iterator[Any]:
        for index in list(indices):
            handed.add(index)
            yield joblib.delayed(_in_worker)(function, works[index], index, here)

    with joblib.parallel_config(backend="loky", inner_max_num_threads=1, mmap_mode="c"):
        parallel = joblib.Parallel(n_jobs=min(jobs, len(works)), return_as="generator_unordered", batch_size=1)
        yield from parallel(calls())


def _in_worker(function: Callable[[Work], Found], work: Work, index: int, folder: Path) -> tuple[int, Found]:
    # A worker outlives one screening and may have been started elsewhere: relative paths are the caller's.
    with chdir(folder), one_thread():
        return index, function(work)


def _alone(function: Callable[[Work], Found], work: Work) -> Found | WorkerDied:
    try:
        # Two workers, one work: joblib would run a single job in this process, which has to survive.
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1, mmap_mode="c"):
            results = joblib.Parallel(n_jobs=2)([joblib.delayed(_in_worker)(function, work, 0, Path.cwd())])
    except BrokenProcessPool:
        return WorkerDied()
    found: Found = results[0][1]
    return found
