"""Runs batches in worker processes, here or on a cluster; the only package that knows joblib."""

from lyapscreen.execute.cluster import Cluster
from lyapscreen.execute.engines import BACKENDS, Workers, engine, execute, job_count
from lyapscreen.execute.local import WorkerDied, cores
from lyapscreen.execute.threads import one_thread

__all__ = ["BACKENDS", "Cluster", "WorkerDied", "Workers", "cores", "engine", "execute", "job_count", "one_thread"]
