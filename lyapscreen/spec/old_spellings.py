"""Spellings of an earlier version, as this one has them, each with a notice: they go with the next release.

rank_by end      rank_by projected, keep last
schedule cosine:N   schedule cosine, full_steps N
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lyapscreen.errors import SettingError
from lyapscreen.spec import sweep

_COSINE = re.compile(r"cosine:([0-9]{1,9})")

_GOES = "the old spelling goes with the next release"


def translated(given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return settings in today's spelling, and what to tell whoever wrote them otherwise.

    >>> translated({"rank_by": "end"})[0]
    {'rank_by': 'projected', 'keep': 'last'}
    >>> translated({"schedule": "cosine:600"})[0]
    {'schedule': 'cosine', 'full_steps': 600}

    Raises:
        SettingError: an old spelling contradicts another setting.

    """
    found, notices = dict(given), []
    if found.get("rank_by") == "end":
        if found.get("keep", "last") != "last":
            rule, fix = f"it ranks for the last checkpoint, and keep is {found['keep']}", "Write --rank-by projected"
            raise SettingError("rank_by", "end", rule, fix)
        found |= {"rank_by": "projected", "keep": "last"}
        notices.append(f"rank-by end is now written --rank-by projected --keep last; {_GOES}")
    written = [found.get("schedule"), *_swept(found)]
    lengths = sorted({int(match[1]) for text in written if (match := _COSINE.fullmatch(str(text)))})
    if not lengths:
        return found, tuple(notices)
    if len(lengths) > 1 or str(found.get("full_steps", lengths[0])) != str(lengths[0]):
        rule = f"schedules are over the full training, so over {found.get('full_steps', lengths[-1])} steps as well"
        raise SettingError("schedule", f"cosine:{lengths[0]}", rule, "Write cosine, and its length to --full-steps")
    found["full_steps"] = lengths[0]
    if isinstance(found.get("schedule"), str):
        found["schedule"] = _today(found["schedule"])
    if _swept(found):
        axes = sweep.read(found["sweep"])
        found["sweep"] = {
            name: [_today(value) for value in values] if name == "schedule" else list(values) for name, values in axes
        }
    notices.append(f"schedule cosine:{lengths[0]} is now written --schedule cosine --full-steps {lengths[0]}; {_GOES}")
    return found, tuple(notices)


def of_first_schema(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec in a file of schema 1 as this version has it, so that the file can be shown and compared with.

    Raises:
        SettingError: it says what no spec of today can.

    """
    found, fix = dict(plain), "Rank again with this version"
    if found.get("rank_by") == "end":
        raise SettingError("rank_by", "end", "this version reads ahead in another way", fix)
    if any(str(value).startswith("cosine") for value in _swept(found)):
        raise SettingError("sweep.schedule", "cosine", "this version has schedules over the full training alone", fix)
    name, _, length = str(found.get("schedule", "constant")).partition(":")
    if name == "cosine":
        found |= {"schedule": name, "full_steps": int(length or found["steps"])}
    found["full_steps"] = max(found.get("full_steps", 0), found["steps"])
    return found


def _swept(given: Mapping[str, Any]) -> tuple[Any, ...]:
    return dict(sweep.read(given["sweep"])).get("schedule", ()) if given.get("sweep") else ()


def _today(value: sweep.Value) -> sweep.Value:
    return "cosine" if _COSINE.fullmatch(str(value)) else value
