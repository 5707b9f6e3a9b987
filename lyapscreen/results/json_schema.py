"""What the JSON of a ranking must hold, and what is wrong with one that does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from lyapscreen.results.edge import Edges, FamilyEdge, SeedEdge
from lyapscreen.results.records import SCHEMA, Full, Measures, Regime, Result
from lyapscreen.spec.candidates import Candidate
from lyapscreen.spec.measures import MEASURES
from lyapscreen.spec.sweep import Settings, Value

FIRST_SCHEMA = 1
"""The oldest that is read."""

LONGEST_INPUT = 40
"""Characters of a wrong value that a message shows."""


class _Part(BaseModel):
    """What every part of the file is held to: no number in quotes, none that is not finite."""

    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class _Stage(_Part):
    """How a probe stood at one length; the measures are fields of `_Measured`."""

    regime: Regime
    steps: Annotated[int, Field(ge=0)]

    def measures(self) -> Measures:
        values = {measure.name: getattr(self, measure.name) for measure in MEASURES}
        return Measures(self.regime, self.steps, **values)


if TYPE_CHECKING:
    _Measured = _Stage
else:
    # A file that was written before a measure was has no such key.
    _FIELDS = {one.name: (float | None, ... if one.in_first_files else None) for one in MEASURES}
    _Measured = create_model("_Measured", __base__=_Stage, **_FIELDS)


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


class Document(_Part):
    """The whole file."""

    form: Annotated[int, Field(alias="schema", ge=FIRST_SCHEMA, le=SCHEMA)]
    spec: dict[str, Any]
    spec_hash: str
    versions: dict[str, str]
    ranking: Annotated[tuple[_Row, ...], Field(min_length=1)]
    score_name: str = "score"
    train_rows: Annotated[int, Field(ge=1)] | None = None
    edge: _Edges | None = None
    task: str | None = None
    baseline_score: float | None = None
    held_out_rows: Annotated[int, Field(ge=1)] | None = None
    classes: Annotated[int, Field(ge=1)] | None = None
    notices: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def explained(error: ValidationError) -> str:
    """Return what is wrong with a file and where, by pydantic's first finding: `ranking[3].lr is missing`."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        return f"it is not JSON: {first['ctx']['error']}"
    where = _path(first["loc"])
    if first["loc"] == ("schema",) and isinstance(first["input"], int):
        return f"its schema is {first['input']}, and this version reads schemas {FIRST_SCHEMA} to {SCHEMA}"
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


def _path(loc: Sequence[int | str]) -> str:
    """Write the path to a value in the file: `ranking[3].per_seed[0].steps`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")
