"""How a screening is run, from Python: what is no setting, and decides no number."""

from __future__ import annotations

import os

from lyapscreen.errors import SettingError


def check(*, run: object = None, resume: object = False, observer: object = None) -> None:
    """Refuse what cannot be a run directory, a yes or no, or an observer.

    Raises:
        SettingError: naming the first of them.

    """
    if run is not None and not (isinstance(run, str | os.PathLike) and isinstance(os.fspath(run), str)):
        raise SettingError("run", run, "a run is kept in a directory", "Write its path as text, or leave run out")
    if not isinstance(resume, bool):
        raise SettingError("resume", resume, "it must be True or False", "Write one of them")
    if observer is not None and not callable(observer):
        rule = "an observer is called with the progress"
        raise SettingError("observer", observer, rule, "Pass a function of one argument, or leave observer out")
