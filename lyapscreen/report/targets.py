"""Which places a result may be written to: never over what is read, and where a spec is not trusted, over nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from lyapscreen.errors import OutputError
from lyapscreen.report.output import STDOUT

SUFFIXES = {
    "csv": (".csv",), "json": (".json",), "parquet": (".parquet",), "markdown": (".md",), "html": (".html",),
    "plot": (".png", ".svg"), "save": (".pt", ".pth"), "junit": (".xml",),
}  # fmt: skip
"""How the file of an output ends where a spec that is not trusted names it: no code, and no other tool's settings."""

SCRIPTS = ("code", "output")
"""Settings whose output is Python code itself."""

OURS = (b'{\n  "schema": ', b"rank,group,activation,lr", b"**Recommended", b"**Nothing is", b'<testsuites name="lyaps')
"""How files begin that this program writes, pictures and weights apart."""


def require_no_input(
    outputs: Mapping[str, str | None], inputs: Iterable[tuple[str, str]], *, run: str | None = None
) -> None:
    """Refuse to write over what is read.

    Args:
        outputs: paths by setting; None and `-` are no files.
        inputs: what each file is, as the message names it, and its path.
        run: a run directory, in which nothing else is written.

    Raises:
        OutputError: an output is one of the inputs, by whatever name or link, or lies in the run directory.

    """
    read = [(what, path) for what, path in inputs if path != STDOUT]
    for setting, path in outputs.items():
        if path is None or path == STDOUT:
            continue
        if path.endswith(".py") and setting not in SCRIPTS and os.path.lexists(path):
            raise OutputError(setting, path, "this file holds Python code", "Write to another file")
        for what, source in read:
            if _same(path, source):
                rule = f"this file is read as {what}, and would be replaced"
                raise OutputError(setting, path, rule, "Write to another file")
        if run is not None and _is_below(path, run):
            rule = f"it lies in the run directory {run}, which holds nothing but the run"
            raise OutputError(setting, path, rule, "Write to a file outside of it")


def require_harmless(setting: str, path: str) -> None:
    """Refuse an output that a spec names while it may not name code, unless nothing can be lost or run by it.

    Raises:
        OutputError: it does not lie below the working directory, is hidden, has another suffix than its format, or
            is there and was not written by this program.

    """
    if path == STDOUT:
        return
    fix = "Name it on the command line, or leave out --no-code, and no_code in the spec"
    real, here = Path(os.path.realpath(path)), Path(os.path.realpath(Path.cwd()))
    if real == here or not real.is_relative_to(here):
        raise OutputError(setting, path, "with --no-code a spec writes below the working directory alone", fix)
    if any(part.startswith(".") for part in real.relative_to(here).parts):
        raise OutputError(setting, path, "with --no-code a spec writes no hidden file", fix)
    if setting == "run":
        return  # a directory that holds anything but a run is refused there
    suffixes = SUFFIXES.get(setting, ())
    if real.suffix.lower() not in suffixes:
        raise OutputError(setting, path, f"with --no-code such a file ends in {' or '.join(suffixes)}", fix)
    if os.path.lexists(real) and not _is_ours(real):
        raise OutputError(setting, path, "with --no-code a spec replaces only files that lyapscreen wrote", fix)


def _same(one: str, other: str) -> bool:
    """Tell whether two paths lead to one file, through links and other spellings too."""
    if os.path.realpath(one) == os.path.realpath(other):
        return True
    try:
        there = os.stat(one)  # noqa: PTH116  a path that is none is no reason to fail here
        return stat.S_ISREG(there.st_mode) and os.path.samestat(there, os.stat(other))  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _is_below(path: str, directory: str) -> bool:
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(directory))
    return real.is_relative_to(root)


def _is_ours(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            begin = file.read(4096)
    except OSError:
        return False
    return begin.startswith(OURS) or (begin.startswith(b"<!DOCTYPE html>") and b"lyapscreen</title>" in begin)
