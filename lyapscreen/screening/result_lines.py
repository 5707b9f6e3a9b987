"""The results of a run, a line of JSON a candidate and rung: `results.jsonl` in a run directory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lyapscreen.results.records import Result, from_dict, to_dict
from lyapscreen.screening import batch_lines
from lyapscreen.spec.candidates import Candidate
from lyapscreen.spec.spec import Spec

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
        return batch_lines.sealed({**plain, **to_dict(self.result)})

    @classmethod
    def from_text(cls, text: str) -> Line:
        """Return the line that `text` wrote.

        Raises:
            ValueError, KeyError, TypeError: it is none.

        """
        plain = batch_lines.opened(text)
        numbers = [plain[name] for name in ("rung", "batch", "of")]
        if not all(type(number) is int and number >= 0 for number in numbers) or type(plain["standing"]) is not bool:
            raise TypeError("rung, batch and count are whole numbers")
        result = from_dict(plain)
        seed = result.candidate.seed
        if (
            type(seed) is not int
            or seed < 0
            or not result.rungs
            or type(result.candidate.configuration.lr) is not float
        ):
            raise TypeError("a candidate has a learning rate and a seed, and was measured")
        hash(result)  # all of it are values, no lists among them
        rung, batch, of = numbers
        return cls(rung, batch, of, plain["standing"], result)


def read_lines(path: Path) -> tuple[list[Line], bool]:
    """Return the lines of a run directory that are whole, and whether there are others.

    Raises:
        OutputError: the file cannot be read.

    """
    found = batch_lines.read(path / RESULTS, Line.from_text)
    return list(found.lines), bool(found.damaged or found.torn)


def fits(candidate: Candidate, spec: Spec) -> bool:
    """Tell whether a candidate can be one of a spec's; learning rates above its range are read ahead to."""
    configuration = candidate.configuration
    swept = [name for name, _ in configuration.settings] == [name for name, _ in spec.sweep]
    return candidate.seed in spec.seeds and configuration.activation in spec.act and swept


def results_of(lines: Sequence[Line]) -> Iterator[Result]:
    """Yield each candidate's result as far as it went, whatever order the lines are in."""
    found: dict[Candidate, Result] = {}
    for line in sorted(lines, key=lambda line: line.rung):
        before = found.get(line.result.candidate)
        found[line.result.candidate] = line.result if before is None else before.then(line.result)
    yield from found.values()
