"""Python's warnings while a command runs: each once, as one line of text; old spellings of ours as ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lyapscreen.cli import messages
from lyapscreen.errors import OldSpelling


@contextmanager
def reported() -> Iterator[None]:
    """Write each warning once: those of libraries and of the user's own code as Python does, but as one line.

    Which are shown is decided by Python's own filters (`python -W`). A model that warns at every step with another
    number is not let fill the screen: the first few are shown, with `--debug` all.
    """
    shown = set[str]()
    foreign = 0

    def show(message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
        nonlocal foreign
        ours = issubclass(category, OldSpelling)
        text = f"{message}." if ours else f"{_short(filename)}:{lineno}: {category.__name__}: {message}"
        if text in shown:
            return
        shown.add(text)
        foreign += not ours
        if ours or foreign <= messages.MOST_NOTICES or messages.every_notice_is_shown():
            messages.warnings([text])

    with warnings.catch_warnings():
        warnings.simplefilter("always", OldSpelling)
        warnings.showwarning = show  # type: ignore[assignment]
        try:
            yield
        finally:
            more = foreign - messages.MOST_NOTICES
            if more > 0 and not messages.every_notice_is_shown():
                messages.notices([f"{more} more warnings of Python code; --debug shows all"])


def _short(file: str) -> str:
    """Return the path of a file as one would type it here."""
    with suppress(OSError, ValueError):  # the folder is no longer there, or the file lies elsewhere
        return str(Path(file).relative_to(Path.cwd()))
    return file
