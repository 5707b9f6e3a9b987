"""Where a result goes: checked and opened before the work starts, replaced as a whole once it is done."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from io import BufferedWriter
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from lyapscreen.errors import EnvironmentFailure, InternalError, OutputError
from lyapscreen.report import leftovers

STDOUT = "-"
"""The path that means standard output."""

PROBE_BYTES = 4096
"""Written and taken back at once when a file is opened: a disk without this much room is full."""


@contextmanager
def destinations(**paths: str | None) -> Iterator[dict[str, Destination]]:
    """Open a destination for every result asked for, by the name of its setting.

    Raises:
        OutputError: a path cannot be written, or two results have the same one.
        EnvironmentFailure: the disk is full.

    """
    given = {setting: path for setting, path in paths.items() if path is not None}
    taken: dict[str, str] = {}
    with ExitStack() as files:
        opened = {}
        for setting, path in given.items():
            target = path if path == STDOUT else os.path.realpath(path)
            if other := taken.get(target):
                where = "stdout can hold only one result" if path == STDOUT else f"--{other} already writes there"
                raise OutputError(setting, path, where, "Write one of them to another file")
            taken[target] = setting
            opened[setting] = files.enter_context(Destination(setting, path))
        yield opened


def stdout_last(files: Mapping[str, Destination]) -> list[tuple[str, Destination]]:
    """Return the destinations by setting, stdout behind the files: whoever stops reading it takes nothing from them."""
    return sorted(files.items(), key=lambda item: item[1].path == STDOUT)


class Destination:
    """Where one result is written, used as a context manager around the work that makes it.

    Entering finds out whether the result can be written, at no cost to the user; `write` then puts
    the whole text in place, so that no reader and no crash ever meets half a file. What stood there
    before stays if nothing is written. A pipe or a device (`/dev/null`) is written to directly.

    Args:
        setting: the setting's name (`csv`), for error messages.
        path: a file, or `-` for stdout.

    """

    def __init__(self, setting: str, path: str) -> None:
        """Keep the path; nothing is touched until the destination is entered."""
        self.setting, self.path = setting, path
        self._target = Path(path)
        self._temporary: Path | None = None
        self._file: BufferedWriter | None = None

    def __enter__(self) -> Self:
        """Check the path and open what will be written to.

        Raises:
            OutputError: the path cannot be written.
            EnvironmentFailure: the disk is full.

        """
        if self.path == STDOUT:
            return self
        try:
            self._open()
        except BaseException as error:
            self._discard()
            if isinstance(error, OSError):
                self._refuse(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind but what was written."""
        self._discard()

    def write(self, content: str | bytes) -> None:
        """Put the content in place, text as UTF-8; nothing changes there unless all of it could be written.

        Raises:
            EnvironmentFailure: the disk is full, or the directory no longer exists.
            BrokenPipeError: nobody reads stdout, or the pipe, any more.

        """
        try:
            if self.path == STDOUT:
                _to_stdout(content)
            else:
                self._replace(_encoded(content))
        except BrokenPipeError:
            raise
        except OSError as error:
            raise EnvironmentFailure(f"{self.setting} {self.path} could not be written: {error.strerror}.") from error

    def _open(self) -> None:
        if not self.path or self.path.endswith(os.sep) or self._target.is_dir():
            raise OutputError(
                self.setting, self.path, "this is a directory, not a file", "Name a file, or - for stdout"
            )
        mode = self._target.stat().st_mode if self._target.exists() else None
        if mode is not None and not stat.S_ISREG(mode):
            self._file = self._target.open("wb")
            return
        # A link stays a link: what it points to is replaced.
        self._target = Path(os.path.realpath(self._target))
        if self._target.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))  # a circle of links leads nowhere
        if mode is not None:
            # A write-protected file is meant to stay, though its directory would let us replace it.
            self._target.open("ab").close()
        # Not tempfile: its files are private (0600), while a result has the permissions the umask gives.
        leftovers.remove(self._target.parent)
        temporary = self._target.with_name(f"{leftovers.PREFIX}{secrets.token_hex(8)}{leftovers.SUFFIX}")
        self._file = temporary.open("xb")
        self._temporary = temporary
        leftovers.hold(self._file)
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        self._file.write(bytes(PROBE_BYTES))
        self._file.flush()
        self._file.seek(0)
        self._file.truncate()

    def _replace(self, content: bytes) -> None:
        if self._file is None:
            raise InternalError(f"{self.setting}: a destination is entered first and written once")
        with self._file as file:
            file.write(content)
            if self._temporary is None:
                self._file = None
                return
            file.flush()
            os.fsync(file.fileno())
        self._temporary.replace(self._target)
        self._file = self._temporary = None

    def _discard(self) -> None:
        if self._file is not None:
            # Closing flushes, and fails once more where writing has failed already.
            with suppress(OSError):
                self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
        self._file = self._temporary = None

    def _refuse(self, error: OSError) -> NoReturn:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise EnvironmentFailure(f"{self.setting} {self.path} cannot be written: {error.strerror}.") from error
        if error.errno == errno.ENOENT:
            parent = self._target.parent
            raise OutputError(self.setting, self.path, f"there is no directory {parent}", "Create it first") from error
        rule = f"it cannot be written ({error.strerror})"
        raise OutputError(self.setting, self.path, rule, "Name a file in a directory you may write") from error


def _encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _to_stdout(content: str | bytes) -> None:
    """Write UTF-8 whatever the locale says: the same bytes as in a file."""
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # a replacement such as StringIO
        sys.stdout.write(content if isinstance(content, str) else content.decode())
    else:
        binary.write(_encoded(content))
    sys.stdout.flush()
