"""What is written to stderr while a command runs: notices and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lyapscreen.report import console

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
