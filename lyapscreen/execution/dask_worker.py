"""What Dask runs in a worker: a batch, once it is a worker that may run one."""

from __future__ import annotations

from typing import Any

import distributed

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.execution import worker
from lyapscreen.execution.worker import Sent


def itself(sent: Sent) -> Sent:
    """Return what every batch needs: as the result of a task it stays with the cluster."""
    return sent


def run(sent: Sent, work: object) -> Any:
    """Run one work in a Dask worker."""
    here = distributed.get_worker()
    name = name_of(here.name, here.address)
    require_one_thread(name, here.state.nthreads)
    return worker.run(sent, work, name)


def name_of(name: object, address: str) -> str:
    """Return a worker's name with its address."""
    return address if name in (None, address) else f"{name} ({address})"


def require_one_thread(name: str, threads: int) -> None:
    """Refuse a worker that runs batches side by side in one process: they share its number of torch threads."""
    if threads != 1:
        raise EnvironmentFailure(
            f"worker {name} has {threads} threads, but each batch needs a process of its own. "
            f"Start it with `dask worker ADDRESS --nworkers {threads} --nthreads 1`."
        )
