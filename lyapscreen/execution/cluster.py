"""Batches on a cluster, through joblib: what Dask and Ray have in common."""

from __future__ import annotations

import sys
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import joblib
from joblib._parallel_backends import ParallelBackendBase

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution.local import WorkerDied, cores
from lyapscreen.execution.worker import Sent

Work = TypeVar("Work")
Found = TypeVar("Found")

LOOK_EVERY = 1.0
"""Seconds between two looks at whether the cluster is still there."""

ANSWER_WITHIN = 10.0
"""Seconds in which an address has to answer, and a cluster that is asked for the first time has to have a worker."""

WORKERLESS = 60.0
"""Seconds that a cluster may be without any worker in the middle of the work: as long as it takes to start new ones."""


class Lost(Exception):  # noqa: N818  it is no error to the caller: the work runs again
    """A work whose worker was killed more often than the cluster allows."""


def first_line(error: BaseException) -> str:
    r"""Return the beginning of what an engine says of an error, to stand in a sentence of ours.

    >>> first_line(OSError("no route to host.\nTraceback ...")), first_line(TimeoutError())
    ('no route to host', 'TimeoutError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")


class Cluster(ABC):
    """Workers that are processes of their own, here or on other machines: a context manager.

    Args:
        address: of a cluster that runs; None has one started here when the first work is there.
        jobs: worker processes to start; with an address, most batches that it is given at a time.

    """

    def __init__(self, address: str | None, jobs: int | None) -> None:
        """Keep what is asked for; nothing is connected to, or started, before the cluster is entered."""
        self.address, self.jobs = address, jobs
        self.connected = False

    dumps: Callable[[object], bytes]
    """Pickles whatever a worker of this engine can open."""

    @property
    def size(self) -> int:
        """Batches that are worked on at a time."""
        if self.address is None:
            return self.jobs or cores()
        if not self.connected:
            return self.jobs or 1  # nobody is asked: one is the least that there can be
        workers = max(1, self.count())
        return workers if self.jobs is None else min(self.jobs, workers)

    @abstractmethod
    def count(self) -> int:
        """Return how many workers the cluster at the address has."""

    def execute(
        self, function: Callable[[Work], Found], works: Sequence[Work]
    ) -> Generator[tuple[int, Found | WorkerDied]]:
        """Yield (index, result) of every work as each finishes; `lyapscreen.execution.execute` says more."""
        if not works:
            return
        self.begin()
        sent = self.send(Sent.of(function, self.dumps))
        lost = []
        for index, found in self._parallel(sent, works, range(len(works))):
            if isinstance(found, Lost):
                lost.append(index)
            else:
                yield index, found
        # A worker takes with it what waits there as well; alone, a work answers for itself.
        for index in sorted(lost):
            for _, found in self._parallel(sent, works, [index]):
                yield index, WorkerDied() if isinstance(found, Lost) else found

    def __enter__(self) -> Self:
        """Connect if there is an address; without one, the cluster starts with the first work."""
        if self.address is not None:
            try:
                self.begin()
                self.connected = True
            except BaseException:
                self.__exit__(*sys.exc_info())  # nobody else does, for what was never entered
                raise
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; one that was started here ends."""

    @abstractmethod
    def begin(self) -> None:
        """Connect, or start the cluster, unless that is done; refuse workers that cannot take part."""

    @abstractmethod
    def send(self, sent: Sent) -> Any:
        """Give the cluster what every batch needs, once; return what stands for it there."""

    @abstractmethod
    def submit(self, sent: Any, work: object, done: Callable[[Any], None]) -> Any:
        """Hand out one work and return its future; `done` is called with it, in any thread, when it has ended."""

    @abstractmethod
    def result(self, future: Any) -> Any:
        """Return the result of a future that has ended.

        Raises:
            Lost: its worker was killed too often.
            EnvironmentFailure: the cluster dropped it.

        """

    @abstractmethod
    def cancel(self, futures: Sequence[Any]) -> None:
        """Have the cluster drop what it has not done yet."""

    @abstractmethod
    def ailing(self) -> str | None:
        """Say why no more results are to be expected, None as long as they are; asked every `LOOK_EVERY`."""

    def _parallel(self, sent: Any, works: Sequence[Work], indices: Sequence[int]) -> Iterator[tuple[int, Any]]:
        backend = _Backend(self, sent)
        # A worker finds its next batch beside it; a share of somebody's cluster is that share and no more.
        most = 2 * self.size if self.address is None or self.jobs is None else self.jobs
        jobs = max(2, self.size)  # with one, joblib would not hand out anything
        parallel = joblib.Parallel(
            n_jobs=jobs, backend=backend, return_as="generator_unordered", batch_size=1, pre_dispatch=most
        )
        results: Any = parallel(joblib.delayed(_named)(index, works[index]) for index in indices)
        try:
            # Not `yield from`, which would close them outside of what follows.
            for found in results:  # noqa: UP028
                yield found
        finally:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # that what a Ctrl-C leaves undone is not done
                results.close()


def _named(index: int, work: object) -> tuple[int, object]:
    """Stand for a call in joblib's queue; the backend takes it apart again."""
    return index, work


class _Backend(ParallelBackendBase):
    """joblib's door to a cluster.

    joblib has one for Dask, but calls back for results only: where a worker was killed too often, or the
    scheduler went away, it waits for ever (joblib 1.6, _dask.py). This one tells of every end, for every engine.
    """

    supports_retrieve_callback = True
    supports_sharedmem = False

    def __init__(self, cluster: Cluster, sent: Any) -> None:
        super().__init__()
        self._cluster, self._sent = cluster, sent
        self._pending: dict[int, tuple[Callable[[Any], None], Any]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()

    def effective_n_jobs(self, n_jobs: int) -> int:
        return n_jobs

    def start_call(self) -> None:
        threading.Thread(target=self._watch, name="lyapscreen-watch", daemon=True).start()

    def stop_call(self) -> None:
        self._over.set()

    def submit(self, func: Any, callback: Callable[[Any], None]) -> Any:  # type: ignore[override]
        ((_, (index, work), _),) = func.items
        with self._lock:
            self._pending[index] = callback, None
        try:
            future = self._cluster.submit(self._sent, work, lambda future: self._ended(index, future))
        except EnvironmentFailure as failure:
            self._ended(index, failure)
            return None
        with self._lock:
            if index in self._pending:
                self._pending[index] = callback, future
        return future

    def retrieve_result_callback(self, ended: tuple[int, Any]) -> list[tuple[int, Any]]:  # type: ignore[override]
        index, future = ended
        if isinstance(future, EnvironmentFailure):
            raise future
        try:
            return [(index, self._cluster.result(future))]
        except Lost as lost:
            return [(index, lost)]

    def abort_everything(self, ensure_ready: bool = True) -> None:  # noqa: ARG002  joblib's signature
        with self._lock:
            futures = [future for _, future in self._pending.values() if future is not None]
            self._pending.clear()
        self._cluster.cancel(futures)

    def _ended(self, index: int, future: Any) -> None:
        with self._lock:
            callback, _ = self._pending.pop(index, (None, None))
        if callback is not None:
            callback((index, future))

    def _watch(self) -> None:
        """End all that is pending once the cluster has failed."""
        while not self._over.wait(LOOK_EVERY):
            reason = self._cluster.ailing()
            if reason is not None:
                for index in list(self._pending):
                    self._ended(index, EnvironmentFailure(reason))
                return
