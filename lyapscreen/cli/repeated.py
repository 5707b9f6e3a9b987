"""A flag written several times: lists add up, anything else has one value."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from lyapscreen.errors import SettingError


def merged(words: Sequence[str], valued: Mapping[str, str], adding: Collection[str]) -> list[str]:
    """Return a command line in which each flag that takes a value stands once.

    Args:
        words: as they were typed.
        valued: the flags that take one value: their setting by each spelling.
        adding: settings that are lists, whose values add up.

    >>> merged(["--act", "relu", "x.yaml", "--act=tanh"], {"--act": "act"}, {"act"})
    ['--act', 'relu,tanh', 'x.yaml']

    Raises:
        SettingError: a setting that has one value is given two.

    """
    found: list[list[str]] = []
    first: dict[str, list[str]] = {}
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        if word == "--":
            return [*(part for parts in found for part in parts), word, *reversed(waiting)]
        spelling, value = _divided(word)
        name = valued.get(spelling)
        if name is None or (value is None and not waiting):  # whoever parses it says that its value is missing
            found.append([word])
            continue
        value = waiting.pop() if value is None else value
        if name not in first:
            first[name] = [spelling, value]
            found.append(first[name])
        elif name in adding:
            first[name][1] += f",{value}"
        elif value != first[name][1]:
            both = f"{first[name][1]} and {value}"
            raise SettingError(name, both, "the flag is given twice, and it has one value", "Keep one of the two")
    return [part for parts in found for part in parts]


def _divided(word: str) -> tuple[str, str | None]:
    """Return a flag and the value that is written to it: `--lr=0.1`, `-oFILE`; None where that is the next word."""
    if word.startswith("--"):
        spelling, equals, value = word.partition("=")
        return spelling, value if equals else None
    return (word[:2], word[2:]) if len(word) > 2 else (word, None)
