"""A ranking's JSON back into results, so that it can be printed or judged again without a probe."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from lyapscreen.errors import SettingError
from lyapscreen.results import json_schema
from lyapscreen.results.edge import Edges
from lyapscreen.results.ranking import Ranking, ranked
from lyapscreen.results.records import Result
from lyapscreen.results.settings import Facts
from lyapscreen.spec import documents, old_spellings
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.plain import NOT_IN_HASH
from lyapscreen.spec.spec import NAMED_DATA, Spec

FIX = "Write one with lyapscreen rank --json FILE"

OBJECTS = ("model", "loss")
"""Settings that may hold a function from Python, of which the file has the name alone."""


@dataclass(frozen=True)
class SavedRanking:
    """A ranking and what it was made with, as a file holds it."""

    path: str
    """The file it was read from; empty if it was made now."""
    spec: Spec
    """Functions and arrays that were given from Python stand there by name: it can be shown, and not run."""
    about: Mapping[str, Any]
    """`spec_hash`, `versions`, `score_name` and what else `identity` says of the run that wrote it."""
    results: tuple[Result, ...]
    edge: Edges | None
    """Where stability ends, if that was searched for."""
    notices: tuple[str, ...] = ()
    """How data and model were taken."""
    warnings: tuple[str, ...] = ()
    """Of data and model, and of the recommendation as it was worded then."""

    @cached_property
    def ranking(self) -> Ranking:
        """The results ranked anew: the rows that were written."""
        return ranked(self.results, self.spec, facts=Facts(self.about.get("task"), self.about.get("train_rows")))


def read(path: str, setting: str = "ranking") -> SavedRanking:
    """Read the JSON of a ranking.

    Rows, intervals and groups are not taken from the file but follow from its values per seed, as they did
    when it was written. No code of the user's is loaded.

    Args:
        path: a file that `rank --json`, `edge --json` or `Screening.to_json` wrote.
        setting: what names it, for messages.

    Raises:
        SettingError: it cannot be read, or is no such file; the message says where and what is wrong.

    """

    def refuse(rule: str) -> NoReturn:
        raise SettingError(setting, path, rule, FIX) from None

    try:
        text = documents.read(path)
    except (OSError, ValueError) as error:
        refuse(f"it cannot be read ({getattr(error, 'strerror', None) or error})")
    try:
        document = json_schema.Document.model_validate_json(text)
    except ValidationError as error:
        refuse(json_schema.explained(error))
    try:
        spec = spec_of(document.spec if document.form > 1 else old_spellings.of_first_schema(document.spec))
    except SettingError as error:
        refuse(f"its spec is wrong: {error.setting} {error.value}, {error.rule}")
    results: dict[Candidate, Result] = {}
    swept = tuple(name for name, _ in spec.sweep)
    for index, row in enumerate(document.ranking):
        missing = [name for name in swept if name not in row.further]
        if missing:
            refuse(f"ranking[{index}] has no {missing[0]}, which the spec sweeps")
        configuration = Configuration(row.activation, row.lr, tuple((name, row.further[name]) for name in swept))
        for seed in row.per_seed:
            candidate = Candidate(configuration, seed.seed)
            if candidate in results:
                refuse(f"ranking[{index}] has {candidate.id} a second time")
            results[candidate] = seed.result(candidate)
    if sum(row.recommended for row in document.ranking) > 1:
        refuse("it recommends more than one configuration")
    about = {
        "spec_hash": document.spec_hash,
        "versions": document.versions,
        "score_name": document.score_name,
        "train_rows": document.train_rows,
        "task": document.task,
        "baseline_score": document.baseline_score,
        "held_out_rows": document.held_out_rows,
        "classes": document.classes,
    }
    edge = None if document.edge is None else document.edge.edges()
    return SavedRanking(path, spec, about, tuple(results.values()), edge, document.notices, document.warnings)


def spec_of(plain: Mapping[str, Any]) -> Spec:
    """Return the spec that `Spec.plain` made plain; what was no text stands there by its name and cannot be run.

    Raises:
        SettingError: it is no such spec.

    """
    try:
        return Spec.of(**plain)
    except SettingError as error:
        name = plain.get(error.setting)
        if error.setting not in OBJECTS or not isinstance(name, str) or ":" not in name:
            raise
        return spec_of({**plain, error.setting: _Shown(name)})


def require_named(spec: Spec) -> None:
    """Refuse a spec read from a file that holds only the name of what was given from Python.

    Raises:
        SettingError: naming the setting.

    """
    for setting in ("data", *OBJECTS):
        value = getattr(spec, setting)
        name = value.name if isinstance(value, _Shown) else value
        if isinstance(value, _Shown) or (isinstance(value, str) and _is_of_python(setting, value)):
            rule = "it was given from Python, and the file holds its name alone"
            fix = "Call replay in the script that screened it, or name a file and a function in it: FILE.py:name"
            raise SettingError(setting, name, rule, fix)


def _is_of_python(setting: str, value: str) -> bool:
    """Tell whether `Spec.plain` wrote this for an object: arrays by a word, what a script defines by `__main__`."""
    if setting == "data" and value.isidentifier():
        return value not in NAMED_DATA and not Path(value).exists()
    home, _, name = value.partition(":")
    return home == "__main__" and not hasattr(sys.modules["__main__"], name)


def differences(now: tuple[Spec, Mapping[str, Any]], then: SavedRanking) -> list[str]:
    """Return what an earlier run had otherwise, each as `steps 50, now 100`; lists of values by name alone.

    Args:
        now: spec and `about` of the later run.
        then: the earlier one.

    """
    plain, before = now[0].plain(), then.spec.plain()
    named = [name for name in plain if plain[name] != before.get(name) and name not in NOT_IN_HASH]
    short = [(name, before.get(name), plain[name]) for name in named if not isinstance(plain[name], list | dict)]
    found = [f"{name} {old}, now {new}" for name, old, new in short]
    found += [f"other values of {name}" for name in named if isinstance(plain[name], list | dict)]
    versions, old_versions = now[1]["versions"], then.about["versions"]
    found += [
        f"{name} {old_versions.get(name)}, now {version}"
        for name, version in versions.items()
        if version != old_versions.get(name)
    ]
    return found or (["other data"] if now[1]["spec_hash"] != then.about["spec_hash"] else [])


class _Shown:
    """Stands in a spec for a function from Python, by the name the file has of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.__module__, _, self.__qualname__ = name.partition(":")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise SettingError(
            "model", self.name, "the file holds only the name of this function", "Run it from Python again"
        )
