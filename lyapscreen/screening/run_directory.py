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
from lyapscreen.screening.checkpoints import Checkpoints
from lyapscreen.screening.kept_trainings import KeptTrainings
from lyapscreen.screening.result_lines import RESULTS, Line, fits, read_lines, results_of
from lyapscreen.screening.run_about import COMMAND, OF_A_RANKING, RUN, machine, read_about, require_same, text_of
from lyapscreen.spec.candidates import Batch, Candidate

__all__ = ["Line", "RunDirectory", "fits", "read_about", "read_lines", "results_of"]

STATES, LOCK = "states", "lock"

RANKING = "ranking"
"""Name of the finished ranking's files, before `.csv` and `.json`."""


class RunDirectory:
    """A run directory while a run works in it: a context manager that keeps everybody else out.

    Args:
        path: the directory; made if it is not there.
        resume: whether to go on with a run that is there; without, such a directory is refused.
        command: what goes on with it, for the message of whatever ends it before.
        purpose: what the probes are for, its `name` and what decides it, JSON-ready; no other goes on with the run.

    """

    def __init__(
        self,
        path: str,
        *,
        resume: bool,
        command: str = "the same call with resume=True",
        purpose: Mapping[str, object] = OF_A_RANKING,
    ) -> None:
        """Keep the path; nothing is touched until the directory is entered."""
        self.path, self._resume, self._command, self._purpose = Path(path), resume, command, purpose
        self._kept = 0
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
            self._require_plain()
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
            count = self._kept + self.trainings.count
            kept = f"{count} results are kept" if count else "nothing had finished, the spec is kept"
            error.add_note(f"{kept} in {self.path}; {self._command} continues it")
        self._lock.release()

    def begin(self, about: Mapping[str, Any]) -> None:
        """Write what is run, or find that it is what was run here before.

        Args:
            about: JSON-ready: `spec` (a mapping), `versions`, `data`, `code`, `spec_hash`.

        Raises:
            OutputError: the run here is of another spec, data, code or version; the message names what differs.

        """
        purpose = {"schema": SCHEMA, COMMAND: self._purpose}
        wanted = json.loads(json.dumps({**purpose, **about, "machine": machine(about["spec"])}))
        try:
            if (self.path / RUN).exists():
                require_same(self.path, read_about(self.path), wanted)
            else:
                with Destination("run", str(self.path / RUN)) as file:
                    file.write(text_of(wanted))
            self.states.mkdir(exist_ok=True)
            for torn in (*self.path.glob(".lyapscreen-*.tmp"), *self.states.glob("*.part")):
                torn.unlink()
            self.finished, notices = batch_lines.recovered(
                self.path / RESULTS, Line.from_text, lambda line: (line.rung, line.batch)
            )
            self.notices += [*notices, *self.trainings.recover()]
            self._kept = sum(map(len, self.finished.values()))
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
        self._kept += len(results)

    def require_sound(self, rung: int, planned: Sequence[Batch], checkpoints: Checkpoints) -> bool:
        """Look at what the next rung needs of what was kept before; return whether all of it is as it was written.

        What is not is forgotten, with all that was found from it, and a notice says so: it runs again, from the first
        rung, for the states between rungs are kept no longer than they are needed.

        Args:
            rung: index of the rung to come.
            planned: its batches.
            checkpoints: where the candidates stand.

        """
        strange = [batch for batch in planned if not self._is_of(rung, batch)]
        waiting = [one for batch in planned if (rung, batch.index) not in self.finished for one in batch.candidates]
        lost = {
            *(one for batch in strange for one in batch.candidates),
            *(checkpoints.damaged(waiting) if rung else ()),
        }
        if not lost:
            return True
        if strange:
            self.notices.append(f"run: {self.path / RESULTS} holds results of other batches than the spec has")
        count = len(lost)
        for one in strange:
            self.finished.pop((rung, one.index))
        while more := {
            line.result.candidate for lines in self.finished.values()
            if any(line.result.candidate in lost for line in lines) for line in lines
        } - lost:  # fmt: skip
            lost |= more
        self.finished = {
            key: lines
            for key, lines in self.finished.items()
            if all(line.result.candidate not in lost for line in lines)
        }
        batch_lines.rewrite(self.path / RESULTS, self.finished.values())
        self._kept = sum(map(len, self.finished.values()))
        self.notices.append(
            f"run: where {count} candidates stood is missing from {self.states}, or damaged: "
            f"{len(lost)} candidates are probed again"
        )
        return False

    def finish(self, **texts: str) -> None:
        """Write the finished ranking, a text a suffix, and remove what only an unfinished run needs.

        Raises:
            EnvironmentFailure: the disk is full.

        """
        for suffix, text in texts.items():
            with Destination("run", str(self.path / f"{RANKING}.{suffix}")) as file:
                file.write(text)
        shutil.rmtree(self.states, ignore_errors=True)

    def _is_of(self, rung: int, batch: Batch) -> bool:
        """Tell whether the lines that are kept of a batch, if any, are of its candidates."""
        lines = self.finished.get((rung, batch.index))
        return lines is None or {line.result.candidate for line in lines} == set(batch.candidates)

    def _require_plain(self) -> None:
        """Refuse links and what is no file: nothing outside is ever touched, and no pipe is waited for."""
        for entry in self.path.iterdir():
            if entry.is_symlink() or not (entry.is_dir() or durable.is_regular(entry)):
                kind = "a link" if entry.is_symlink() else "no regular file"
                rule = f"{entry.name} in it is {kind}, and a run directory holds files of its own alone"
                raise OutputError("run", str(self.path), rule, "Remove it, or use another directory")

    def _check(self) -> None:
        inside = {entry.name for entry in self.path.iterdir()} - {LOCK}
        if RUN in inside:
            if not self._resume:
                rule, fix = "it already holds a run", "Add --resume to continue it, or use another directory"
                raise OutputError("run", str(self.path), rule, fix)
        elif others := sorted(name for name in inside if not name.startswith(".lyapscreen-")):
            rule = f"it is not a run directory: it holds {others[0]} but no {RUN}"
            raise OutputError("run", str(self.path), rule, "Use an empty directory, or one that does not exist yet")


def _refusal(path: Path, error: OSError) -> OutputError | EnvironmentFailure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO):
        return EnvironmentFailure(f"the run directory {path} cannot be written: {error.strerror}.")
    rule = f"it cannot be written ({error.strerror})"
    return OutputError("run", str(path), rule, "Use a directory that you can write to")
