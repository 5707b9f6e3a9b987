"""Batches in processes of this machine, or in this one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import chdir, closing
from pathlib import Path
from typing import Any, TypeVar

import joblib
from joblib.externals.loky.process_executor import BrokenProcessPool

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import watch
from lyapscreen.execution.threads import one_thread

Work = TypeVar("Work")
Found = TypeVar("Found")

NO_LOCKS = (
    "worker processes cannot be started: there are no locks that they could share (is /dev/shm writable, and "
    "JOBLIB_MULTIPROCESSING not 0?). --jobs 1 works without them."
)


class WorkerDied:
    """Stands where a result would: the worker was killed twice over this work."""

    reason = "its worker process was killed twice (out of memory?)"


def cores() -> int:
    """Return the number of cores this process may use."""
    return joblib.cpu_count()


def in_processes(
    function: Callable[[Work], Found], works: Sequence[Work], jobs: int
) -> Generator[tuple[int, Found | WorkerDied]]:
    """Yield (index, result) of every work as each finishes, in no fixed order; `execute` says more."""
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
            with closing(_parallel(function, works, waiting, jobs, handed)) as results:
                for index, found in results:
                    handed.discard(index)
                    waiting.remove(index)
                    yield index, found
        except BrokenProcessPool:
            # Any of these may have been the end of the worker; all but it succeed now.
            for index in sorted(handed):
                waiting.remove(index)
                yield index, _alone(function, works[index])


def _parallel(
    function: Callable[[Work], Found], works: Sequence[Work], indices: Sequence[int], jobs: int, handed: set[int]
) -> Generator[tuple[int, Found]]:
    """Yield results as they come; `handed` collects every work that goes out to a worker."""
    here = Path.cwd()

    def calls() -> Iterator[Any]:
        for index in list(indices):
            handed.add(index)
            yield joblib.delayed(_in_worker)(function, works[index], index, here)

    with _loky():
        parallel = joblib.Parallel(n_jobs=min(jobs, len(works)), return_as="generator_unordered", batch_size=1)
        results: Any = parallel(calls())
        try:
            # Not `yield from`, which would close them outside of what follows.
            for found in results:  # noqa: UP028
                yield found
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that what is broken off is not done
                results.close()


def _loky() -> Any:
    """Return joblib's settings for workers of one thread that share arrays and end with this process.

    Raises:
        EnvironmentFailure: the system has no locks that processes share; joblib would go on in threads.

    """
    if getattr(joblib.parallel, "mp", joblib) is None:
        raise EnvironmentFailure(NO_LOCKS)
    settings: dict[str, Any] = {"initializer": watch.end_with, "initargs": (os.getpid(),)}
    return joblib.parallel_config(backend="loky", inner_max_num_threads=1, mmap_mode="c", **settings)


def _in_worker(function: Callable[[Work], Found], work: Work, index: int, folder: Path) -> tuple[int, Found]:
    # A worker outlives one screening and may have been started elsewhere: relative paths are the caller's.
    with chdir(folder), one_thread():
        return index, function(work)


def _alone(function: Callable[[Work], Found], work: Work) -> Found | WorkerDied:
    try:
        # Two workers, one work: joblib would run a single job in this process, which has to survive.
        with _loky():
            results = joblib.Parallel(n_jobs=2)([joblib.delayed(_in_worker)(function, work, 0, Path.cwd())])
    except BrokenProcessPool:
        return WorkerDied()
    found: Found = results[0][1]
    return found
