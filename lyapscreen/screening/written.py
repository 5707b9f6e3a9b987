"""Forms of a finished screening as files, for those who call from Python."""

from __future__ import annotations

from os import PathLike, fspath

from lyapscreen.errors import OutputError
from lyapscreen.report import targets
from lyapscreen.report.output import Destination
from lyapscreen.spec import input_files
from lyapscreen.spec.spec import Spec


def write(spec: Spec, setting: str, path: str | PathLike[str], content: str | bytes) -> None:
    """Replace a file as a whole, `-` being stdout.

    Raises:
        OutputError: it is no path, cannot be written, or the screening of this spec has read it.
        EnvironmentFailure: the disk is full.

    """
    if not isinstance(path, str | PathLike) or not isinstance(fspath(path), str):
        raise OutputError(setting, path, f"it is of type {type(path).__name__}, not a path", "Write the path as text")
    targets.require_no_input({setting: fspath(path)}, input_files.named(spec.plain()))
    with Destination(setting, fspath(path)) as destination:
        destination.write(content)
