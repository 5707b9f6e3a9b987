"""A worker ends with the process that started it, however that ended."""

from __future__ import annotations

import os
import signal
import threading
import time

LOOK_EVERY = 0.5
"""Seconds between two looks at whose child this is."""

FATAL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
"""The signal that no process refuses; Windows ends a process by any."""


def end_with(parent: int) -> None:
    """Watch, in a thread, for the process of that id to end, and end this one then at once.

    A worker alone does not notice: it holds both ends of the pipes to its parent, waits for a lock that another
    worker holds, or writes a result that nobody reads. Whoever is orphaned has another parent; it is asked for rather
    than the kernel's own signal (prctl), which comes already when the thread ends that started the worker.
    """
    threading.Thread(target=_watch, args=(parent,), name="lyapscreen-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    # There is nobody to report to, and clean-up would wait for what will not come: the tracker frees shared memory.
    os.kill(os.getpid(), FATAL)
