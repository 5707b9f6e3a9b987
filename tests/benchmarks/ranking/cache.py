"""Results on disk as they come, so that a benchmark that was stopped goes on where it stood."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from lyapscreen.execution import execute

CACHE = Path("build/bench-cache")


class Work(Protocol):
    """Something to be done once."""

    @property
    def key(self) -> str:
        """Where its result is kept."""

    def __call__(self) -> dict[str, Any]:
        """Return the result as JSON-ready values."""


def fill(wanted: Sequence[Work], jobs: int) -> None:
    """Do the works that the cache lacks, several at once.

    Raises:
        RuntimeError: a worker was killed twice.

    """
    missing = [work for work in wanted if not has(work)]
    progress, start = Console(stderr=True), time.perf_counter()
    for done, (index, found) in enumerate(execute(_done, missing, jobs), 1):
        if not isinstance(found, dict):
            raise RuntimeError(f"{missing[index].key}: {found.reason}")
        path = _at(missing[index])
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.replace(path)
        left = (time.perf_counter() - start) / done * (len(missing) - done) / 60
        progress.print(f"{done} of {len(missing)}, {left:.0f} min left: {missing[index].key}", highlight=False)


def has(work: Work) -> bool:
    """Return whether the cache has a work's result."""
    return _at(work).exists()


def forget(work: Work) -> None:
    """Let a work be done again."""
    _at(work).unlink(missing_ok=True)


def kept(work: Work) -> dict[str, Any]:
    """Return what the cache has of a work."""
    found: dict[str, Any] = json.loads(_at(work).read_text())
    return found


def _done(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    return work()


def _at(work: Work) -> Path:
    return CACHE / f"{work.key}.json"
