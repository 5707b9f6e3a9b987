"""Where candidates stand between rungs: their states as plain arrays, on disk until it is known who goes on."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.screening import durable
from lyapscreen.spec.candidates import Candidate


class Checkpoints:
    """The states candidates ended a rung with: a file a batch, so that memory holds those of few batches at a time.

    Args:
        directory: where the files go; it is there.
        durable: whether each file is seen to the disk, so that it outlasts a crash of the machine.

    """

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        """Know of no states yet."""
        self._directory, self._durable = directory, durable
        self._rows: dict[Candidate, tuple[Path, int]] = {}

    def keep(self, name: str, candidates: Sequence[Candidate], rows: np.ndarray) -> None:
        """Write the states of some candidates, replacing any they had.

        Raises:
            EnvironmentFailure: the disk is full.

        """
        # By way of bytes: straight to a file, numpy does not say that the disk is full.
        whole = BytesIO()
        np.save(whole, rows, allow_pickle=False)
        try:
            content = whole.getbuffer()
            path = self._directory / f"{name}.npy"
            durable.replace(path, content, durable.digest(content), durable=self._durable)
        except OSError as error:
            raise _failure(self._directory, error, durable=self._durable) from error
        self.know(name, candidates)

    def know(self, name: str, candidates: Sequence[Candidate]) -> None:
        """Take it that the states of these candidates have been written before under that name."""
        path = self._directory / f"{name}.npy"
        self._rows |= {candidate: (path, row) for row, candidate in enumerate(candidates)}

    def of(self, candidates: Sequence[Candidate]) -> np.ndarray:
        """Return the states of some candidates of one form, in their order."""
        where = [self._rows[candidate] for candidate in candidates]
        files = {path: np.load(path, mmap_mode="r", allow_pickle=False) for path in {path for path, _ in where}}
        rows = np.empty(len(where), files[where[0][0]].dtype)
        for index, (path, row) in enumerate(where):
            rows[index] = files[path][row]
        return rows

    def damaged(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return those of the candidates whose states are not there, or not as they were written.

        A file that is damaged is set aside.
        """
        sound: dict[Path, int] = {}
        for path in {path for path, _ in (self._rows[candidate] for candidate in candidates)}:
            sound[path] = _rows_of(path)
            if not sound[path]:
                durable.set_aside(path)
        return [one for one in candidates if self._rows[one][1] >= sound[self._rows[one][0]]]

    def drop_all_but(self, candidates: Sequence[Candidate]) -> None:
        """Forget the states of everybody else, and remove the files that nobody needs any more."""
        kept = {candidate: self._rows[candidate] for candidate in candidates}
        for path in {path for path, _ in self._rows.values()} - {path for path, _ in kept.values()}:
            path.unlink(missing_ok=True)
        self._rows = kept


def _rows_of(path: Path) -> int:
    """Return how many rows a file holds, 0 unless it is whole: behind the array stands its checksum.

    Raises:
        OSError: it cannot be opened, which says nothing of what it holds (too many open files).

    """
    if not durable.is_regular(path):
        return 0
    content = path.read_bytes()
    array, checksum = memoryview(content)[: -durable.DIGEST_BYTES], content[-durable.DIGEST_BYTES :]
    if durable.digest(array) != checksum:
        return 0
    try:
        return len(np.load(path, mmap_mode="r", allow_pickle=False))
    except (ValueError, TypeError, EOFError):
        return 0


def _failure(directory: Path, error: OSError, *, durable: bool) -> EnvironmentFailure:
    rule = f"checkpoints between rungs cannot be written to {directory}: {error.strerror}"
    # Those of a run directory lie there, and the run has to stay the run it is.
    fix = "Free some space" if durable else "Free some space, set TMPDIR to a larger disk, or use --no-halving"
    return EnvironmentFailure(f"{rule}. {fix}.")
