"""What happens in a worker of a cluster: it opens what was sent once, and runs one batch after the other."""

from __future__ import annotations

import pickle
import platform
from collections.abc import Callable, Mapping
from contextlib import chdir, nullcontext
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from lyapscreen.errors import EnvironmentFailure, SettingError
from lyapscreen.execution.threads import one_thread

ALIKE = ("lyapscreen", "torch")
"""Packages that the numbers depend on: a worker has the versions of who sends the work, or none of it."""


@dataclass(frozen=True)
class Sent:
    """All that every batch needs and no batch alone, pickled: it travels once."""

    key: str
    """Its name; two with the same are the same."""
    pickled: bytes = field(compare=False, repr=False)

    @classmethod
    def of(cls, function: Callable[[Any], Any], dumps: Callable[[object], bytes]) -> Sent:
        """Pickle a function with all it holds, and with where and by what it is sent.

        `dumps` is the engine's own: it takes functions of a notebook or script as well.
        """
        return cls(f"lyapscreen-{uuid4().hex}", dumps((function, Path.cwd(), versions())))


@cache
def versions() -> dict[str, str]:
    """Return the versions that have to be alike, here; read once, for every batch looks at them."""
    return {**{name: version(name) for name in ALIKE}, "python": minor(platform.python_version())}


def minor(python: str) -> str:
    """Return the part of Python's version that pickles and numbers may depend on.

    >>> minor("3.11.7")
    '3.11'
    """
    return ".".join(python.split(".")[:2])


def require_alike(worker: str, has: Mapping[str, str | None], wanted: Mapping[str, str]) -> None:
    """Refuse a worker of other versions; None stands for what is not installed there.

    Raises:
        EnvironmentFailure: naming the worker and both versions of what differs.

    """
    other = [f"{n} {has.get(n) or 'is missing'} there, {v} here" for n, v in wanted.items() if has.get(n) != v]
    if other:
        rule = f"worker {worker} would give different numbers: {'; '.join(other)}"
        raise EnvironmentFailure(f"{rule}. Install the same versions on every worker.")


def run(sent: Sent, work: object, worker: str) -> Any:
    """Run one work in the worker of that name, in the caller's folder where there is one.

    Raises:
        SettingError: the user's code failed here; the message says where that is.
        EnvironmentFailure: this worker lacks a module, or has other versions.

    """
    try:
        function, folder, wanted = _opened(sent)
    except ImportError as error:
        raise EnvironmentFailure(
            f"worker {worker} cannot import what it needs: {error}. Install it there, or name "
            "your own code as FILE.py:function, which is sent along."
        ) from error
    require_alike(worker, versions(), wanted)  # it may have come after the others were looked at
    try:
        with chdir(folder) if folder.is_dir() else nullcontext(), one_thread():
            return function(work)
    except SettingError as error:
        rule = f"on worker {worker}: {error.rule}"
        raise type(error)(error.setting, error.value, rule, error.fix, error.where) from error


@lru_cache(maxsize=2)
def _opened(sent: Sent) -> tuple[Callable[[object], Any], Path, dict[str, str]]:
    opened: tuple[Callable[[object], Any], Path, dict[str, str]] = pickle.loads(sent.pickled)
    return opened
