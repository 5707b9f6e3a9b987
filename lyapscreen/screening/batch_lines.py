"""Files of JSON lines, one a candidate, to which whole batches are appended: read, and cut back after a crash."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Protocol, TypeVar

from lyapscreen.errors import OutputError
from lyapscreen.report.output import Destination


class BatchLine(Protocol):
    """The line of one candidate of a batch."""

    @property
    def of(self) -> int:
        """Candidates in that batch: so many lines make it whole."""

    def text(self) -> str:
        """Return the line as JSON, with its end."""


AnyLine = TypeVar("AnyLine", bound=BatchLine)
Key = TypeVar("Key", bound=Hashable)


def read(file: Path, from_text: Callable[[str], AnyLine]) -> tuple[list[AnyLine], bool]:
    """Return the lines of a file in a run directory, none if there is no file, and whether the last one is torn.

    Raises:
        OutputError: a line before the last is damaged.

    """
    parts = file.read_bytes().split(b"\n") if file.exists() else [b""]
    lines = []
    for number, part in enumerate(parts[:-1], start=1):
        try:
            lines.append(from_text(part.decode()))
        except (ValueError, KeyError, TypeError) as error:
            rule = f"line {number} of its {file.name} is damaged"
            fix = "Delete that file: with --resume what it held is done again"
            raise OutputError("run", str(file.parent), rule, fix) from error
    return lines, parts[-1] != b""


def recovered(
    file: Path,
    from_text: Callable[[str], AnyLine],
    key: Callable[[AnyLine], Key],
    is_kept: Callable[[AnyLine], bool] = lambda _: True,
) -> tuple[dict[Key, list[AnyLine]], tuple[str, ...]]:
    """Return the lines of whole batches, by batch, and a notice if others were cut from the file.

    Args:
        file: in a run directory; it need not be there.
        from_text: reads a line.
        key: says which batch a line is of.
        is_kept: whether what belongs to a line, beside it, is there too; a batch that lacks it is not whole.

    Raises:
        OutputError: a line before the last is damaged.

    """
    lines, torn = read(file, from_text)
    by_batch: dict[Key, list[AnyLine]] = {}
    for line in lines:
        by_batch.setdefault(key(line), []).append(line)
    whole = {
        batch: group for batch, group in by_batch.items() if len(group) == group[0].of and all(map(is_kept, group))
    }
    if not torn and len(whole) == len(by_batch):
        return whole, ()
    with Destination("run", str(file)) as destination:
        destination.write("".join(line.text() for group in whole.values() for line in group))
    return whole, (f"run: {file} ended in an unfinished batch, which was dropped and runs again",)
