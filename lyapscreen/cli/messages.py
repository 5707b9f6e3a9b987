"""What is written to stderr while a command runs: notices, warnings and live progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from lyapscreen.report import console

if TYPE_CHECKING:
    from lyapscreen.screening.rung import Observer, Progress


MOST_NOTICES = 5
"""Notes that are read by a person; `--debug` shows all."""

_every_notice: ContextVar[bool] = ContextVar("_every_notice", default=False)
"""Whether the command that runs shows all notes."""


@contextmanager
def every_notice(*, shown: bool) -> Iterator[None]:
    """Show all notes inside, or the first few."""
    before = _every_notice.set(shown)
    try:
        yield
    finally:
        _every_notice.reset(before)


def every_notice_is_shown() -> bool:
    """Tell whether the command that runs shows all notes."""
    return _every_notice.get()


def notices(texts: Iterable[str]) -> None:
    """Write what a person should know of how their input was read: the first few, with `--debug` all."""
    every = list(texts)
    most = len(every) if every_notice_is_shown() else MOST_NOTICES
    if len(every) > most:
        more = len(every) - most + 1
        every = [*every[: most - 1], f"{more} more; --debug shows all"]
    for text in every:
        console.message(f"note: {text}")


def warnings(texts: Iterable[str]) -> None:
    """Write what a person should look at before trusting the result."""
    for text in texts:
        console.message(f"warning: {text}")


def as_flag(setting: str) -> str:
    """Name a setting as one types it: `--batch-size`, and `--sweep momentum=` before the values of an axis."""
    name, dot, axis = setting.partition(".")
    return f"--{name.replace('_', '-')}{f' {axis}=' if dot else ''}"


@contextmanager
def progress(*, quiet: bool) -> Iterator[Observer | None]:
    """Show candidates and steps done, the time left and who learns fastest so far while batches finish.

    Nothing is shown when stderr is not a terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from lyapscreen.report.text.characters import one_line
    from lyapscreen.results.naming import abbreviated

    # Together they fit 80 columns, the longest names apart.
    columns = (
        BarColumn(bar_width=8), TextColumn("{task.fields[done]}/{task.fields[of]} candidates,", markup=False),
        TextColumn("{task.completed:.0f} steps,", markup=False), TimeRemainingColumn(compact=True),
        TextColumn("{task.fields[fastest]}", markup=False),
    )  # fmt: skip
    with Bar(*columns, console=console.stderr(), transient=True) as bar:
        task = bar.add_task("", total=None, done=0, of=0, fastest="")
        lowest, asked = float("inf"), frozenset[float]()

        def observe(progress: Progress) -> None:
            nonlocal lowest, asked
            rung = progress.plan.rungs[progress.rung]
            if not progress.results:
                lowest = float("inf")  # at another length exponents are others
                asked = frozenset(progress.plan.spec.lr)
                steps = bar.tasks[0].completed + progress.candidates * rung.steps + progress.steps_left
                bar.update(task, total=steps, done=0, of=progress.candidates, fastest="")
            done = bar.tasks[0].fields["done"] + len(progress.results)
            # Who diverged has no steps left to do: the bar counts them as done.
            bar.update(task, advance=len(progress.results) * rung.steps, done=done)
            for result in progress.results:
                effective, configuration = result.final.effective, result.candidate.configuration
                if result.final.regime != "converging" or effective is None or configuration.lr not in asked:
                    continue
                if effective < lowest:
                    lowest = effective
                    bar.update(task, fastest=one_line(f"fastest: {abbreviated(configuration)}"))

        yield observe


@contextmanager
def watched(what: str, of_what: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Show how much of some work is done, as `what: 3 of 10 of_what`; nothing where stderr is no terminal."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.text import Text

    with console.stderr().status(Text(what)) as status:
        yield lambda done, of: status.update(Text(f"{what}: {done} of {of} {of_what}"))
