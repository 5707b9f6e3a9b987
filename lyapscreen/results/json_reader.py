"""A ranking's JSON back into results, so that it can be printed or judged again without a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lyapscreen.errors import SettingError
from lyapscreen.results.edge import Edges, FamilyEdge, SeedEdge
from lyapscreen.results.ranking import Ranking, rank
from lyapscreen.results.records import SCHEMA, Full, Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from lyapscreen.spec.spec import NOT_IN_HASH, Spec
from lyapscreen.spec.sweep import Settings, Value

FIX = "Write one with lyapscreen rank --json FILE"

LONGEST_INPUT = 40
"""Characters of a wrong value that a message shows."""

OBJECTS = ("model", "loss")
"""Settings that may hold a function from Python, of which the file has the name alone."""


@dataclass(frozen=True)
class SavedRanking:
    """A ranking read from a file."""

    path: str
    spec: Spec
    """Functions and arrays that were given from Python stand there by name: it can be shown, and not run."""
    about: Mapping[str, Any]
    """`spec_hash`, `versions` and `score_name` of the run that wrote it."""
    results: tuple[Result, ...]
    edge: Edges | None
    """Where stability ends, if that was searched for."""

    @cached_property
    def ranking(self) -> Ranking:
        """The results ranked anew: the rows that were written."""
        return rank(self.results, self.spec.rank_by)


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
        text = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        refuse(f"it cannot be read ({getattr(error, 'strerror', None) or error})")
    try:
        document = _Document.model_validate_json(text)
    except ValidationError as error:
        refuse(_told(error))
    try:
        spec = spec_of(document.spec)
    except SettingError as error:
        refuse(f"its spec is wrong: {error.setting} {error.value}, {error.rule}")
    results: dict[Candidate, Result] = {}
    swept = tuple(name for name, _ in spec.sweep)
    for place, row in enumerate(document.ranking):
        missing = [name for name in swept if name not in row.further]
        if missing:
            refuse(f"ranking[{place}] has no {missing[0]}, which the spec sweeps")
        configuration = Configuration(row.activation, row.lr, tuple((name, row.further[name]) for name in swept))
        for seed in row.per_seed:
            candidate = Candidate(configuration, seed.seed)
            if candidate in results:
                refuse(f"ranking[{place}] has {candidate.id} a second time")
            results[candidate] = seed.result(candidate)
    if sum(row.recommended for row in document.ranking) > 1:
        refuse("it recommends more than one configuration")
    about = {
        "spec_hash": document.spec_hash,
        "versions": document.versions,
        "score_name": document.score_name,
    }
    edge = None if document.edge is None else document.edge.edges()
    return SavedRanking(path, spec, about, tuple(results.values()), edge)


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


class _Part(BaseModel):
    """What every part of the file is held to: no number in quotes, none that is not finite."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class _Measured(_Part):
    regime: Regime
    steps: Annotated[int, Field(ge=0)]
    effective: float | None
    transverse: float | None
    lyapunov: float | None
    end: float | None = None  # files written before this key was have no such value
    kantz_wolf: float | None
    kantz_wolf_slope: float | None
    train_loss: float | None
    held_out_loss: float | None
    held_out_score: float | None

    def measures(self) -> Measures:
        return Measures(**{name: getattr(self, name) for name in _Measured.model_fields})


class _Full(_Part):
    steps: Annotated[int, Field(ge=1)]
    best: float | None
    best_steps: int | None
    final: float | None


class _Seed(_Measured):
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    reason: str
    # Files written before these keys were have no such values.
    earlier: tuple[_Measured, ...] = ()
    local: tuple[float | None, ...] = ()
    full: _Full | None = None

    def result(self, candidate: Candidate) -> Result:
        rungs = (*(measured.measures() for measured in self.earlier), self.measures())
        full = None if self.full is None else Full(**dict(self.full))
        return Result(candidate, rungs, self.local, self.reason, full)


Positive = Annotated[float, Field(gt=0)]


class _Row(_Part):
    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Any] = Field(init=False)

    activation: str
    lr: Positive
    recommended: bool
    per_seed: Annotated[tuple[_Seed, ...], Field(min_length=1)]

    @property
    def further(self) -> Mapping[str, Value]:
        """Every other column that a value of an axis could be, the settings swept besides among them."""
        return {k: v for k, v in self.__pydantic_extra__.items() if v is None or isinstance(v, str | int | float)}


class _Family(_Part):
    activation: str
    settings: dict[str, str | int | float | bool | None]
    best_lr: Positive | None
    recommended: bool
    per_seed: Annotated[tuple[SeedEdge, ...], Field(min_length=1)]

    def edge(self) -> FamilyEdge:
        settings: Settings = tuple(self.settings.items())
        return FamilyEdge(self.activation, settings, self.best_lr, self.recommended, self.per_seed)


class _Edges(_Part):
    steps: Annotated[int, Field(ge=1)]
    max_growth: Positive
    lr_low: Positive
    lr_high: Positive
    families: Annotated[tuple[_Family, ...], Field(min_length=1)]

    def edges(self) -> Edges:
        families = tuple(family.edge() for family in self.families)
        return Edges(self.steps, self.max_growth, self.lr_low, self.lr_high, families)


class _Document(_Part):
    form: Annotated[int, Field(alias="schema", ge=SCHEMA, le=SCHEMA)]
    spec: dict[str, Any]
    spec_hash: str
    versions: dict[str, str]
    ranking: Annotated[tuple[_Row, ...], Field(min_length=1)]
    score_name: str = "score"
    edge: _Edges | None = None


class _Shown:
    """Stands in a spec for a function from Python, by the name the file has of it."""

    def __init__(self, name: str) -> None:
        self.__module__, _, self.__qualname__ = name.partition(":")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        name = f"{self.__module__}:{self.__qualname__}"
        raise SettingError("model", name, "the file has but the name of this function", "Run it from Python again")


def _told(error: ValidationError) -> str:
    """Turn pydantic's first finding into what is wrong and where: `ranking[3].lr is missing`."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"it is no JSON: {first['ctx']['error']}"
    where = _place(first["loc"])
    if first["loc"] == ("schema",) and isinstance(first["input"], int):
        return f"its schema is {first['input']}, this version reads {SCHEMA}"
    if first["type"] == "missing":
        return f"{where} is missing"
    if first["type"] == "too_short":
        return f"{where} is empty"
    rule = first["msg"].removeprefix("Input should be ")
    if not where:
        return f"it must be {rule}"
    shown = repr(first["input"])
    shown = shown if len(shown) <= LONGEST_INPUT else f"{shown[:LONGEST_INPUT]}..."
    return f"{where} must be {rule}, not {shown}"


def _place(loc: Sequence[int | str]) -> str:
    """Write a place in the file: `ranking[3].per_seed[0].steps`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
