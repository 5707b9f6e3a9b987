"""Batches on a Ray cluster: one that runs already, or one of worker processes on this machine."""

from __future__ import annotations

import logging
import os
import platform
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Any

import ray
from ray import cloudpickle, exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import worker
from lyapscreen.execution.cluster import Cluster, Lost, first_line
from lyapscreen.execution.worker import Sent

KILLED = (
    exceptions.WorkerCrashedError, exceptions.OutOfMemoryError, exceptions.NodeDiedError,
    exceptions.LocalRayletDiedError,
)  # fmt: skip
"""What Ray raises for a worker that was killed."""

SILENT = 60.0
"""Seconds that the result of a work which has ended may take to come here."""


class Ray(Cluster):
    """The workers of a Ray cluster, a core each."""

    dumps = staticmethod(cloudpickle.dumps)

    def __init__(self, address: str | None, jobs: int | None) -> None:
        super().__init__(address, jobs)
        self._entered = False

    def count(self) -> int:
        """Return how many cores the cluster has, a worker each."""
        return int(ray.cluster_resources().get("CPU", 1))

    def begin(self) -> None:
        """Connect to the address, or start workers here, unless that is done."""
        if self._entered:
            return
        quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        ours = signal.getsignal(signal.SIGTERM)
        try:
            if self.address is None:
                os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no network is ever needed
                ray.init(num_cpus=self.size, include_dashboard=False, **quiet)
            else:
                ray.init(address=self.address, **quiet)
        except Exception as error:
            reason = first_line(error)
            if self.address is None:
                raise EnvironmentFailure(f"Ray workers cannot be started on this machine: {reason}.") from error
            raise EnvironmentFailure(
                f"no Ray cluster answers at --address {self.address}: {reason}. Start one with `ray start --head`."
            ) from error
        finally:
            if ours is not None:
                with suppress(ValueError):  # not in the main thread, where Ray takes no signal either
                    signal.signal(signal.SIGTERM, ours)
        self._entered = True
        if self.address is not None:
            self._require_alike()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; one that was started here ends."""
        if self._entered:
            ray.shutdown()
        self._entered = False

    def send(self, sent: Sent) -> Any:
        """Put what every batch needs where all workers of a machine can read it."""
        return ray.put(sent)

    def submit(self, sent: Any, work: object, done: Callable[[Any], None]) -> Any:
        """Hand out one work and return its reference; `done` is called with its future when it has ended."""
        reference = ray.remote(num_cpus=1, max_retries=1)(_run).remote(sent, work)
        reference.future().add_done_callback(done)
        return reference

    def result(self, future: Any) -> Any:
        """Return the result of a future that has ended."""
        try:
            return future.result(timeout=SILENT)
        except TimeoutError as error:
            raise EnvironmentFailure(f"the Ray cluster failed: no result came within {SILENT:.0f} s.") from error
        except KILLED as killed:
            raise Lost(str(killed)) from killed
        except exceptions.RayTaskError as error:
            raise error.cause from error
        except (CancelledError, exceptions.RayError) as error:
            raise EnvironmentFailure(f"the Ray cluster failed: {first_line(error)}.") from error

    def cancel(self, futures: Sequence[Any]) -> None:
        """Have the cluster drop what it has not done yet."""
        for reference in futures:
            with suppress(Exception):  # it may have finished, or the cluster failed
                ray.cancel(reference, force=True)

    def ailing(self) -> str | None:
        """Say why no more results are to be expected."""
        return None if ray.is_initialized() else "the Ray cluster failed: the connection to it was lost."

    def _require_alike(self) -> None:
        """Look at every machine before the work; what is asked of it, it knows without lyapscreen."""
        for node in ray.nodes():
            if not node["Alive"] or not node["Resources"].get("CPU"):
                continue
            there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)

            def ask(function: Callable[..., str], *arguments: str, there: Any = there) -> Any:
                return ray.get(ray.remote(num_cpus=0, scheduling_strategy=there)(function).remote(*arguments))

            has: dict[str, str | None] = {"python": worker.minor(ask(platform.python_version))}
            for package in worker.ALIKE:
                try:
                    has[package] = ask(version, package)
                except PackageNotFoundError:
                    has[package] = None
            worker.require_alike(node["NodeManagerAddress"], has, worker.versions())


def _run(sent: Sent, work: object) -> Any:
    """Run one work in a Ray worker."""
    return worker.run(sent, work, f"{ray.util.get_node_ip_address()} (process {os.getpid()})")
