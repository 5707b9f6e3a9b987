"""Results on their way out: who stops reading them does not change the exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

STDOUT, STDERR = 1, 2


@contextmanager
def delivering(code: int) -> Iterator[None]:
    """Give out results whose exit code is decided: a reader who has seen enough (`| head`) does not change it.

    Raises:
        typer.Exit: with that code, where nobody reads stdout any more.

    """
    try:
        yield
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # rich answers a broken pipe with SystemExit, and nothing else of ours raises it.
        abandon(STDOUT)
        raise typer.Exit(code) from None


def abandon(number: int) -> None:
    """Send what is still written to a stream nowhere: Python would complain once more on its way out."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
