"""Warnings of what runs in a worker: they come back with its result, and are issued here, as if it had run here."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Work = TypeVar("Work")
Found = TypeVar("Found")

MOST = 20
"""Warnings that come back with one result."""


@dataclass(frozen=True)
class Warned:
    """A warning, without anything that only the worker could unpickle."""

    text: str
    category: type[Warning]
    """One of Python's own."""
    name: str
    """Of the category, should it be somebody else's."""
    file: str
    line: int

    @classmethod
    def of(cls, caught: warnings.WarningMessage) -> Warned:
        """Return what was caught."""
        known = next(base for base in caught.category.__mro__ if base.__module__ == "builtins")
        return cls(str(caught.message), known, caught.category.__name__, caught.filename, caught.lineno)


@dataclass(frozen=True)
class Recorded(Generic[Work, Found]):
    """A function whose result comes with the warnings that were issued meanwhile, each once."""

    function: Callable[[Work], Found]

    def __call__(self, work: Work) -> tuple[Found, tuple[Warned, ...]]:
        """Call the function, and write no warning."""
        with warnings.catch_warnings(record=True) as caught:
            found = self.function(work)
        return found, tuple(dict.fromkeys(map(Warned.of, caught)))[:MOST]


def issue(warned: Sequence[Warned], registry: dict[Any, Any]) -> None:
    """Issue warnings of a worker here, for this process's filters to decide on; `registry` remembers them."""
    for one in warned:
        category = one.category if one.name == one.category.__name__ else type(one.name, (one.category,), {})
        warnings.warn_explicit(one.text, category, one.file, one.line, registry=registry)
