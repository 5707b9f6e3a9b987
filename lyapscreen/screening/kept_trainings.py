"""Full trainings kept in a run directory as they finish, so that none is done twice.

DIR/trainings.jsonl            a line a candidate: how it went, and its held-out loss along the way
DIR/weights/BATCH-SEED.npz     its weights where that loss was lowest; written before the line

BATCH is the index of a batch as the lines name it: one configuration, unless its seeds alone are too many for the
memory that a batch may take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.results.records import Full, from_dict
from lyapscreen.screening import batch_lines, durable, weights_npz
from lyapscreen.screening.trained import Trained
from lyapscreen.spec.candidates import Batch

TRAININGS, WEIGHTS = "trainings.jsonl", "weights"


@dataclass(frozen=True)
class TrainingLine:
    """One line: a candidate after its full training."""

    batch: int
    """Index of its batch, which depends on the spec alone."""
    of: int
    """Candidates in that batch: so many lines make it whole."""
    trained: Trained
    """Without its weights, which are a file of their own."""
    weights: str = ""
    """Checksum of that file; empty in what earlier versions wrote."""

    def text(self) -> str:
        """Return the line as JSON; `from_text` reads it again."""
        found = self.trained
        plain = {"candidate": asdict(found.candidate), "full": asdict(found.full), "curve": found.curve}
        return batch_lines.sealed({"batch": self.batch, "of": self.of, **plain, "weights": self.weights})

    @classmethod
    def from_text(cls, text: str) -> TrainingLine:
        """Return the line that `text` wrote."""
        plain = batch_lines.opened(text)
        # A candidate stands here as in a result, and is read as that of a result without probes.
        candidate = from_dict({**plain, "rungs": (), "local": (), "reason": ""}).candidate
        curve = tuple((steps, loss) for steps, loss in plain["curve"])
        batch, of, weights = plain["batch"], plain["of"], plain.get("weights", "")
        if type(batch) is not int or type(of) is not int or not isinstance(weights, str):
            raise TypeError("batch and count are whole numbers")
        return cls(batch, of, Trained(candidate, Full(**plain["full"]), curve), weights)


class KeptTrainings:
    """The full trainings that a run directory keeps.

    Args:
        directory: the run directory.

    """

    def __init__(self, directory: Path) -> None:
        """Know of no training yet."""
        self._directory, self._file, self._weights = directory, directory / TRAININGS, directory / WEIGHTS
        self._finished: dict[int, list[TrainingLine]] = {}
        self.count = 0

    def recover(self) -> tuple[str, ...]:
        """Find what is finished, drop what a crash tore, and return a notice if there was such.

        Raises:
            OutputError: a line before the last is damaged.

        """
        for torn in self._weights.glob("*.part"):
            torn.unlink()
        self._finished, notices = batch_lines.recovered(
            self._file, TrainingLine.from_text, lambda line: line.batch, self._is_kept
        )
        self.count = sum(map(len, self._finished.values()))
        return notices

    def read(self, planned: Sequence[Batch]) -> dict[int, list[Trained]]:
        """Return the trainings, with their weights, of those batches that are finished, by the batch's index.

        Raises:
            OutputError: a file of weights is damaged.

        """
        return {
            batch.index: [
                replace(line.trained, weights=weights_npz.read(self._path(line)))
                for line in self._finished[batch.index]
            ]
            for batch in planned
            if batch.index in self._finished
        }

    def keep(self, batch: Batch, found: Sequence[Trained]) -> None:
        """See the trainings of a finished batch to the disk: the weights of all, then their lines at once.

        Raises:
            EnvironmentFailure: the disk is full; what was finished before is whole.

        """
        lines = []
        try:
            self._weights.mkdir(exist_ok=True)
            for one in found:
                content = weights_npz.written(one.weights or {})
                checksum = durable.digest(content).hex()
                lines.append(TrainingLine(batch.index, len(found), replace(one, weights=None), checksum))
                durable.replace(self._path(lines[-1]), content)
            durable.append(self._file, "".join(line.text() for line in lines))
            self.count += len(lines)
        except OSError as error:
            rule = f"the run directory {self._directory} cannot be written: {error.strerror}"
            raise EnvironmentFailure(f"{rule}.") from error

    def _is_kept(self, line: TrainingLine) -> bool:
        """Tell whether the weights of a line are there as they were written; what is not is set aside."""
        path = self._path(line)
        if durable.is_regular(path):
            if line.weights and durable.digest(path.read_bytes()).hex() == line.weights:
                return True
            if not line.weights and weights_npz.is_whole(path):
                return True
        durable.set_aside(path)
        return False

    def _path(self, line: TrainingLine) -> Path:
        return self._weights / f"{line.batch}-{line.trained.candidate.seed}.npz"
