"""A finished screening in an experiment tracker, one tracker a file: where it is logged to, and how that is said.

A file here that has a `TRACKER` is one: `--log-to NAME:PLACE`, its help and `Screening.log_to` read it. Its imports are
light, for `--help` waits for them: what writes is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from lyapscreen.errors import OutputError
from lyapscreen.report import extras

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.report.tracking.entries import Logged

SETTING = "log_to"


@dataclass(frozen=True)
class Tracker:
    """One tool that people compare trainings with."""

    name: str
    """Before the colon of `--log-to NAME:PLACE`."""
    place: str
    """What stands after it, as the help names it: `URI` or `DIR`."""
    needs: tuple[str, ...]
    """Modules that have to be installed; `pip install 'lyapscreen[NAME]'` brings them."""
    check: Callable[[Target], object]
    """Raises an OutputError for a place that cannot be written to, an EnvironmentFailure for one that does not answer.

    It may make what lies there, as opening a file does.
    """
    write: Callable[[Target, Logged], None]
    """Logs a screening; raises an EnvironmentFailure where that fails."""
    example: str
    """A place, for messages."""
    is_directory: bool = True
    """Whether the place is a directory on this machine."""


@dataclass(frozen=True)
class Target:
    """Where a screening is logged to."""

    tracker: Tracker
    place: str

    @property
    def text(self) -> str:
        """As it is typed."""
        return f"{self.tracker.name}:{self.place}"

    def check(self) -> None:
        """Refuse it before the work starts.

        Raises:
            OutputError: the place cannot be written to, or the tool is not installed.
            EnvironmentFailure: the tool's server does not answer.

        """
        extras.require(SETTING, self.text, *self.tracker.needs, extra=self.tracker.name)
        self.tracker.check(self)

    def write(self, document: Document) -> None:
        """Log a finished screening there.

        Raises:
            EnvironmentFailure: it could not be written.

        """
        from lyapscreen.report.tracking.entries import logged

        self.tracker.write(self, logged(document))


@cache
def trackers() -> Mapping[str, Tracker]:
    """Return every tracker by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return {module.TRACKER.name: module.TRACKER for module in modules if hasattr(module, "TRACKER")}


def forms() -> str:
    """Return what may be typed: `mlflow:URI, tensorboard:DIR or wandb:DIR`."""
    *first, last = (f"{one.name}:{one.place}" for one in trackers().values())
    return f"{', '.join(first)} or {last}"


def target(text: str) -> Target:
    """Return where a text says that a screening is logged to.

    >>> target("tensorboard:runs").place
    'runs'

    Raises:
        OutputError: it names no tracker, or no place.

    """
    name, colon, place = text.partition(":")
    if not colon or name not in trackers():
        from lyapscreen.spec import parsing

        near = parsing.nearest(name, trackers())
        raise OutputError(SETTING, text, "it names no experiment tracker", f"{near}Write {forms()}")
    found = trackers()[name]
    if not place.strip():
        fix = f"Write {name}:{found.place}, such as {name}:{found.example}"
        raise OutputError(SETTING, text, f"it names no {found.place}", fix)
    return Target(found, place)


def targets(texts: Iterable[str]) -> tuple[Target, ...]:
    """Return where several texts say that a screening is logged to, each checked.

    Raises:
        OutputError: one names no place that can be written to, or two name the same.
        EnvironmentFailure: a server does not answer.

    """
    found = tuple(target(text) for text in texts)
    for index, one in enumerate(found):
        if one in found[:index]:
            raise OutputError(SETTING, one.text, "it is named twice", "Name each place once")
    for one in found:
        one.check()
    return found
