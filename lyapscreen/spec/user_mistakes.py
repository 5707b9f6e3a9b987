"""Mistakes in the user's own code, as one error with their own file and line."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import Any

from lyapscreen.errors import LONGEST_VALUE, EnvironmentFailure, LyapscreenError, SettingError
from lyapscreen.spec.out_of_memory import is_out_of_memory

LONGEST_MESSAGE = 300
"""Characters of an exception's own words that are passed on."""


def defined_at(value: str, function: Callable[..., Any]) -> str:
    """Return where a function begins, as in `model.py line 3`; its name where Python does not know."""
    plain = inspect.unwrap(vars(function).get("__init__", function) if isinstance(function, type) else function)
    code = getattr(plain, "__code__", None) or getattr(type(plain).__call__, "__code__", None)
    if code is None:
        return str(getattr(function, "__qualname__", type(function).__name__))
    return f"{_shown(code.co_filename, value)} line {code.co_firstlineno}"


def own_file(value: str, folder: str) -> str:
    """Return the absolute path of the file that `value` names, or of the module once it is imported."""
    home = value.rpartition(":")[0]
    if home.endswith(".py"):
        return os.path.realpath(Path(folder, home))
    return getattr(sys.modules.get(home), "__file__", None) or ""


@contextmanager
def blaming(
    setting: str, value: str, error: type[SettingError], folder: str, function: Callable[..., Any] | None = None
) -> Iterator[None]:
    """Report what the user's code raises as one error with its file and line."""
    try:
        yield
    except LyapscreenError:
        raise
    except (Exception, SystemExit) as raised:  # Ctrl-C and our own SIGTERM are no mistakes of theirs
        if is_out_of_memory(raised):
            fix = "Allow more memory, or make it smaller"
            raise EnvironmentFailure(f"the memory ran out in --{setting} {value[:LONGEST_VALUE]}. {fix}.") from raised
        where = _blamed(raised, value, folder) or (defined_at(value, function) if function else value)
        fix = "Correct it there; --debug shows the whole traceback"
        raise error(setting, value, f"{where}: {_said(raised)}", fix) from raised


def _blamed(raised: BaseException, value: str, folder: str) -> str:
    """Return file and line of the innermost frame in a file of the user's; nothing where there is none."""
    own = own_file(value, folder)
    places = [(frame.f_code.co_filename, line) for frame, line in walk_tb(raised.__traceback__)]
    if isinstance(raised, SyntaxError) and raised.filename:
        places.append((raised.filename, raised.lineno or 1))
    for file, line in reversed(places):
        if file == own or not is_foreign(file):
            return f"{_shown(file, value, folder)} line {line}"
    return ""


def is_foreign(file: str) -> bool:
    """Return whether a file belongs to Python, to an installed package, or to lyapscreen."""
    libraries = Path(os.__file__).parent, Path(__file__).parents[1]
    path = Path(file)
    return file.startswith("<") or "site-packages" in path.parts or any(lib in path.parents for lib in libraries)


def _shown(file: str, value: str, folder: str = "") -> str:
    """Return a path as the user typed it, else relative to the working directory where it lies below it."""
    home = value.rpartition(":")[0]
    if file == own_file(value, folder) and home.endswith(".py"):
        return home
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _said(raised: BaseException) -> str:
    """Return what an exception says, in one line."""
    if isinstance(raised, SystemExit):
        return f"it called sys.exit({'' if raised.code is None else repr(raised.code)})"
    try:
        message = raised.msg if isinstance(raised, SyntaxError) else str(raised)
    except Exception:  # a user's own __str__ may fail as well
        message = ""
    first = next((line for line in message.splitlines() if line.strip()), "")
    text = f"{type(raised).__name__}: {first}" if first else type(raised).__name__
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    return text if len(text) <= LONGEST_MESSAGE else text[: LONGEST_MESSAGE - 3] + "..."
