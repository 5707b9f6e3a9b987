"""Forms of a finished screening as files, for those who call from Python."""

from __future__ import annotations

from os import PathLike, fspath

from lyapscreen.report import targets
from lyapscreen.report.output import Destination
from lyapscreen.spec import input_files
from lyapscreen.spec.spec import Spec


def write(spec: Spec, setting: str, path: str | PathLike[str], content: str | bytes) -> None:
    """Replace a file as a whole, `-` being stdout.

    Raises:
        OutputError: it cannot be written, or the screening of this spec has read it.
        EnvironmentFailure: the disk is full.

    """
    targets.require_no_input({setting: fspath(path)}, input_files.named(spec.plain()))
    with Destination(setting, fspath(path)) as destination:
        destination.write(content)
