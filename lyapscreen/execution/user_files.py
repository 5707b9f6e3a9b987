"""The user's own files go with the work: a worker on another machine has no folder of theirs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Generic, TypeVar

from lyapscreen import execution
from lyapscreen.errors import SettingError
from lyapscreen.execution import Cluster, WorkerDied
from lyapscreen.execution.temporary import MarkedDirectory, remove_left
from lyapscreen.spec import user_code, user_mistakes
from lyapscreen.spec.spec import Spec

Data = TypeVar("Data")
Work = TypeVar("Work")
Found = TypeVar("Found")

CODE = ("model", "loss")
"""Settings that may name code which a worker runs; data has been read before."""


@dataclass(frozen=True)
class File:
    """A file that a worker reads."""

    setting: str
    """The setting that asks for it."""
    value: str
    """As typed."""
    path: str
    """Relative to the caller's folder if it lies there; absolute else."""
    content: bytes


@dataclass(frozen=True)
class Carried(Generic[Work, Found]):
    """A function that is called where its files are: in the folder it finds itself in, or in a copy of them."""

    function: Callable[[Work], Found]
    files: tuple[File, ...]

    def __call__(self, work: Work) -> Found:
        """Call the function with these very files.

        Raises:
            SettingError: a file outside of the caller's folder is not here, or is another here.

        """
        with chdir(_folder(self.files, str(Path.cwd()))):
            return self.function(work)


def execute(
    function: Callable[[Spec, Data, Work], Found], spec: Spec, data: Data, works: Sequence[Work], workers: int | Cluster
) -> Iterator[tuple[int, Found | WorkerDied]]:
    """Yield (index, result) of `function(spec, data, work)` as each finishes; `execution.execute` says more.

    Spec and data go to the workers once; so do the user's files, where workers of a cluster may not see them.
    """
    call: Callable[[Work], Found] = partial(function, spec, data)
    yield from execution.execute(carried(call, spec) if isinstance(workers, Cluster) else call, works, workers)


def carried(function: Callable[[Work], Found], spec: Spec) -> Callable[[Work], Found]:
    """Return the function with the files of the user that the spec makes it read, if there are any."""
    files = tuple(dict.fromkeys(_files(spec)))
    return Carried(function, files) if files else function


def _files(spec: Spec) -> Iterator[File]:
    """Yield the files named, and the modules beside them that were imported when the model was looked at."""
    here = Path.cwd()
    for setting in CODE:
        value = getattr(spec, setting)
        if not isinstance(value, str) or not user_code.names_code(value):
            continue
        home = Path(value.rpartition(":")[0])
        root = here
        if home.suffix == ".py":
            yield File(setting, value, str(home), home.read_bytes())
            root = home.resolve().parent
        for path in _imported(root):
            shown = path.relative_to(here) if path.is_relative_to(here) else path
            yield File(setting, value, str(shown), path.read_bytes())
    if spec.weights is not None:
        yield File("weights", spec.weights, spec.weights, Path(spec.weights).read_bytes())


def _imported(root: Path) -> list[Path]:
    """Return the files of modules below a folder that Python has imported, the user's own alone."""
    named = {str(getattr(module, "__file__", None) or "") for name, module in list(sys.modules.items())
             if name not in ("__main__", "__mp_main__") and not name.startswith("lyapscreen_user_")}  # fmt: skip
    return sorted(
        Path(file) for file in named
        if file.endswith(".py") and Path(file).is_relative_to(root) and not user_mistakes.is_foreign(file)
    )  # fmt: skip


@lru_cache(maxsize=1)
def _folder(files: tuple[File, ...], here: str) -> str:
    """Return a folder in which all the files are found as they were at the caller's.

    Modules of another run are forgotten: they may be other than the ones of this name that came along.
    """
    user_code.forget(file.path for file in files)
    if all(_is_here(file) for file in files):
        return here
    for file in files:
        if _is_outside(file) and not _is_here(file):
            rule = (
                f"the worker has no {file.path}, or a different one, and it lies outside the folder that is sent along"
            )
            fix = "Start lyapscreen in a folder that contains it, or put the same file at that path on the worker"
            raise SettingError(file.setting, file.value, rule, fix)
    folder = Path(mkdtemp(dir=_kept().name))
    for file in files:
        if not _is_outside(file):
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).write_bytes(file.content)
    return str(folder)


@lru_cache(maxsize=1)
def _kept() -> MarkedDirectory:
    """Make the directory of all copies; it goes when the process ends."""
    remove_left()
    return MarkedDirectory("files")


def _is_here(file: File) -> bool:
    path = Path(file.path)
    return path.is_file() and path.read_bytes() == file.content


def _is_outside(file: File) -> bool:
    return Path(file.path).is_absolute() or ".." in Path(file.path).parts
