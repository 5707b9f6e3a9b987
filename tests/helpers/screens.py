"""A screen of the terminal read back: what a person sees, as words and numbers."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass

from rich.console import Console

from lyapscreen.report import terminal


@dataclass(frozen=True)
class Screen:
    """A printed ranking, taken apart."""

    lines: tuple[str, ...]
    facts: dict[str, str]
    """Labelled facts, each on one line."""
    heads: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    """By head; `mark` is what stands before it."""
    left_out: dict[str, int]
    """How many rows have no place in the table, by what became of them."""
    sparks: dict[str, str]
    """By activation."""
    legend: str

    @property
    def headline(self):
        return next(line for line in self.lines if line.isupper() or line.startswith("USE"))

    @property
    def pick(self):
        return next((row for row in self.rows if row["mark"] == ">"), None)


def shown(document, width=120, **how):
    """Print a document and read it back."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="utf-8")
    console = Console(file=file, width=width, force_terminal=True, color_system=None, legacy_windows=False)
    terminal.show(document, console, terminal.Shown(**how))
    file.flush()
    return read(raw.getvalue().decode())


def read(text):
    """Take a printed ranking apart."""
    lines = [line.rstrip() for line in text.splitlines()]
    head = next((i for i, line in enumerate(lines) if line.split()[:1] == ["#"]), None)
    facts = _facts(lines[:head])
    if head is None:
        return Screen(tuple(lines), facts, (), (), {}, {}, "")
    heads = tuple(re.split(r"\s{2,}", lines[head].strip()))
    end = lines.index("", head)
    body = [line for line in lines[head + 1 : end] if re.match(r"\s*\d+ ", line)]
    below = " ".join(line.strip() for line in lines[head + 1 + len(body) : end] if "──" not in line)
    legend_end = lines.index("", end + 1) if "" in lines[end + 1 :] else len(lines)
    legend = "\n".join(lines[end + 1 : legend_end])
    return Screen(tuple(lines), facts, heads, tuple(_row(heads, line) for line in body), _left_out(below),
                  _sparks(lines[legend_end:]), legend)  # fmt: skip


def _facts(lines):
    found, label = {}, ""
    for line in lines:
        if not line:
            label = ""
        elif match := re.match(r"  (\S.{7}) {2}(\S.*)", f"{line}"):
            label = match[1].strip()
            found[label] = match[2]
        elif line.startswith(" " * 12) and label:
            found[label] += f" {line.strip()}"
    return found


def _row(heads, line):
    place, *cells = re.split(r"\s{2,}", line.strip())
    rank, _, mark = place.partition(" ")
    return {"#": rank, "mark": mark, **dict(zip(heads[1:], cells, strict=True))}


def _left_out(below):
    text = below.partition("not shown: ")[2].partition("; --all")[0]
    return {words: int(count) for count, words in re.findall(r"(\d+) ((?:[a-z]+ ?)+?)(?: in [\d to]+ steps)? \(", text)}


def _sparks(lines):
    start = next((i for i, line in enumerate(lines) if " over lr, " in line), None)
    found = {}
    for line in lines[start + 1 :] if start is not None else []:
        match = re.match(r"(\S.*?) {2,}(\S+) {2}(best at lr \S+|works nowhere)$", line)
        if match is None:
            break
        found[match[1].strip()] = match[2]
    return found
