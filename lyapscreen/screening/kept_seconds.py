"""Seconds that the parts of a run have taken, over all the processes that worked on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lyapscreen.screening import durable

SECONDS = "seconds.json"


class KeptSeconds:
    """Seconds by part, kept in a run directory if there is one.

    Args:
        directory: the run directory; None keeps nothing.

    """

    def __init__(self, directory: Path | None) -> None:
        """Read what earlier processes took; what cannot be read counts as nothing: no other number depends on it."""
        self._file = None if directory is None else directory / SECONDS
        self._of: dict[str, float] = {}
        if self._file is not None and durable.is_regular(self._file):
            try:
                plain = json.loads(self._file.read_text())
                self._of = {str(part): float(seconds) for part, seconds in plain.items() if float(seconds) >= 0}
            except (OSError, ValueError, TypeError, AttributeError):
                self._of = {}

    @contextmanager
    def measured(self, part: str) -> Iterator[Callable[[], float]]:
        """Yield what is called when some of a part is finished and kept, and returns the seconds of all so far."""
        start = time.perf_counter() - self._of.get(part, 0.0)

        def finished() -> float:
            self._of[part] = time.perf_counter() - start
            if self._file is not None:
                durable.replace(self._file, json.dumps(self._of).encode())
            return self._of[part]

        yield finished
