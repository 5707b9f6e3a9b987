"""The command in a child process that has everything loaded already: what is tried a hundred times starts at once."""

import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

LONGEST = 60.0
"""Seconds after which a command counts as hanging."""


@dataclass
class Ended:
    """How one command ended."""

    code: int
    """Its exit code; minus the number of the signal that killed it."""
    err: str
    hung: bool = False

    @property
    def traceback(self):
        return "Traceback (most recent call last)" in self.err or "internal error" in self.err


def load():
    """Import whatever a command imports, once."""
    import torch

    import lyapscreen.analysis.validate
    import lyapscreen.cli.streams
    import lyapscreen.data.loading
    import lyapscreen.report.pages.page
    import lyapscreen.results.json_reader
    import lyapscreen.screening.run  # noqa: F401

    torch.set_num_threads(1)


def run(arguments, folder, *, act=lambda pid: None, before=lambda: None, stdin=None):
    """Run a command in a fork of this process, in a group of its own.

    Args:
        arguments: of `lyapscreen`.
        folder: where it runs, and where `err` goes.
        act: called with its process id as soon as it has started.
        before: called in it, before the command.
        stdin: bytes that it can read.

    """
    errors = Path(folder) / ".stderr"
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            os.setsid()
            os.chdir(folder)
            for number, target in ((1, os.devnull), (2, errors)):
                os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
            sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
            sys.argv = ["lyapscreen", *map(str, arguments)]
            before()
            from lyapscreen.cli import app, streams

            code = streams.run(app)
        except BaseException:
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
    act(pid)
    return wait(pid, errors)


def wait(pid, errors):
    """Wait for a child and whatever it has started, but not for ever."""
    end = time.monotonic() + LONGEST
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            break
        if time.monotonic() > end:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return Ended(-9, errors.read_text(errors="replace"), hung=True)
        time.sleep(0.005)
    return Ended(os.waitstatus_to_exitcode(status), errors.read_text(errors="replace") if errors.exists() else "")


def left(pid, seconds=2.0):
    """Whether anybody of a child's group still runs after so many seconds; who does is ended."""
    end = time.monotonic() + seconds
    while members(pid):
        if time.monotonic() > end:
            for one in members(pid):
                os.kill(one, signal.SIGKILL)
            return True
        time.sleep(0.02)
    return False


def members(group):
    """Return the processes of a session that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == group and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
