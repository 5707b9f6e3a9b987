"""Progress in a notebook: one line under the cell that is rewritten, by IPython alone, without widgets.

A notebook that is run in a browser, by nbclient or exported keeps the last line only. Outside of a notebook, and where
IPython is not installed, nothing is shown.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from lyapscreen.screening.rung import Progress

EVERY = 0.25
"""Seconds between two changes of the line: a browser need not draw more."""


@dataclass
class Line:
    """The line; an observer of probes and of full trainings."""

    handle: Any
    """What IPython's `display` returns, to rewrite what is displayed."""
    begun: float = field(default_factory=time.monotonic)
    shown: float = 0.0
    rung: int = -1
    done: int = 0
    """Candidates of this rung."""

    def __call__(self, progress: Progress) -> None:
        """Show how far the probes are."""
        if progress.rung != self.rung:
            self.rung, self.done = progress.rung, 0
        self.done += len(progress.results)
        rungs = len(progress.plan.rungs)
        rung = f"rung {progress.rung + 1} of {rungs}, " if rungs > 1 else ""
        at_an_end = self.done in (0, progress.candidates)
        self.say(f"{rung}{self.done} of {progress.candidates} candidates probed", now=at_an_end)

    def training(self, done: int, planned: int) -> None:
        """Show how far the full trainings are."""
        self.say(f"{done} of {planned} full trainings done", now=done in (0, planned))

    def say(self, words: str, *, now: bool = True) -> None:
        """Rewrite the line, unless it has just been rewritten and this can wait."""
        time_now = time.monotonic()
        if now or time_now - self.shown >= EVERY:
            self.shown = time_now
            self.handle.update(_plain(f"lyapscreen: {words}, {time_now - self.begun:.0f} s"), raw=True)


def line() -> Line | None:
    """Return a line under the cell that is being run; None outside of a notebook."""
    ipython: Any = sys.modules.get("IPython")  # where code runs in a notebook it is there
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is None:
        return None
    handle = import_module("IPython.display").display(
        _plain("lyapscreen: looking at data and model"), raw=True, display_id=True
    )
    return None if handle is None else Line(handle)


def _plain(words: str) -> dict[str, str]:
    return {"text/plain": words}
