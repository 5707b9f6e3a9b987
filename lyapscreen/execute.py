"""Runs batches in worker processes; the only file that knows joblib."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

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

    Each process computes with one torch thread, so that a result does not depend on `jobs`. A work
    whose worker is killed runs once more alone in a process of its own; killed again, it yields
    `WorkerDied` and the rest goes on.
    """
    if min(jobs, len(works)) <= 1:
        for index, work in enumerate(works):
            with one_thread():
                found = function(work)
            yield index, found
        return
    waiting = set(range(len(works)))
    try:
        for index, found in _parallel(function, works, sorted(waiting), jobs):
            waiting.discard(index)
            yield index, found
    except BrokenProcessPool:
        for index in sorted(waiting):
            yield index, _alone(function, works[index])


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one torch thread inside, with the caller's number again outside."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _parallel(
    function: Callable[[Work], Found], works: Sequence[Work], indices: Sequence[int], jobs: int
) -> Iterator[tuple[int, Found]]:
    with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = joblib.Parallel(n_jobs=min(jobs, len(works)), return_as="generator_unordered", batch_size=1)
        yield from parallel(joblib.delayed(_in_worker)(function, works[index], index) for index in indices)


def _in_worker(function: Callable[[Work], Found], work: Work, index: int) -> tuple[int, Found]:
    with one_thread():
        return index, function(work)


def _alone(function: Callable[[Work], Found], work: Work) -> Found | WorkerDied:
    try:
        # Two workers, one work: joblib would run a single job in this process, which has to survive.
        with joblib.parallel_config(backend="loky", inner_max_num_threads=1):
            results = joblib.Parallel(n_jobs=2)([joblib.delayed(_in_worker)(function, work, 0)])
    except BrokenProcessPool:
        return WorkerDied()
    found: Found = results[0][1]
    return found
