"""Loads and calls the functions a user names; the only place where a person's own code is run.

Their mistakes come back as one error with their own file and line, and what they print goes to stderr: stdout
belongs to the results.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.spec import parsing
from lyapscreen.spec.user_mistakes import blaming, is_foreign, own_file


@dataclass(frozen=True)
class Named:
    """A user's function by its name: it travels to any process as text, and is loaded there when first called."""

    setting: str
    """The setting that names it."""
    value: str
    """`FILE.py:name` or `package.module:name`."""
    error: type[SettingError] = SettingError
    """What its mistakes are reported as."""
    folder: str = field(default_factory=os.getcwd)
    """What `value` is relative to: a worker may stand elsewhere."""

    @property
    def function(self) -> Callable[..., Any]:
        """The function itself."""
        return load(self.setting, self.value, error=self.error, folder=self.folder)

    @property
    def __signature__(self) -> inspect.Signature:
        """The function's signature, for `inspect.signature`."""
        return inspect.signature(self.function)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Call the function as `call` does."""
        function = self.function
        with _at_home(self.value, self.folder), blaming(self.setting, self.value, self.error, self.folder, function):
            return function(*args, **kwargs)


def names_code(value: str) -> bool:
    """Return whether text has the form `FILE.py:name` or `package.module:name`, or is a `FILE.py` with no name.

    >>> [names_code(text) for text in ("net.py:make", "nets.small:make", "net.py", "mlp:64,64", "table.csv")]
    [True, True, True, False, False]

    """
    home, _, name = value.rpartition(":")
    return value.endswith(".py") or (_is_dotted(name) and (home.endswith(".py") or _is_dotted(home)))


def load(
    setting: str, value: str, *, allowed: bool = True, error: type[SettingError] = SettingError, folder: str = ""
) -> Callable[..., Any]:
    """Return the function that `FILE.py:name` or `package.module:name` names.

    While it is loaded, modules beside the file (for `package.module`, in the working directory) can be imported;
    `sys.path` is as before afterwards. A file is run once a process unless it changes.

    Args:
        setting: the setting that names it, for messages.
        value: as typed; a path is relative to `folder`.
        allowed: False refuses it, as `--no-code` asks for.
        error: what mistakes are raised as.
        folder: what paths are relative to; the working directory when empty.

    Raises:
        SettingError: the class `error`; there is no such file, module or function, or loading it failed.

    """
    home, _, name = value.rpartition(":")
    if not names_code(value) or value.endswith(".py"):
        fix = "Write FILE.py:name or package.module:name, with the name of a function in it"
        raise error(setting, value, "it does not name a function", fix)
    if not allowed:
        fix = f"If you trust {home}, leave out --no-code, and no_code in the spec"
        raise error(setting, value, "it names code, which --no-code refuses to run", fix)
    with _at_home(value, folder), blaming(setting, value, error, folder):
        module = _from_file(setting, value, error, folder) if home.endswith(".py") else _module(setting, value, error)
        found: Any = module
        for part in name.split("."):
            if not hasattr(found, part):
                own = [key for key, other in vars(module).items() if callable(other) and not key.startswith("_")]
                fix = parsing.nearest(name, own) + (f"It has {', '.join(own[:8])}" if own else "It defines no function")
                raise error(setting, value, f"{home} has no {name}", fix)
            found = getattr(found, part)
    if not callable(found):
        raise error(setting, value, f"{name} is of type {type(found).__name__}, not a function", "Name a function")
    return found  # type: ignore[no-any-return]


def digest(value: str) -> str:
    """Return the SHA-256 of the file that `FILE.py:name` or `package.module:name` names, what it imports left out."""
    home, _, _ = value.rpartition(":")
    if home.endswith(".py"):
        return hashlib.sha256(Path(home).read_bytes()).hexdigest()
    module = sys.modules.get(home)
    path = getattr(module, "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


def call(
    setting: str,
    value: str,
    function: Callable[..., Any],
    /,
    *args: Any,
    error: type[SettingError] = SettingError,
    **kwargs: Any,
) -> Any:
    """Return `function(*args, **kwargs)`, a function that `value` named.

    Raises:
        SettingError: the class `error`; the function raised, or called `sys.exit`. Ctrl-C passes through.

    """
    with _at_home(value), blaming(setting, value, error, "", function):
        return function(*args, **kwargs)


def forget(paths: Iterable[str]) -> None:
    """Forget the user's modules whose files end in these paths: a worker that lives on may have had others."""
    tails = tuple(f"/{path}" for path in paths)
    for name, module in list(sys.modules.items()):
        file = str(getattr(module, "__file__", None) or "")
        if file.endswith(tails) and not is_foreign(file):
            del sys.modules[name]
    _executed.cache_clear()  # what a file has imported is not part of its date


@contextmanager
def _at_home(value: str, folder: str = "") -> Iterator[None]:
    """Make the modules beside the user's file importable, and send what is printed to stderr."""
    path, before = sys.path, list(sys.path)
    if names_code(value):
        own = own_file(value, folder) if ".py:" in value else ""
        path.insert(0, os.path.dirname(own) if own else os.path.abspath(folder))  # noqa: PTH100, PTH120  sys.path is text
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        sys.path = path
        path[:] = before


def _from_file(setting: str, value: str, error: type[SettingError], folder: str) -> ModuleType:
    home = value.rpartition(":")[0]
    path = Path(own_file(value, folder))
    if not path.is_file():
        beside = [other.name for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
        fix = parsing.nearest(path.name, beside) + "Paths are relative to the folder lyapscreen is started in"
        raise error(setting, value, f"there is no file {home}", fix)
    stat = path.stat()
    return _executed(str(path), stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=64)
def _executed(path: str, _changed: int, _size: int) -> ModuleType:
    """Run a file as a module; unlike the import system, this writes no bytecode beside it and trusts none."""
    module = ModuleType(f"lyapscreen_user_{Path(path).stem}_{hashlib.sha256(path.encode()).hexdigest()[:8]}")
    module.__file__ = path
    sys.modules[module.__name__] = module  # dataclasses and pickle look themselves up there
    try:
        exec(compile(Path(path).read_bytes(), path, "exec", dont_inherit=True), vars(module))
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module


def _module(setting: str, value: str, error: type[SettingError]) -> ModuleType:
    home = value.rpartition(":")[0]
    importlib.invalidate_caches()
    try:
        return importlib.import_module(home)
    except ModuleNotFoundError as missing:
        if missing.name is None or not f"{home}.".startswith(f"{missing.name}."):
            raise
        searched = "Modules are looked for in the working directory and among installed packages"
        fix = f"{searched}; for a file write FILE.py:name"
        raise error(setting, value, f"there is no module {missing.name}", fix) from None
