"""The part of a page that a benchmark writes, between two marks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """One part of a page, and the lines that mark it."""

    begin: str
    end: str

    def framed(self, lines: Iterable[str]) -> str:
        """Return what stands on the page from mark to mark.

        >>> Block("<", ">").framed(["a", "b"])
        '<\\na\\nb\\n>'
        """
        return "\n".join([self.begin, *lines, self.end])

    def replaced(self, page: str, framed: str) -> str:
        """Return a page with the part renewed.

        >>> Block("<", ">").replaced("1 <old> 2", "<new>")
        '1 <new> 2'
        """
        before, _, rest = page.partition(self.begin)
        _, _, after = rest.partition(self.end)
        return before + framed + after
