"""Runs batches in worker processes, here or on a cluster; the only package that knows joblib."""

from lyapscreen.execution.cluster import Cluster
from lyapscreen.execution.engines import BACKENDS, Workers, engine, execute, job_count
from lyapscreen.execution.local import WorkerDied, cores
from lyapscreen.execution.shared_arrays import shared
from lyapscreen.execution.threads import one_thread

__all__ = [
    "BACKENDS", "Cluster", "WorkerDied", "Workers", "cores", "engine", "execute", "job_count", "one_thread", "shared",
]  # fmt: skip
