"""The results of a run, a line of JSON a candidate and rung: `results.jsonl` in a run directory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lyapscreen.results.records import Result, from_dict, to_dict
from lyapscreen.screening import batch_lines
from lyapscreen.spec.candidates import Candidate

RESULTS = "results.jsonl"


@dataclass(frozen=True)
class Line:
    """One line of the results: a candidate at the end of a rung."""

    rung: int
    batch: int
    of: int
    """Candidates in that batch: so many lines make it whole."""
    active: bool
    """Whether the candidate can go on; its batch's states are of those that can, in the order of the lines."""
    result: Result
    """Of that rung alone."""

    def text(self) -> str:
        """Return the line as JSON; `from_text` reads it again."""
        # The file calls it `standing`, as it always has: run directories of earlier versions stay readable.
        plain = {"rung": self.rung, "batch": self.batch, "of": self.of, "standing": self.active}
        return json.dumps({**plain, **to_dict(self.result)}, allow_nan=False) + "\n"

    @classmethod
    def from_text(cls, text: str) -> Line:
        """Return the line that `text` wrote."""
        plain = json.loads(text)
        return cls(plain["rung"], plain["batch"], plain["of"], plain["standing"], from_dict(plain))


def read_lines(path: Path) -> tuple[list[Line], bool]:
    """Return the lines of a run directory, and whether its last one is torn.

    Raises:
        OutputError: a line before the last is damaged.

    """
    return batch_lines.read(path / RESULTS, Line.from_text)


def results_of(lines: Sequence[Line]) -> Iterator[Result]:
    """Yield each candidate's result as far as it went, whatever order the lines are in."""
    found: dict[Candidate, Result] = {}
    for line in sorted(lines, key=lambda line: line.rung):
        before = found.get(line.result.candidate)
        found[line.result.candidate] = line.result if before is None else before.then(line.result)
    yield from found.values()
