"""What a page shows first: the words and the order of the terminal's first screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lyapscreen.errors import SettingError
from lyapscreen.report.formats import code

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.results.records import Regime


@dataclass(frozen=True)
class Head:
    """A column of the short table."""

    key: str
    words: str
    number: bool


@dataclass(frozen=True)
class Line:
    """A row of the short table."""

    regime: Regime
    pick: bool
    cells: list[tuple[str, Head]]


@dataclass(frozen=True)
class FirstScreen:
    """What stands before everything else, in this order."""

    run: str
    """What was run."""
    headline: str
    settings: str
    """To paste into a training script; empty where nothing is recommended."""
    facts: list[tuple[str, str]]
    """What to take from it, each with its label."""
    heads: list[Head]
    lines: list[Line]
    """The configurations that can win."""
    below: list[str]
    """What the table leaves out, and what its words mean."""
    next: str
    """What to do next."""


@dataclass(frozen=True)
class Script:
    """The recommended training as code, or why there is none."""

    text: str = ""
    why_not: str = ""


def first_screen(document: Document) -> FirstScreen:
    """Return what the page shows first."""
    facts = [("", sentence) for sentence in document.sentences]
    return FirstScreen("", document.title, "", facts, [], [], [], "")


def script(document: Document) -> Script | None:
    """Return the script that `--code` writes; None where nothing is recommended."""
    if document.ranking.recommended is None:
        return None
    try:
        return Script(code.of_document(document))
    except SettingError as error:
        return Script(why_not=str(error))
