"""Probes beside those of a ranking, kept in a run directory as they finish: the rounds of a search for the edge.

DIR/edge.jsonl    a line a candidate and round, as in results.jsonl
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lyapscreen.errors import EnvironmentFailure
from lyapscreen.results.records import Result
from lyapscreen.screening import batch_lines, durable
from lyapscreen.screening.result_lines import Line
from lyapscreen.spec.candidates import Batch

EDGE = "edge.jsonl"


class KeptProbes:
    """The probes that a search has made before.

    Args:
        directory: a run directory that this process works in.

    Raises:
        OutputError: what is kept there cannot be read.

    """

    def __init__(self, directory: Path) -> None:
        """Read what is finished, and drop what a crash tore."""
        self._file = directory / EDGE
        self._finished, self.notices = batch_lines.recovered(
            self._file, Line.from_text, lambda line: (line.rung, line.batch)
        )

    def of(self, search_round: int, batch: Batch) -> tuple[Result, ...] | None:
        """Return the results of a batch; None where they are not kept."""
        results = tuple(line.result for line in self._finished.get((search_round, batch.index), ()))
        return results if {result.candidate for result in results} == set(batch.candidates) else None

    def keep(self, search_round: int, batch: Batch, results: Sequence[Result]) -> None:
        """See the results of a finished batch to the disk.

        Raises:
            EnvironmentFailure: the disk is full; what was finished before is whole.

        """
        lines = (Line(search_round, batch.index, len(results), False, result) for result in results)
        try:
            durable.append(self._file, "".join(line.text() for line in lines))
        except OSError as error:
            rule = f"the run directory {self._file.parent} cannot be written: {error.strerror}"
            raise EnvironmentFailure(f"{rule}.") from error
