"""The ranking as files, one format a file: what is written, by which flag, and what it takes.

A file here that has a `FORMAT` is a format: flags, help, the keys of a spec file, the schema and `Screening` read it.
Its imports are light, for `--help` waits for them: what writes is imported when it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lyapscreen.report.document import Document


@dataclass(frozen=True)
class Format:
    """One form of a finished screening in a file."""

    name: str
    """Of the flag `--NAME PATH` and of the key in a spec file."""
    order: int
    """Of the flag in the help."""
    help: str
    """Of the flag, in one sentence; `[` is markup unless it is escaped."""
    render: Callable[[Document, str], str | bytes]
    """Makes the content of the file, a path that may say by its suffix of what kind."""
    of_recommended: bool = False
    """Whether it is of the configuration recommended alone, and not written where there is none."""
    needs: tuple[str, ...] = ()
    """Modules that have to be installed."""
    extra: str = ""
    """What brings them: `pip install 'lyapscreen[EXTRA]'`."""
    check_path: Callable[[str], object] = str
    """Raises an OutputError for a path that does not fit."""

    def check(self, path: str) -> None:
        """Refuse a path before the work starts.

        Raises:
            OutputError: the path does not fit, or what writes it is not installed.

        """
        from lyapscreen.report import extras

        self.check_path(path)
        extras.require(self.name, path, *self.needs, extra=self.extra)


@cache
def formats() -> Mapping[str, Format]:
    """Return every format by name, in the order of the flags."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Format] = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return {one.name: one for one in sorted(found, key=lambda one: one.order)}
