"""A term of the glossary, or all of it, as lines."""

from __future__ import annotations

from collections.abc import Iterator

from lyapscreen.errors import SettingError
from lyapscreen.report.text import glossary
from lyapscreen.spec.parsing import nearest


def lines(term: str) -> Iterator[str]:
    """Yield what explains a term; without one, every term by its kind.

    Raises:
        SettingError: nothing of that name is explained.

    """
    if not term.strip():
        yield from _every()
        return
    found = glossary.found(term)
    if not found:
        hint = nearest(term.casefold(), glossary.names())
        rule = "no word, symbol or column is called that"
        error = SettingError("TERM", term, rule, f"{hint}lyapscreen explain lists all")
        error.where = "TERM"  # no flag: it is typed without a name
        raise error
    for one in found:
        yield f"{one.name}: {one.meaning}"
        if one.also:
            yield f"Also called: {', '.join(one.also)}."


def _every() -> Iterator[str]:
    kind = ""
    for one in glossary.terms():
        if one.kind != kind:
            if kind:
                yield ""
            yield one.kind.upper()
            kind = one.kind
        yield f"{one.name}: {one.meaning}"
