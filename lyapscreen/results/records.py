"""What a probe found: records, regimes and the schema of their plain form."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from lyapscreen.spec.candidates import Candidate, Configuration

SCHEMA = 2
"""Raised whenever a key of the plain form changes its meaning."""

STALLED_ABOVE = -0.05
"""T lambda_perp above this: not five percent better than the best constant prediction, so stalled.

N lambda_proj has to be as low as that for a recommendation."""

WINDOWS = 20
"""Windows of local exponents over a whole probe."""


class Regime(StrEnum):
    """How a probe ended, best first: this is the first key of the ranking's order."""

    CONVERGING = "converging"
    STALLED = "stalled"
    CHAOTIC = "chaotic"
    DEAD = "dead"
    DIVERGED = "diverged"
    FAILED = "failed"

    @property
    def badness(self) -> int:
        """0 for the best regime, one more for each worse one."""
        return list(Regime).index(self)


UNMEASURED = frozenset({Regime.DIVERGED, Regime.FAILED})
"""Regimes of probes that ended early and for good: nothing is measured in them."""


@dataclass(frozen=True)
class Measures:
    """What was measured of one candidate at one length of its probe; None is undefined."""

    regime: Regime
    """How the probe stood at this length."""
    steps: int
    """Optimizer steps done, T."""
    effective: float | None = None
    """lambda_eff = lambda_perp + 0.1 max(lambda_1, 0), per step."""
    transverse: float | None = None
    """lambda_perp, the finite-time exponent towards the solution set, per step."""
    lyapunov: float | None = None
    """lambda_1, the finite-time largest Lyapunov exponent of the optimizer step, per step."""
    projected: float | None = None
    """lambda_eff over the full training (`results.projection`), per step of that; where the ranking is by it."""
    kantz_wolf: float | None = None
    """The paper's estimate, where asked for; not divided by time."""
    kantz_wolf_slope: float | None = None
    """Least-squares slope of ln d_t against t of the same neighbours, per step."""
    train_loss: float | None = None
    """Mean loss over the training part."""
    held_out_loss: float | None = None
    """Mean loss over the held-out part."""
    held_out_score: float | None = None
    """Accuracy, or R2, over the held-out part."""


@dataclass(frozen=True)
class Full:
    """How the full training of one candidate went; the losses are None if it diverged, however well it began."""

    steps: int
    """Optimizer steps it was for."""
    best: float | None
    """The lowest held-out loss on the way."""
    best_steps: int | None
    """Steps done then."""
    final: float | None
    """The held-out loss at the end."""

    def kept(self, keep: str) -> float | None:
        """Return the held-out loss of the checkpoint that is kept, the best or the last."""
        return self.final if keep == "last" else self.best

    @property
    def diverged(self) -> bool:
        """Whether it did not reach its end."""
        return self.final is None


@dataclass(frozen=True)
class Result:
    """One candidate after its probe, as far as it went."""

    candidate: Candidate
    rungs: tuple[Measures, ...]
    """At every length it was measured at, ascending; the last says how it ended."""
    local: tuple[float | None, ...] = ()
    """lambda_1 within each window (`windows`) it has passed: local exponents over time, per step."""
    reason: str = ""
    """Why it failed, for the regime failed."""
    full: Full | None = None
    """How its full training went, if it was among the best that were confirmed by one."""

    @classmethod
    def failed(cls, candidate: Candidate, reason: str, steps: int = 0) -> Result:
        """Return the record of a candidate whose worker died after its first `steps` steps."""
        return cls(candidate, (Measures(Regime.FAILED, steps),), reason=reason)

    @property
    def final(self) -> Measures:
        """Return what was measured last."""
        return self.rungs[-1]

    def at(self, steps: int) -> Measures:
        """Return what had been measured last within so many steps."""
        return next((m for m in reversed(self.rungs) if m.steps <= steps), self.rungs[0])

    def then(self, later: Result) -> Result:
        """Return this result with what the candidate's next rung found."""
        return replace(later, rungs=(*self.rungs, *later.rungs), local=(*self.local, *later.local))


def windows(steps: int) -> list[int]:
    """Return the steps at which the windows of local exponents end: a twentieth of the probe each.

    >>> windows(100)[:3]
    [5, 10, 15]
    """
    return sorted({steps * i // WINDOWS for i in range(1, WINDOWS + 1)} - {0})


def to_dict(result: Result) -> dict[str, Any]:
    """Return a result as JSON-ready values."""
    return asdict(result)


def from_dict(plain: dict[str, Any]) -> Result:
    """Return the result that `to_dict` made plain."""
    candidate = plain["candidate"]
    configuration = {**candidate["configuration"]}
    configuration["settings"] = tuple((name, value) for name, value in configuration.get("settings", ()))
    return Result(
        candidate=Candidate(Configuration(**configuration), candidate["seed"]),
        rungs=tuple(Measures(**{**rung, "regime": Regime(rung["regime"])}) for rung in plain["rungs"]),
        local=tuple(plain["local"]),
        reason=plain["reason"],
        full=None if plain.get("full") is None else Full(**plain["full"]),
    )
