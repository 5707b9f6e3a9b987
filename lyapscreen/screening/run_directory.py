"""The run directory: what is finished is kept, so that a run goes on after any crash with the same bytes.

    DIR/run.json        what is run: spec, versions, digests of data and code; written first
    DIR/results.jsonl   a line a candidate and rung (result_lines.py), flushed to disk as its batch finishes
    DIR/states/         where candidates stand between rungs (checkpoints.py)
    DIR/trainings.jsonl a line a candidate that was trained fully, and
    DIR/weights/        its weights (kept_trainings.py); both only with `confirm`
    DIR/ranking.csv     and ranking.json, once the probes are done, and again once the best are confirmed

A batch is finished when all its lines are there; its states, or weights, are written before them.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from lyapscreen.errors import EnvironmentFailure, OutputError
from lyapscreen.report.output import Destination
from lyapscreen.results.records import SCHEMA, Result
from lyapscreen.screening import batch_lines, durable
from lyapscreen.screening.kept_trainings import KeptTrainings
from lyapscreen.screening.result_lines import RESULTS, Line, read_lines, results_of
from lyapscreen.spec.candidates import Candidate

__all__ = ["Line", "RunDirectory", "read_about", "read_lines", "results_of"]

RUN, STATES, LOCK = "run.json", "states", "lock"

RANKING = "ranking"
"""Name of the finished ranking's files, before `.csv` and `.json`."""


class RunDirectory:
    """A run directory while a run works in it: a context manager that keeps everybody else out.

    Args:
        path: the directory; made if it is not there.
        resume: whether to go on with a run that is there; without, such a directory is refused.

    """

    def __init__(self, path: str, *, resume: bool) -> None:
        """Keep the path; nothing is touched until the directory is entered."""
        self.path, self._resume = Path(path), resume
        self._lock = FileLock(self.path / LOCK, timeout=0)
        self.finished: dict[tuple[int, int], list[Line]] = {}
        self.trainings = KeptTrainings(self.path)
        self.notices: list[str] = []

    @property
    def states(self) -> Path:
        """Directory of the checkpoints."""
        return self.path / STATES

    def __enter__(self) -> Self:
        """Make the directory and lock it.

        Raises:
            OutputError: it cannot be written, another process works in it, it holds a run and `resume` is not
                set, or it holds something else.
            EnvironmentFailure: the disk is full.

        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            rule, fix = "another process is using it", "Wait for it to finish, or use another directory"
            raise OutputError("run", str(self.path), rule, fix) from None
        except OSError as error:
            raise _refusal(self.path, error) from error
        try:
            self._check()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let others in."""
        if error is not None and (self.path / RUN).exists():
            error.add_note(f"finished work is kept in {self.path}; the same command with --resume continues it")
        self._lock.release()

    def begin(self, about: Mapping[str, Any]) -> None:
        """Write what is run, or find that it is what was run here before.

        Args:
            about: JSON-ready: `spec` (a mapping), `versions`, `data`, `code`, `spec_hash`.

        Raises:
            OutputError: the run here is of another spec, data, code or version; the message names what differs.

        """
        wanted = json.loads(json.dumps({"schema": SCHEMA, **about}))
        try:
            if (self.path / RUN).exists():
                self._require_same(read_about(self.path), wanted)
            else:
                with Destination("run", str(self.path / RUN)) as file:
                    file.write(json.dumps(wanted, indent=2) + "\n")
            self.states.mkdir(exist_ok=True)
            for torn in (*self.path.glob(".lyapscreen-*.tmp"), *self.states.glob("*.part")):
                torn.unlink()
            self.finished, notices = batch_lines.recovered(
                self.path / RESULTS, Line.from_text, lambda line: (line.rung, line.batch)
            )
            self.notices += [*notices, *self.trainings.recover()]
        except OSError as error:
            raise _refusal(self.path, error) from error

    def record(self, rung: int, batch: int, results: Sequence[Result], active: Collection[Candidate]) -> None:
        """Append the results of a finished batch and see them to the disk; its states are there already.

        Raises:
            EnvironmentFailure: the disk is full; what was finished before is whole.

        """
        text = "".join(Line(rung, batch, len(results), r.candidate in active, r).text() for r in results)
        try:
            durable.append(self.path / RESULTS, text)
        except OSError as error:
            rule = f"the run directory {self.path} cannot be written: {error.strerror}"
            raise EnvironmentFailure(f"{rule}.") from error

    def finish(self, **texts: str) -> None:
        """Write the finished ranking, a text a suffix, and remove what only an unfinished run needs.

        Raises:
            EnvironmentFailure: the disk is full.

        """
        for suffix, text in texts.items():
            with Destination("run", str(self.path / f"{RANKING}.{suffix}")) as file:
                file.write(text)
        shutil.rmtree(self.states, ignore_errors=True)

    def _check(self) -> None:
        inside = {entry.name for entry in self.path.iterdir()} - {LOCK}
        if RUN in inside:
            if not self._resume:
                rule, fix = "it already holds a run", "Add --resume to continue it, or use another directory"
                raise OutputError("run", str(self.path), rule, fix)
        elif others := sorted(name for name in inside if not name.startswith(".lyapscreen-")):
            rule = f"it is not a run directory: it holds {others[0]} but no {RUN}"
            raise OutputError("run", str(self.path), rule, "Use an empty directory, or one that does not exist yet")

    def _require_same(self, here: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        for part in ("schema", "spec", "data", "code", "versions"):
            if here.get(part) == wanted[part]:
                continue
            found = _differences(here.get(part), wanted[part])
            rule = f"it holds a different run, {part}: {found}"
            raise OutputError("run", str(self.path), rule, "Use another directory, or go back to what was run there")


def read_about(path: Path) -> dict[str, Any]:
    """Return what is run in a run directory.

    Raises:
        OutputError: its run.json cannot be read.

    """
    try:
        about: dict[str, Any] = json.loads((path / RUN).read_text())
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            raise ValueError("unknown schema")
    except FileNotFoundError as error:
        rule = f"it is not a run directory: it has no {RUN}"
        raise OutputError("run", str(path), rule, "Name a directory that --run wrote") from error
    except (OSError, ValueError) as error:
        rule = f"its {RUN} cannot be read ({error})"
        raise OutputError("run", str(path), rule, "Use another directory") from error
    return about


def _differences(here: Any, wanted: Any) -> str:
    if not (isinstance(here, Mapping) and isinstance(wanted, Mapping)):
        return f"{here} there, {wanted} now"
    names = [name for name in {**here, **wanted} if here.get(name) != wanted.get(name)]
    return "; ".join(f"{name} {here.get(name)} there, {wanted.get(name)} now" for name in names)


def _refusal(path: Path, error: OSError) -> OutputError | EnvironmentFailure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EnvironmentFailure(f"the run directory {path} cannot be written: {error.strerror}.")
    rule = f"it cannot be written ({error.strerror})"
    return OutputError("run", str(path), rule, "Use a directory that you can write to")
