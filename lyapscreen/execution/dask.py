"""Batches on a Dask cluster: one that runs already, or one of worker processes on this machine."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.metadata import version
from types import TracebackType
from typing import Any

import cloudpickle
import dask
import distributed
from distributed.comm import connect
from distributed.security import Security

from lyapscreen.errors import EnvironmentFailure, SettingError
from lyapscreen.execution import dask_worker, watch, worker
from lyapscreen.execution.cluster import ANSWER_WITHIN, WORKERLESS, Cluster, Lost, first_line
from lyapscreen.execution.worker import Sent

LARGE = {"distributed.admin.large-graph-warning-threshold": "1TiB"}
"""What travels once may be large: Dask warns of 10 MB because most send such with every task."""

OURS = {"distributed.scheduler.allowed-failures": 0, "distributed.worker.profile.enabled": False}
"""For a cluster of our own: a killed worker is reported at once, and its work runs once more alone, as with loky; no
profiler looks at a worker a hundred times a second, which costs four percent."""

DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
"""Run by workers of our own as they start: a Ctrl-C reaches them too, and is for the caller alone to answer."""

SILENT = 30
"""Seconds after which a scheduler that says nothing counts as failed."""

ENDED_AT_ONCE = 64
"""Exit code of a worker whose import of the caller's script would start workers again."""

UNGUARDED = (
    "Dask workers cannot be started on this machine: they ended at once. Each of them imports the script that starts "
    'them, so a script makes this call under `if __name__ == "__main__":` alone.'
)

GOODBYE = 3
"""Seconds that workers and scheduler are given to end."""


class Dask(Cluster):
    """The workers of a Dask scheduler, of one thread each."""

    dumps = staticmethod(cloudpickle.dumps)

    def __init__(self, address: str | None, jobs: int | None) -> None:
        super().__init__(address, jobs)
        self._client: Any = None
        self._cluster: Any = None
        self._logged: dict[str, int] = {}
        self._seen = 0.0

    def count(self) -> int:
        """Return how many workers the scheduler has."""
        return len(self._workers())

    def begin(self) -> None:
        """Connect to the address, or start a scheduler and workers here, unless that is done."""
        if self._client is not None:
            return
        # What Dask has to say of lost workers and connections we say ourselves, where it matters.
        self._logged = _levels()
        for name in self._logged:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if self.address is None:
            self._start()
        else:
            self._connect(self.address)
        self._seen = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; one that was started here ends."""
        with suppress(Exception):  # who leaves does not mind that the others have ended
            if self._client is not None:
                self._client.close(timeout=GOODBYE)
        with suppress(Exception):
            if self._cluster is not None:
                if error is not None:
                    self._kill()
                self._cluster.close(timeout=GOODBYE)
        self._client = self._cluster = None
        for name, level in self._logged.items():
            logging.getLogger(name).setLevel(level)

    def send(self, sent: Sent) -> Any:
        """Give the scheduler what every batch needs, as a task: unlike scattered data, it outlives any worker."""
        with dask.config.set(LARGE), self._answering():
            return self._client.submit(dask_worker.itself, sent, key=sent.key)

    def submit(self, sent: Any, work: object, done: Callable[[Any], None]) -> Any:
        """Hand out one work and return its future; `done` is called with it when it has ended."""
        with dask.config.set(LARGE), self._answering():
            future = self._client.submit(dask_worker.run, sent, work, pure=False)
            future.add_done_callback(done)
        return future

    def result(self, future: Any) -> Any:
        """Return the result of a future that has ended: the scheduler is asked for it, and may have fallen silent."""
        while True:
            try:
                return future.result(timeout=SILENT)
            except distributed.KilledWorker as killed:
                raise Lost(str(killed)) from killed
            except (CancelledError, OSError) as error:
                reason = self.ailing()
                if reason is None and isinstance(error, TimeoutError) and future.status == "finished":
                    continue  # it is large, and on its way
                raise EnvironmentFailure(reason or self._failure(f"the work was dropped: {error}")) from error

    def cancel(self, futures: Sequence[Any]) -> None:
        """Have the cluster drop what it has not done yet."""
        with suppress(Exception):  # the cluster may have failed
            self._client.cancel(list(futures), force=True)

    def ailing(self) -> str | None:
        """Say why no more results are to be expected."""
        try:
            if self._client.status != "running":
                return self._failure("the connection to the scheduler was lost")
            alive = bool(self._asked(1)["workers"])
        except Exception as error:
            return self._failure(f"the scheduler does not answer: {first_line(error)}")
        if alive:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > WORKERLESS:
            return self._failure(f"it has had no worker for {WORKERLESS:.0f} s")
        return None

    def _start(self) -> None:
        """Start worker processes here; how much memory they take is the machine's business, as with loky."""
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise SystemExit(ENDED_AT_ONCE)  # a worker that imports the script: who started it says what is wrong
        try:
            with dask.config.set(OURS):
                self._cluster = distributed.LocalCluster(
                    n_workers=self.size, threads_per_worker=1, memory_limit=0, host="127.0.0.1",
                    dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL, preload=[DEAF],
                )  # fmt: skip
            self._client = distributed.Client(self._cluster, set_as_default=False)
        except (OSError, RuntimeError) as error:
            if "Nanny" in str(error):  # what Dask knows of a worker that ended is no more than that
                raise EnvironmentFailure(UNGUARDED) from None
            raise EnvironmentFailure(f"Dask workers cannot be started on this machine: {first_line(error)}.") from error

    def _kill(self) -> None:
        """End workers of our own in the middle of a batch; asked to leave, they would finish it, and complain."""
        for nanny in self._cluster.workers.values():
            nanny.auto_restart = False
            with suppress(ProcessLookupError):
                os.kill(nanny.pid, watch.FATAL)

    def _connect(self, address: str) -> None:
        try:
            # Before there is a client, which has no end of patience with whoever accepts it and says nothing.
            with ThreadPoolExecutor(1) as aside:  # in a notebook this thread has a running loop
                aside.submit(asyncio.run, _answers(address)).result()
            self._client = distributed.Client(address, timeout=ANSWER_WITHIN, set_as_default=False)
        except ValueError as error:
            fix = "Write tcp://HOST:PORT, as the scheduler prints when it starts"
            raise SettingError("address", address, f"it is not an address ({first_line(error)})", fix) from error
        except Exception as error:
            raise EnvironmentFailure(
                f"no Dask scheduler answers at --address {address} ({first_line(error)}). "
                "Start one with `dask scheduler`, or leave out --address to use workers on this machine."
            ) from error
        try:
            self._client.wait_for_workers(1, timeout=ANSWER_WITHIN)
        except TimeoutError as error:
            fix = f"Start some with `dask worker {address} --nthreads 1`"
            raise EnvironmentFailure(f"the scheduler at {address} has no workers. {fix}.") from error
        self._require_alike()

    def _require_alike(self) -> None:
        """Look at every worker before the work; what is asked of them they know without lyapscreen."""
        found = {name: self._client.run(version, name, on_error="return") for name in worker.ALIKE}
        pythons = self._client.run(platform.python_version, on_error="return")
        for address, about in self._workers().items():
            name, threads = dask_worker.name_of(about["name"], address), about["nthreads"]
            if address not in pythons:
                continue  # it came or went in between: every batch looks again
            has = {package: _text(answers.get(address)) for package, answers in found.items()}
            worker.require_alike(name, {**has, "python": worker.minor(pythons[address])}, worker.versions())
            dask_worker.require_one_thread(name, threads)

    def _workers(self) -> dict[str, Any]:
        workers: dict[str, Any] = self._asked(-1)["workers"]
        return workers

    def _asked(self, workers: int) -> dict[str, Any]:
        """Return what the scheduler says of itself and of so many workers (-1: all), within a time."""
        answer: dict[str, Any] = self._client.sync(
            self._client.scheduler.identity, n_workers=workers, callback_timeout=SILENT
        )
        return answer

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OSError, RuntimeError) as error:
            raise EnvironmentFailure(self._failure(first_line(error))) from error

    def _failure(self, reason: str) -> str:
        whose = "started here" if self.address is None else f"at {self.address}"
        return f"the Dask cluster {whose} failed: {reason}."


def _levels() -> dict[str, int]:
    """Return the level of every logger of Dask's: some have one of their own."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] == "distributed"]
    return {name: logging.getLogger(name).level for name in names}


async def _answers(address: str) -> None:
    """Shake hands with a scheduler.

    Raises:
        ValueError: that is not an address.
        OSError: nobody answers within a time.

    """
    # Dask's own limit ends with the connection; it waits for the handshake as long as it takes.
    # TLS is set up as for everything else of distributed: by its configuration, from a file or the environment.
    tls = Security().get_connection_args("client")
    (await asyncio.wait_for(connect(address, timeout=ANSWER_WITHIN, **tls), ANSWER_WITHIN + 1)).abort()


def _text(answer: object) -> str | None:
    """Return a version, or None where the package is not installed."""
    return answer if isinstance(answer, str) else None
