"""What a command shows on stderr while it works: a spinner with what happens, and one bar for the whole run."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lyapscreen.report import console
from lyapscreen.report.text.characters import one_line

if TYPE_CHECKING:
    from lyapscreen.execution import Workers
    from lyapscreen.screening.plan import Plan
    from lyapscreen.screening.rung import Progress

EVERY = 30.0
"""Seconds between two lines where stderr is no terminal."""

Counter = Callable[[int, int], None]
"""Called with how much of some work is done, and how much there is."""


@dataclass
class Display:
    """What is known of a command's work; what shows it reads it."""

    phase: str = "starting"
    """What happens now."""
    fastest: str = ""
    """Who learns fastest so far."""
    share: float | None = None
    """Of all optimizer steps how many are done, 0 to 1; None until it is known how many there are. It never falls."""
    started: float = field(default_factory=time.monotonic)
    _shown: Callable[[Display], None] = lambda _: None
    _done: int = 0
    _expected: int = 0
    _of_rung: int = 0
    _lowest: float = float("inf")

    def now(self, phase: str) -> None:
        """Say what happens from now on."""
        self.phase = one_line(phase)
        self._shown(self)

    def expect(self, steps: int) -> None:
        """Say how many optimizer steps of single candidates the whole run has, as far as it is known."""
        self._expected = steps
        self._to(0)

    def begin(self, plan: Plan, workers: Workers, further: int = 0) -> None:
        """Say that probing begins, and how many optimizer steps follow the probes."""
        self.expect(plan.steps + further)
        processes = plan.processes(workers)
        self.now(f"starting {processes} workers" if processes > 1 else "probing")

    def probes(self, progress: Progress) -> None:
        """Take what a screening reports: at the start of every rung, and after every batch."""
        plan, rung = progress.plan, progress.plan.rungs[progress.rung]
        if not progress.results:
            self._lowest, self.fastest, self._of_rung = float("inf"), "", 0  # at another length exponents are others
            self._expected = max(self._expected, self._done + progress.candidates * rung.steps + progress.steps_left)
        for result in progress.results:
            effective, configuration = result.final.effective, result.candidate.configuration
            asked = configuration.lr in plan.spec.lr
            if result.final.regime == "converging" and effective is not None and asked and effective < self._lowest:
                from lyapscreen.results.naming import abbreviated

                self._lowest, self.fastest = effective, one_line(f"fastest: {abbreviated(configuration)}")
        self._of_rung += len(progress.results)
        if progress.results:
            of_rungs = f"rung {progress.rung + 1} of {len(plan.rungs)}: " if len(plan.rungs) > 1 else ""
            self.phase = f"{of_rungs}{self._of_rung} of {progress.candidates} probed"
        # Who diverged has no steps left to do: they count as done.
        self._to(self._done + len(progress.results) * rung.steps)

    def counted(self, what: str, of_what: str, steps: int) -> Counter:
        """Return what takes reports of other work, each part of which takes so many steps: `what: 3 of 10 of_what`."""
        self.fastest = ""
        base = self._done
        self.now(what)

        def observe(done: int, of: int) -> None:
            nonlocal base
            if done == 0:
                base = self._done
            self._expected = max(self._expected, base + of * steps)
            self.phase = one_line(f"{what}: {done} of {of} {of_what}")
            self._to(base + done * steps)

        return observe

    def line(self) -> str:
        """Return all of it as one line."""
        if self.share is None:
            return self.phase
        passed = time.monotonic() - self.started
        left = f", about {_long(passed * (1 / self.share - 1))} left" if self.share > 0 else ""
        return f"{self.phase}, {self.share:.0%} of the steps{left}{', ' if self.fastest else ''}{self.fastest}"

    def _to(self, done: int) -> None:
        self._done = done
        self.share = max(self.share or 0.0, min(1.0, done / max(1, self._expected)))
        self._shown(self)


@contextmanager
def shown(*, quiet: bool, every: float = EVERY) -> Iterator[Display]:
    """Show a display while a command works: alive on a terminal, as a line now and then elsewhere.

    Args:
        quiet: show nothing.
        every: seconds between two lines.

    """
    if quiet:
        yield Display()
    elif sys.stderr.isatty():
        with _alive() as show:
            display = Display(_shown=show)
            show(display)
            yield display
    else:
        with _lines(every) as display:
            yield display


@contextmanager
def _alive() -> Iterator[Callable[[Display], None]]:
    """Yield what updates a spinner and a bar, which go when the work is done."""
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    # Together they fit 80 columns, the longest names apart.
    columns = (
        SpinnerColumn(), TextColumn("{task.fields[phase]}", markup=False), BarColumn(bar_width=12),
        TimeRemainingColumn(compact=True), TextColumn("{task.fields[fastest]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=console.stderr(), transient=True) as bar:
        task = bar.add_task("", total=None, phase="", fastest="")

        def show(display: Display) -> None:
            known = display.share is not None
            bar.update(
                task, total=1.0 if known else None, completed=display.share or 0.0, phase=display.phase,
                fastest=display.fastest,
            )  # fmt: skip

        yield show


@contextmanager
def _lines(every: float) -> Iterator[Display]:
    """Yield a display that a thread writes a line of now and then."""
    display, ended = Display(), threading.Event()

    def write() -> None:
        while not ended.wait(every):
            console.message(f"progress: {display.line()}")

    thread = threading.Thread(target=write, name="lyapscreen-progress", daemon=True)
    thread.start()
    try:
        yield display
    finally:
        ended.set()
        thread.join()


def _long(seconds: float) -> str:
    """Return a time as one says it.

    >>> _long(40), _long(400), _long(8000)
    ('40 s', '7 min', '2.2 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
