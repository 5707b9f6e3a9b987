"""What is measured of a probe, one entry a measure: its columns, its order, its words and its direction.

Everything that lists measures reads this table: the choices of `rank_by`, the columns of every file, the table on a
terminal, the report, its words, and the rules that `validate` judges. A new measure is an entry here, a field of
`Measures` and of `Row`, and what computes it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Literal

DEFAULT_RANK_BY = "projected"
"""What orders a ranking unless `rank_by` says otherwise."""


class Columns(Enum):
    """Where a measure stands in the files that programs read."""

    STANDING = auto()
    """Among the first columns of every ranking."""
    APPENDED = auto()
    """Behind `recommended`, in every ranking: files of before it was measured lack it at their end alone."""
    PER_SEED = auto()
    """None: in JSON, among the values of each seed."""
    INTERVALS = auto()
    """Behind all others: the ends of intervals that files had no columns for at first."""


@dataclass(frozen=True)
class Measure:
    """One number measured of every candidate."""

    name: str
    """The field of `Measures` and of `Row`, and the column."""
    columns_are: Columns = Columns.STANDING
    interval: bool = False
    """Whether the columns `_low` and `_high` of its mean over seeds stand beside it, or else behind all others."""
    in_first_files: bool = True
    """Whether JSON had it from the beginning; a file that lacks any other is an old one."""

    rank_by: str = ""
    """What `rank_by` calls it; empty: nothing is ranked by it."""
    hint: str = ""
    """What the help of `--rank-by` says of it."""
    highest_is_best: bool = False
    at_most: float = math.inf
    """The highest it can be: no interval of it reaches beyond."""
    reads_ahead: bool = False
    """Whether it is about the full training: one scale for probes of any length."""
    per_step: bool = False
    """Whether its unit is one over optimizer steps."""

    words: str = ""
    """What a person who knows no symbol calls it; over its column on a terminal."""
    plain: str = ""
    """What those words mean, under the table on a terminal; `{spec}` is filled in, and no full stop is needed."""
    on_first_screen: bool = False
    """Whether a terminal shows it whatever the ranking is by."""
    symbol: str = ""
    """What a formula calls it: `lambda_eff`."""
    head: str = ""
    """Over its column in a document; `{score}` is accuracy or R2. Empty: no person is shown it."""
    meaning: str = ""
    """One sentence, of that column."""
    terminal_head: str = ""
    """Over its column on a terminal with `--wide`, in two lines; empty: it is not shown there."""
    dropped: int | None = None
    """When a narrow terminal drops the column, the lowest number first; None: never."""
    shown_over: Literal["", "probe", "training"] = ""
    """Whose steps people are shown it summed over, which makes it the logarithm of a ratio."""
    digits_of: float | str = ""
    """A number, or on a terminal the measure beside it, that it is written with as many digits as."""
    legend: str = ""
    """Under the table on a terminal with `--wide`; `{spec}` is filled in."""
    glossary: str = ""
    """In the report's list of words."""

    rule: str = ""
    """What `validate` calls it as a rule to pick by; empty: it is none."""
    rule_needs: Literal["tangent", "loss", "neighbours"] = "tangent"
    """What a probe has to compute for that rule."""
    rule_by_regime: bool = False
    """Whether that rule looks at regime and steps first, as a ranking does."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns: the mean, then the ends of its interval."""
        if self.columns_are is Columns.PER_SEED:
            return ()
        return (self.name, f"{self.name}_low", f"{self.name}_high")

    def value(self, measured: object) -> float | None:
        """Return what a row or a seed has of it, with the sign that makes the lowest the best; None is undefined."""
        found: float | None = getattr(measured, self.name)
        return None if found is None else self.sign * found

    def columns_at(self, place: Columns) -> tuple[str, ...]:
        """Return those of its columns that stand in one place of a file."""
        if place is Columns.INTERVALS:
            return () if self.interval else self.columns[1:]
        if place is not self.columns_are:
            return ()
        return self.columns if self.interval else self.columns[:1]

    @property
    def sign(self) -> int:
        """What a value is multiplied by so that the lowest is the best."""
        return -1 if self.highest_is_best else 1


MEASURES = (
    Measure(
        "projected", Columns.APPENDED, interval=True, in_first_files=False,
        rank_by="projected", hint="for the full training: --full-steps, --schedule, --keep",
        reads_ahead=True, per_step=True,
        words="projected learning",
        plain="ln(error left) after {spec.full_steps:,} steps, plus a price on instability",
        symbol="lambda_proj", head="N λ_proj", terminal_head="projected\nN λ_proj", dropped=10, shown_over="training",
        meaning="λ_eff summed over the N steps of the full training, read off probes at higher learning rates.",
        legend="N λ_proj: λ_eff summed over {spec.full_steps:,} steps of training, read off probes at higher learning "
        "rates; of what learns, the lowest is the best.",
        glossary="λ_eff per step of the full training, N steps: what a learning rate does there, a higher one does in "
        "the T steps of a probe.",
        rule="projected learning", rule_by_regime=True,
    ),
    Measure(
        "effective", interval=True, rank_by="effective", per_step=True,
        words="effective speed",
        plain="change of ln(error) a step of the probe, plus a price on instability",
        symbol="lambda_eff", head="λ_eff", terminal_head="effective\nλ_eff", dropped=9,
        meaning="λ_perp + 0.1 max(λ_1, 0), per step: speed less what instability costs.",
        legend="λ_eff: how fast it learns in the probe, less what instability costs, per step.",
        glossary="Speed of learning less what instability costs: λ_perp + 0.1 max(λ_1, 0), per optimizer step.",
        rule="effective speed", rule_by_regime=True,
    ),
    Measure(
        "transverse", interval=True, rank_by="transverse", per_step=True,
        words="learning speed",
        plain="change of ln(error) a step of the probe",
        symbol="lambda_perp", head="λ_perp", terminal_head="learning\nλ_perp", dropped=1,
        meaning="How fast it nears the solutions, per step.",
        glossary="How fast training nears solutions that generalise, per optimizer step; negative is learning.",
        rule="learning speed",
    ),
    Measure(
        "lyapunov", interval=True, rank_by="lyapunov", per_step=True,
        words="instability", on_first_screen=True,
        plain="ln(growth of a tiny change) over the probe, worst seed; from {spec.ln_max_growth:.1f} "
        "({spec.max_growth:g} times) on chaotic",
        symbol="lambda_1", head="T λ_1", terminal_head="growth\nT λ_1", dropped=2, shown_over="probe", digits_of=1.0,
        meaning="Logarithm of a small change's growth over all steps.",
        legend="T λ_1: {spec.ln_max_growth:.1f} and more, in any seed, is chaotic: a small change then grows "
        "{spec.max_growth:g} times over.",
        glossary="The largest Lyapunov exponent of the optimizer step: nearby trainings part (above 0) or merge "
        "(below).",
        rule="instability",
    ),
    Measure(
        "kantz_wolf", rank_by="kantz-wolf", hint="the paper's rule",
        words="paper's estimate",
        plain="how fast neighbouring trainings part, as the paper computes it",
        symbol="lambda_KW", head="λ_KW", terminal_head="paper's\nλ_KW", dropped=3,
        meaning="The paper's estimate; not per step.",
        rule="paper's estimate", rule_needs="neighbours",
    ),
    Measure("kantz_wolf_slope", Columns.PER_SEED),
    Measure(
        "train_loss",
        words="training loss",
        symbol="training loss", head="train loss",
        meaning="Mean loss over the training part, at the end of the probe.",
        rule="training loss", rule_needs="loss",
    ),
    Measure(
        "held_out_loss", rank_by="loss", hint="held-out",
        words="held-out loss", on_first_screen=True,
        plain="the loss on rows that are not trained on, at the end of the probe",
        symbol="held-out loss", head="held-out loss", terminal_head="held-out\nloss", dropped=4,
        meaning="Mean loss over the held-out part, at the end of the probe.",
        rule="held-out loss", rule_needs="loss",
    ),
    Measure(
        "held_out_score", highest_is_best=True, at_most=1,
        words="{score}", on_first_screen=True,
        symbol="held-out score", head="held-out {score}", terminal_head="held-out\n{score}", dropped=7, digits_of=0.1,
        meaning="Over the held-out part, at the end of the probe.",
    ),
)  # fmt: skip
"""In the order in which people meet them."""

MEASURE: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}
"""By name."""

RANK_BY: Mapping[str, Measure] = {measure.rank_by: measure for measure in MEASURES if measure.rank_by}
"""By what `rank_by` calls them."""

RULES: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES if measure.rule}
"""The measures that are rules to pick by."""


def columns(*which: Columns) -> tuple[str, ...]:
    """Return the columns of the measures that stand in one of these places.

    >>> columns(Columns.APPENDED)
    ('projected', 'projected_low', 'projected_high')
    """
    return tuple(name for place in which for measure in MEASURES for name in measure.columns_at(place))


def rank_by_help() -> str:
    """Return the choices of `--rank-by` with what each is for, as a sentence lists them."""
    named = [f"{name} ({one.hint})" if one.hint else name for name, one in RANK_BY.items()]
    return f"{', '.join(named[:-1])} or {named[-1]}"
