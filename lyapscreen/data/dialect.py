"""How a text table is laid out: its letters, what stands above the rows, and what separates cells."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from lyapscreen.data.numerals import Decimal, shows_decimal, split
from lyapscreen.data.text import shown
from lyapscreen.errors import DataError

WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes", " ": "spaces"}
SNIFFED_LINES = 200
MOSTLY = 0.9
"""Share of lines with equally many cells from which on another separator is not looked for."""
MOST_ABOVE = 20
"""Lines above the rows that are passed over at most."""

_SEP = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_COMMENT = re.compile(r"\s*(#|%|//)")


@dataclass(frozen=True)
class Dialect:
    """The layout of a text table."""

    separator: str
    skipped: int
    """Lines of the file above the first row or header."""
    uncommented: bool = False
    """Whether the first line is a header behind a comment sign."""
    short_header: bool = False
    """Whether the header lacks the name of the first column, as R writes it."""
    trailing: bool = False
    """Whether every row ends with a separator, the header aside."""
    notices: tuple[str, ...] = ()


def records(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of every row and the line it ends on, blank lines left out.

    Raises:
        csv.Error: a line cannot be split.

    """
    if separator == " ":
        lines = (line if '"' in line else " ".join(line.split()) + "\n" for line in lines)
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        for fields in reader:
            if len(fields) < 2 and not "".join(fields).strip():
                continue  # a blank line
            yield reader.line_num, fields
    except csv.Error as error:
        raise csv.Error(str(error), reader.line_num) from None


def sniff(value: str, lines: Iterable[str], usual: str, given: str | None, skip_rows: int | None) -> Dialect:
    """Return the layout that the first lines of a file show.

    Args:
        value: the path as typed.
        lines: of the file, from its first.
        usual: the separator its suffix stands for.
        given: the separator asked for.
        skip_rows: how many lines are passed over whatever they hold; None finds titles and comments.

    Raises:
        DataError: there is no line, or lines that are no rows stand above them.

    """
    top = list(islice(lines, (skip_rows or 0) + SNIFFED_LINES))
    skipped = min(skip_rows or 0, len(top))
    notices: list[str] = []
    rest = top[skipped:]
    hint = _SEP.fullmatch(rest[0]) if rest else None
    if hint and skip_rows is None:
        given, skipped, rest = given or hint[1], skipped + 1, rest[1:]
        notices.append(f"separator: {WORDS.get(given, given)}, as the first line says")
    while rest and not rest[0].strip():
        skipped, rest = skipped + 1, rest[1:]
    comments = 0
    while skip_rows is None and comments < len(rest) and _COMMENT.match(rest[comments]):
        comments += 1
    body = rest[comments:] if comments < len(rest) else rest
    separator = given or _separator(body, usual)
    if separator != usual and given is None:
        notices.append(f"separator: {WORDS[separator]}; --separator overrides this")
    if comments and comments < len(rest):
        found = _behind_comment(rest[comments - 1], body, separator)
        passed = rest[: comments - found]
        skipped, rest = skipped + len(passed), rest[len(passed) :]
        if passed:
            notices.append(_passed(passed, "a comment" if len(passed) == 1 else "comments"))
        if found:
            notices.append(f"header: line {skipped + 1} names the columns behind a comment sign; --skip-rows overrides")
            return Dialect(separator, skipped, True, notices=tuple(notices))
    if skip_rows is None and (titles := _padded(rest, separator)):
        notices.append(_passed([line for line in rest[:titles] if line.strip()], "no row"))
        skipped, rest = skipped + titles, rest[titles:]
    widths = [len(fields) for _, fields in _tried(rest, separator)]
    usual_width = max(set(widths), key=lambda width: (widths.count(width), width == widths[0])) if widths else 0
    above = next((i for i, width in enumerate(widths) if width == usual_width), 0)
    if above and usual_width > 1 and skip_rows is None:
        return _above(value, rest, separator, skipped, usual_width, above, notices)
    return Dialect(separator, skipped, notices=tuple(notices))


def _above(
    value: str, rest: list[str], separator: str, skipped: int, width: int, above: int, notices: list[str]
) -> Dialect:
    """Return the layout where the first lines have another number of cells than the rows."""
    rows = [fields for _, fields in _tried(rest, separator)]
    first, body = rows[:above], rows[above:]
    head = first[-1]
    titles = first if sum(bool(cell.strip()) for cell in head) <= 1 else first[:-1]
    if any(sum(bool(cell.strip()) for cell in fields) > 1 for fields in titles) or above > MOST_ABOVE:
        _refuse(value, skipped + 1, len(first[0]), width)
    lines = [i for i, line in enumerate(rest) if line.strip()]
    start = lines[len(titles)] if len(titles) < len(lines) else 0
    if titles:
        notices.append(_passed([line for line in rest[:start] if line.strip()], "no row"))
    if len(titles) == len(first):
        return Dialect(separator, skipped + start, notices=tuple(notices))
    full = [fields for fields in body if len(fields) == width]
    trailing = all(not fields[-1].strip() for fields in full)
    distinct = len({fields[0] for fields in full}) == len(full)
    if len(head) != width - 1 or not (trailing or distinct):
        _refuse(value, skipped + start + 1, len(head), width)
    if not trailing:
        notices.append(f"header: line {skipped + start + 1} has no name for the first column")
    return Dialect(separator, skipped + start, False, not trailing, trailing, tuple(notices))


def _padded(lines: list[str], separator: str) -> int:
    """Return how many first lines are a title that a spreadsheet has given as many cells as the rows have."""
    rows = [[cell.strip() for cell in fields] for _, fields in _tried(lines, separator)]
    filled = [sum(map(bool, fields)) for fields in rows]
    usual = sorted(filled)[len(filled) // 2] if filled else 0
    titles = 0
    while usual >= 3 and filled[titles] <= 1 and all(split(cell) is None for cell in rows[titles] if cell):
        titles += 1
    places = [i for i, line in enumerate(lines) if line.strip()]
    return places[titles] if titles else 0


def _refuse(value: str, line: int, width: int, usual: int) -> None:
    rule = f"line {line} has {width} fields, but the lines below have {usual}"
    raise DataError("data", value, rule, "Pass over lines that are no rows with --skip-rows, or name the --separator")


def _passed(lines: list[str], what: str) -> str:
    lines = [text for line in lines if (text := line.strip(" \t\r\n" + "".join(WORDS)))]
    text = shown(lines[0]) if lines else "empty"
    more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
    first = f"{len(lines)} lines" if more else "line"
    return f"passed over the first {first} ({text}{more}): {what}; --skip-rows 0 overrides this"


def _behind_comment(line: str, body: list[str], separator: str) -> bool:
    """Return whether a comment above the rows is their header."""
    text = _COMMENT.sub("", line, count=1)
    names = next((fields for _, fields in _tried([text], separator)), [])
    width = next((len(fields) for _, fields in _tried(body, separator)), 0)
    return len(names) == width > 1 and all(name.strip() and split(name.strip()) is None for name in names)


def _tried(lines: Iterable[str], separator: str) -> list[tuple[int, list[str]]]:
    """Return the rows up to the first line that cannot be split."""
    found: list[tuple[int, list[str]]] = []
    with suppress(csv.Error):
        found.extend(records(lines, separator))
    return found


def _separator(lines: list[str], usual: str) -> str:
    """Return the separator under which the lines have equally many cells, and the cells hold no other."""
    # The last line may be cut where the sample ends within a quoted cell.
    order = (usual, *(other for other in WORDS if other not in (usual, " ")))
    scores = {}
    spaces = True
    for other in order:
        rows = [fields for _, fields in _tried(lines, other)]
        widths = [len(fields) for fields in rows]
        width = max(set(widths), key=widths.count) if widths else 0
        if width > 1:
            steady = widths.count(width) / len(widths)
            scores[other] = (round(steady * _clean(rows, other), 3), -order.index(other))
            if steady == 1:
                spaces = False
    # Spaces are in cells too, and the words of a sentence are none.
    if spaces and not (scores and max(scores.values())[0] > MOSTLY):
        rows = [fields for _, fields in _tried(lines, " ")]
        if rows and len({len(fields) for fields in rows}) == 1 < len(rows[0]) and _numbers(rows) > 0.5:
            return " "
    return max(scores, key=scores.__getitem__) if scores else usual


def _numbers(rows: list[list[str]]) -> float:
    """Return the share of cells that are numbers."""
    cells = [cell for fields in rows[-50:] for cell in fields]
    return sum(split(cell) is not None for cell in cells) / max(len(cells), 1)


def _clean(rows: list[list[str]], separator: str) -> float:
    """Return the share of cells that hold no other separator, unless they are numbers."""
    others = [other for other in WORDS if other not in (separator, " ")]
    cells = [cell for fields in rows[-50:] for cell in fields]
    odd = [cell for cell in cells if any(other in cell for other in others) and split(cell) is None]
    return 1 - len(odd) / max(len(cells), 1)


def decimal_of(rows: Iterable[list[str]], separator: str) -> Decimal | None:
    """Return the decimal mark that the cells of a file show; None where they show none, or both."""
    shows: set[Decimal] = set()
    commas = False
    for fields in rows:
        for field in fields:
            if ("," in field or "." in field) and (cell := split(field)) is not None:
                commas = commas or "," in field
                shows |= {mark for mark in (".", ",") if shows_decimal(cell.digits, mark)}
    if len(shows) == 1:
        return shows.pop()
    return "," if not shows and commas and separator == ";" else None
