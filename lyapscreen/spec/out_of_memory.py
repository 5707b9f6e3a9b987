"""Whether an error says that the memory ran out: it is the machine's failure, whatever the user wrote."""

from __future__ import annotations

import errno

from lyapscreen.errors import SettingError

WORDS = (
    "can't allocate memory", "Cannot allocate memory", "cannot allocate memory", "bad_alloc", "out of memory.",
    "CUDA out of memory", "failed to map segment", "Unable to allocate", "can't start new thread", "MemoryError",
)  # fmt: skip
"""How torch, numpy, the loader and the system say it; the error may have come as text from another process."""

DEPTH = 10
"""Most errors behind an error that are looked at."""


def is_out_of_memory(error: BaseException | None) -> bool:
    """Tell whether an error, or one behind it, says so.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(ValueError("Unable to allocate"))
    (True, False)
    """
    for _ in range(DEPTH):
        if error is None:
            return False
        if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
            return True
        said = isinstance(error, RuntimeError | ImportError | OSError | SettingError)
        if said and any(words in str(error) for words in WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False
