"""Every error as one message on stderr and its exit code."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import typer

from lyapscreen.cli import messages, python_warnings
from lyapscreen.cli.delivery import STDERR, STDOUT, abandon
from lyapscreen.errors import EnvironmentFailure, ExitCode, LyapscreenError, SettingError
from lyapscreen.report import console
from lyapscreen.spec.out_of_memory import is_out_of_memory

OUT_OF_MEMORY = (
    b"error: the memory ran out. Allow more, or ask for less: fewer --jobs, a smaller --memory, a smaller model.\n"
)
"""Ready to be written: once it is needed there may be no room to make it."""


class Terminated(BaseException):
    """SIGTERM arrived; a BaseException so that no handler between here and there swallows it."""


@contextmanager
def errors_reported(*, debug: bool) -> Iterator[None]:
    """Turn every error into one message on stderr and its exit code; `debug` shows the traceback first."""
    with _Signals() as signals:
        try:
            with messages.every_notice(shown=debug), python_warnings.reported():
                yield
        except typer.Exit:
            raise
        except (BrokenPipeError, SystemExit):
            abandon(STDOUT)  # the reader of stdout (`| head`) has seen enough
            raise typer.Exit(ExitCode.DONE) from None
        except BaseException as error:
            if debug and not isinstance(error, KeyboardInterrupt):
                from traceback import format_exception

                for line in "".join(format_exception(error)).splitlines():
                    console.message(line)
            raise typer.Exit(report(error, signals.arrived)) from None


def report(error: BaseException, arrived: int | None = None) -> int:
    """Write what became of the command to stderr, and return its exit code.

    Args:
        error: what ended it.
        arrived: a signal that came before: what it raised may have been made another error on its way, as
            TorchScript does.

    """
    named = isinstance(error, EnvironmentFailure)  # it says already what ran out
    if not named and is_out_of_memory(error) and arrived is None:
        with suppress(OSError):
            os.write(STDERR, OUT_OF_MEMORY)
        return ExitCode.ENVIRONMENT
    text, code = _message(error, arrived)
    console.message(text)
    return code


def _message(error: BaseException, arrived: int | None) -> tuple[str, int]:
    # What a run directory keeps stands in the error's notes.
    kept = "; ".join(getattr(error, "__notes__", []))
    if isinstance(error, KeyboardInterrupt) or arrived == signal.SIGINT:
        return f"interrupted: {kept or 'nothing was written'}", ExitCode.INTERRUPTED
    if isinstance(error, Terminated) or arrived == signal.SIGTERM:
        return f"terminated: {kept or 'nothing was written'}", ExitCode.TERMINATED
    if isinstance(error, SettingError):
        return f"error: {error.message(messages.as_flag(error.setting))}", error.exit_code
    more = f" {kept[:1].upper()}{kept[1:]}" if kept else ""
    if isinstance(error, LyapscreenError):
        return f"error: {error}{more}", error.exit_code
    if isinstance(error, OSError):
        what = error.strerror or str(error) or type(error).__name__
        where = f" ({error.filename})" if error.filename else ""
        return f"error: the system refused what was asked of it: {what}{where}.{more}", ExitCode.ENVIRONMENT
    first = str(error).partition("\n")[0]
    text = f"internal error: {type(error).__name__}: {first}. This is a bug in lyapscreen; --debug shows where."
    return text, ExitCode.INTERNAL


class _Signals:
    """Answers SIGTERM and Ctrl-C while a command runs, remembers what came, and leaves the handlers as they were."""

    def __init__(self) -> None:
        self.arrived: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Signals:
        handlers = {signal.SIGTERM: self._terminate}
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            handlers[signal.SIGINT] = self._interrupt
        for number, handler in handlers.items():
            try:
                self._before[number] = signal.signal(number, handler)
            except ValueError:  # not in the main thread, to which no signal goes either
                break
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            # None stands for a handler that Python has not set and cannot set again.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _terminate(self, number: int, _frame: FrameType | None) -> None:
        self.arrived = number
        raise Terminated

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self.arrived = number
        raise KeyboardInterrupt
