"""Where batches run: which engines there are, and the one a screening asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from importlib.util import find_spec
from typing import Any, TypeVar

from lyapscreen.errors import SettingError
from lyapscreen.execution.cluster import Cluster
from lyapscreen.execution.local import WorkerDied, in_processes
from lyapscreen.execution.warned import Recorded, issue
from lyapscreen.spec.parsing import within

Work = TypeVar("Work")
Found = TypeVar("Found")

LOCAL = "loky"

NEEDED = {"dask": "distributed", "ray": "ray"}
"""The engines of many machines, and the module each is made of; the extra has the engine's name."""

BACKENDS = (LOCAL, *NEEDED)

Workers = int | Cluster | None
"""What batches run on: so many processes here, a cluster, or processes here as the work there is asks for."""


def job_count(jobs: object) -> int | None:
    """Read `--jobs`: a number of worker processes, or None to choose by the work there is.

    Raises:
        SettingError: not a whole number from 1 to 4096.

    """
    if jobs is None:
        return None
    return within("jobs", jobs, 1, 4096, "Write 1, or leave jobs out to use all cores")


def engine(
    jobs: object = None, backend: str | None = None, address: str | None = None
) -> AbstractContextManager[Workers]:
    """Return what batches will run on, to be entered: a cluster is connected to then, and left at the end.

    Args:
        jobs: worker processes; with an address, how many batches the cluster is given at a time.
        backend: one of `BACKENDS`, None is the first.
        address: of a cluster that runs already; None starts one here, of `jobs` processes or one a core.

    Raises:
        SettingError: there is no such backend, its extra is not installed, or `address` comes without a cluster.
        EnvironmentFailure: on entering; nobody answers at the address, or its workers cannot take part.

    """
    count, name = job_count(jobs), backend or LOCAL
    if name not in BACKENDS:
        raise SettingError("backend", backend, "there is no such backend", f"Write one of {', '.join(BACKENDS)}")
    if name == LOCAL:
        if address is not None:
            rule = "workers on this machine have no address"
            raise SettingError("address", address, rule, "Add --backend dask or --backend ray, or leave address out")
        return nullcontext(count)
    if find_spec(NEEDED[name]) is None:
        rule = f"it needs {NEEDED[name]}, which is not installed"
        raise SettingError("backend", name, rule, f"Run pip install 'lyapscreen[{name}]'")
    if name == "dask":
        from lyapscreen.execution.dask import Dask

        return Dask(address, count)
    from lyapscreen.execution.ray import Ray

    return Ray(address, count)


def execute(
    function: Callable[[Work], Found], works: Sequence[Work], jobs: int | Cluster
) -> Iterator[tuple[int, Found | WorkerDied]]:
    """Yield (index, result) of every work as each finishes, in no fixed order.

    Each process computes with one torch thread, so that a result does not depend on `jobs`. When a worker is
    killed, what had been handed out runs once more, each work alone; killed again, it yields `WorkerDied`.
    The rest goes on as before. A warning of a worker's is issued here.

    Raises:
        EnvironmentFailure: the cluster went away, or has no worker left.

    """
    if not isinstance(jobs, Cluster) and min(jobs, len(works)) <= 1:
        yield from in_processes(function, works, jobs)
        return
    recorded, issued = Recorded(function), dict[Any, Any]()
    found = jobs.execute(recorded, works) if isinstance(jobs, Cluster) else in_processes(recorded, works, jobs)
    with closing(found):
        for index, one in found:
            if isinstance(one, WorkerDied):
                yield index, one
            else:
                issue(one[1], issued)
                yield index, one[0]
