"""Files of JSON lines, one a candidate, to which whole batches are appended: read, and cut back after a crash.

Each line carries a checksum of itself. What is damaged is set aside, and its batch is done again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from lyapscreen.errors import OutputError
from lyapscreen.report.output import Destination
from lyapscreen.screening import durable
from lyapscreen.spec import documents

SEAL = re.compile(r', "sum": "([0-9a-f]{32})"\}')
"""How a line ends: the checksum of the line without it."""


class BatchLine(Protocol):
    """The line of one candidate of a batch."""

    @property
    def of(self) -> int:
        """Candidates in that batch: so many lines make it whole."""

    def text(self) -> str:
        """Return the line as JSON, with its end."""


AnyLine = TypeVar("AnyLine", bound=BatchLine)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Found(Generic[AnyLine]):
    """What a file of lines holds."""

    lines: tuple[AnyLine, ...]
    """Those that are whole."""
    damaged: tuple[int, ...]
    """Numbers, from 1, of lines before the end that are not as they were written."""
    torn: bool
    """Whether the last line has no end."""


def sealed(plain: Mapping[str, Any]) -> str:
    r"""Return a line of JSON with its checksum.

    >>> sealed({"a": 1})
    '{"a": 1, "sum": "6903fb303cd60ccb0a2b9c2592fa773b"}\n'
    """
    text = json.dumps(plain, allow_nan=False)
    return f'{text[:-1]}, "sum": "{durable.digest(text.encode()).hex()}"}}\n'


def opened(text: str) -> dict[str, Any]:
    """Return what a line holds; files of earlier versions have no checksums.

    Raises:
        ValueError: it is no JSON, or not what was written.

    """
    text = text.removesuffix("\n")
    found = SEAL.search(text)
    if found:
        if found.end() != len(text):
            raise ValueError("something follows the checksum")
        text = text[: found.start()] + "}"
        if durable.digest(text.encode()).hex() != found[1]:
            raise ValueError("the checksum is another")
    plain = json.loads(text)
    if not isinstance(plain, dict):
        raise ValueError("it is no object")
    return plain


def read(file: Path, from_text: Callable[[str], AnyLine]) -> Found[AnyLine]:
    """Return what a file in a run directory holds, nothing if there is no file.

    Raises:
        OutputError: it cannot be read.

    """
    try:
        content = documents.read(file, capped=False)
    except FileNotFoundError:
        content = b""
    except OSError as error:
        rule, fix = (
            f"its {file.name} cannot be read ({error.strerror})",
            "Delete that file: with --resume it is made anew",
        )
        raise OutputError("run", str(file.parent), rule, fix) from error
    *parts, rest = content.split(b"\n")
    has_sums = any(SEAL.search(part.decode("utf-8", "replace")) for part in parts)
    lines, damaged = [], []
    for number, part in enumerate(parts, start=1):
        try:
            text = part.decode()
            if has_sums and not SEAL.search(text):
                raise ValueError("it has no checksum")
            lines.append(from_text(text))
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
            damaged.append(number)
    return Found(tuple(lines), tuple(damaged), rest != b"")


def recovered(
    file: Path,
    from_text: Callable[[str], AnyLine],
    key: Callable[[AnyLine], Key],
    is_kept: Callable[[AnyLine], bool] = lambda _: True,
) -> tuple[dict[Key, list[AnyLine]], tuple[str, ...]]:
    """Return the lines of whole batches, by batch, and notices of what was cut from the file.

    Args:
        file: in a run directory; it need not be there. Where it is damaged it is set aside as it is.
        from_text: reads a line.
        key: says which batch a line is of.
        is_kept: whether what belongs to a line, beside it, is there too; a batch that lacks it is not whole.

    Raises:
        OutputError: it cannot be read.

    """
    found = read(file, from_text)
    by_batch: dict[Key, list[AnyLine]] = {}
    for line in found.lines:
        by_batch.setdefault(key(line), []).append(line)
    whole = {
        batch: group for batch, group in by_batch.items() if len(group) == group[0].of and all(map(is_kept, group))
    }
    notices = []
    if found.damaged:
        durable.set_aside(file)
        many = f"lines {_listed(found.damaged)}" if len(found.damaged) > 1 else f"line {found.damaged[0]}"
        notices.append(
            f"run: {many} of {file}: damaged; what they belong to runs again, the file is now {file.name}.damaged"
        )
    elif not found.torn and len(whole) == len(by_batch):
        return whole, ()
    else:
        notices.append(f"run: {file} ended in an unfinished batch, which was dropped and runs again")
    rewrite(file, whole.values())
    return whole, tuple(notices)


def rewrite(file: Path, batches: Iterable[Iterable[AnyLine]]) -> None:
    """Replace a file by the lines of these batches."""
    with Destination("run", str(file)) as destination:
        destination.write("".join(line.text() for group in batches for line in group))


def _listed(numbers: tuple[int, ...], most: int = 5) -> str:
    more = f" and {len(numbers) - most} more" if len(numbers) > most else ""
    return ", ".join(map(str, numbers[:most])) + more
