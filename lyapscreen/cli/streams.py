"""The standard streams: closed ones, full ones, and readers that have seen enough; and the exit code over all that."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from lyapscreen.cli import failures
from lyapscreen.cli.delivery import STDERR, STDOUT, abandon
from lyapscreen.errors import ExitCode
from lyapscreen.report import console

STDIN = 0


def run(command: Callable[[], object]) -> int:
    """Run a command line and return its exit code, whatever becomes of the streams.

    A stdout that nobody reads to its end changes no exit code; one that cannot be written to makes it 5.
    """
    try:
        closed = _opened()
    except OSError as error:  # not even a file more may be opened
        return failures.report(error)
    if closed:
        console.message("error: stdout is closed, and results go there. Send them to a file or to /dev/null.")
        return ExitCode.ENVIRONMENT
    try:
        command()
        code = int(ExitCode.DONE)
    except SystemExit as end:
        code = int(end.code) if isinstance(end.code, int) else int(end.code is not None)
    except BrokenPipeError:
        abandon(STDOUT)
        code = int(ExitCode.DONE)
    except BaseException as error:
        code = failures.report(error)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        abandon(STDOUT)
    except (OSError, ValueError) as error:
        abandon(STDOUT)
        if code != ExitCode.ENVIRONMENT:
            code = failures.report(error)
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        abandon(STDERR)
    return code


def _opened() -> bool:
    """See to it that the three streams are there, so that no file takes their place; return whether stdout was not."""
    closed = sys.stdout is None
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return False
    # Python leaves out what was closed; the lowest free number is what a file gets that is opened next.
    while (number := os.open(os.devnull, os.O_RDWR)) <= STDERR:
        os.set_inheritable(number, True)
    os.close(number)
    if sys.stdin is None:
        sys.stdin = open(STDIN, closefd=False)  # noqa: SIM115  it is the process's own
    if sys.stderr is None:
        sys.stderr = open(STDERR, "w", closefd=False)  # noqa: SIM115
    return closed
