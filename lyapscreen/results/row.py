"""One configuration in a ranking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lyapscreen.results.expected import Expected
from lyapscreen.results.naming import named
from lyapscreen.results.records import Regime, Result
from lyapscreen.results.settings import Origin, settings_of
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import Measure


@dataclass(frozen=True, repr=False)
class Row:
    """One configuration in the ranking; the fields up to `held_out_score_high` are the CSV's columns.

    Exponents are means over seeds, per optimizer step in natural logarithms; `_low` and `_high` are the ends of their
    95 % t-intervals over seeds. A mean is None unless all seeds have a finite value, an interval's ends besides with
    a single seed.

    >>> import lyapscreen as ls
    >>> row = ls.screen(data="wine", lr=[0.05, 0.2], act="relu", seeds=2, steps=20).recommended
    >>> row.rank, row.activation, row.lr, row.regime.value, row.seeds, row.steps
    (1, 'relu', 0.2, 'converging', 2, 20)
    >>> row.effective_low < row.effective < row.effective_high
    True
    >>> print(row)
    <Row 1: relu at lr 0.2, converging, held-out loss 0.176, score 1, 2 seeds, 20 steps, recommended>
    """

    rank: int
    group: int | None
    """Tie group, 1 the leader's; None where no comparison is possible (one seed, no value)."""
    activation: str
    lr: float
    regime: Regime
    """The worst among the seeds."""
    effective: float | None
    effective_low: float | None
    effective_high: float | None
    transverse: float | None
    transverse_low: float | None
    transverse_high: float | None
    lyapunov: float | None
    lyapunov_low: float | None
    lyapunov_high: float | None
    kantz_wolf: float | None
    train_loss: float | None
    held_out_loss: float | None
    held_out_score: float | None
    seeds: int
    steps: int
    """Steps reached by the seed that came least far."""
    best_seed: int | None
    """The seed that stands out from the others, if one does."""
    recommended: bool
    projected: float | None
    """lambda_proj, where the ranking is by it, per step of the full training."""
    projected_low: float | None
    projected_high: float | None
    full_loss: float | None
    """Held-out loss of full training at the checkpoint kept, the mean over seeds; None unless all seeds ended it."""
    full_loss_low: float | None
    full_loss_high: float | None
    full_steps: int | None
    """Steps of that full training; None where there was none."""
    kantz_wolf_low: float | None
    kantz_wolf_high: float | None
    train_loss_low: float | None
    train_loss_high: float | None
    held_out_loss_low: float | None
    held_out_loss_high: float | None
    held_out_score_low: float | None
    held_out_score_high: float | None
    seed_regimes: tuple[Regime, ...] = field(repr=False)
    """How each seed ended, ascending by seed."""
    results: tuple[Result, ...] = field(repr=False)
    """Per seed, ascending: the pairing of every comparison."""
    origin: Origin | None = field(default=None, repr=False, compare=False)
    """What it was screened with, where that is known."""

    def __repr__(self) -> str:
        """Say in one line which row it is and how it did; all its fields would fill a page."""
        return f"<Row {self.rank}: {self.summary}{', recommended' if self.recommended else ''}>"

    @property
    def summary(self) -> str:
        """The row in one line: what it is and how it did."""
        parts = [named(self.configuration, f"{self.lr:.9g}"), str(self.regime)]
        parts += [] if self.held_out_loss is None else [f"held-out loss {self.held_out_loss:.4g}"]
        parts += [] if self.held_out_score is None else [f"score {self.held_out_score:.3g}"]
        parts += [] if self.full_loss is None else [f"loss {self.full_loss:.4g} after {self.full_steps} steps"]
        return ", ".join([*parts, f"{self.seeds} seed{'s' * (self.seeds != 1)}", f"{self.steps} steps"])

    @property
    def configuration(self) -> Configuration:
        """What the row is about: activation, learning rate and the settings swept besides.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.configuration
        Configuration(activation='relu', lr=0.2, settings=(('batch_size', 32),))

        """
        return self.results[0].candidate.configuration

    @property
    def settings(self) -> dict[str, Any]:
        """What to type into a training script: every setting with the value that was used.

        >>> import lyapscreen as ls
        >>> found = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, optimizer="momentum")
        >>> list(found.recommended.settings.items())[:5]
        [('activation', 'relu'), ('lr', 0.2), ('optimizer', 'momentum'), ('momentum', 0.9), ('weight_decay', 0.0)]

        """
        if self.origin is None:  # ranked by hand, without a spec
            return {"activation": self.activation, "lr": self.lr, **dict(self.configuration.settings)}
        return settings_of(self.origin.spec, self.configuration, self.origin.facts)

    @property
    def expected(self) -> Expected:
        """What it can be expected to reach, with intervals."""
        if self.full_steps is not None:
            return Expected(self.full_loss, self.full_loss_low, self.full_loss_high, None, None, None, self.full_steps)
        loss = (self.held_out_loss, self.held_out_loss_low, self.held_out_loss_high)
        score = (self.held_out_score, self.held_out_score_low, self.held_out_score_high)
        return Expected(*loss, *score, self.steps)

    @property
    def regimes(self) -> Mapping[Regime, int]:
        """How many seeds ended in which regime, the best regime first; `regime` is the last of them.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> {str(regime): count for regime, count in row.regimes.items()}
        {'converging': 2}

        """
        count = Counter(self.seed_regimes)
        return {regime: count[regime] for regime in Regime if count[regime]}

    def interval(self, measure: Measure) -> tuple[float, float] | None:
        """Return the ends of a measure's 95 % interval over the seeds; None where there is none.

        >>> import lyapscreen as ls
        >>> from lyapscreen.spec.measures import MEASURE
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> low, high = row.interval(MEASURE["held_out_loss"])
        >>> low < row.held_out_loss < high
        True

        """
        low, high = (getattr(self, name) for name in measure.columns[1:])
        return None if low is None or high is None else (low, high)

    def value(self, column: str) -> Any:
        """Return what stands in a column: a field, or a swept setting.

        >>> import lyapscreen as ls
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20, sweep="batch_size=32").recommended
        >>> row.value("batch_size"), row.value("lr")
        (32, 0.2)

        """
        settings = dict(self.configuration.settings)
        return settings[column] if column in settings else getattr(self, column)

    def merit(self, measure: Measure) -> float | None:
        """Return what it is ordered by, lowest first: its loss in full training if there was one, else a measure.

        >>> import lyapscreen as ls
        >>> from lyapscreen.spec.measures import MEASURE
        >>> row = ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended
        >>> row.merit(MEASURE["held_out_score"]) == -row.held_out_score  # the highest score is the best
        True

        """
        if self.full_steps is not None:
            return self.full_loss
        return measure.value(self)
