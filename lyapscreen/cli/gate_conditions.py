"""The conditions of a gate: their flags, and what is typed there into limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.results.gate import Limits

PANEL = "Gate"

MOST_HEADROOM = 1e6
"""The edge is searched for up to the headroom asked for."""


@dataclass(frozen=True)
class Condition:
    """What one flag asks for."""

    metavar: str
    help: str
    example: str = ""
    """A number that may stand there; empty where the value is no number."""
    least: float = -math.inf
    most: float = math.inf

    @property
    def flag(self) -> Any:
        """The flag as Typer takes it."""
        return Annotated[str | None, typer.Option(help=self.help, metavar=self.metavar, rich_help_panel=PANEL)]


CONDITIONS = {
    "max_lyapunov": Condition("X", "lambda_1 per step is at most this.", "0.01"),
    "within": Condition(
        "P",
        "lambda_proj (lambda_eff with --rank-by effective) is at most this share worse than the best's; 0.1 is 10 %.",
        "0.1",
        least=0,
    ),
    "top": Condition("K", "It ranks among the first K, and all it is tied with do.", "1", least=1),
    "headroom": Condition(
        "H", "Stability ends at no less than H times its lr (lyapscreen edge).", "2", least=0, most=MOST_HEADROOM
    ),
    "max_loss": Condition("X", "The held-out loss at the end of the probe is at most this.", "0.5"),
    "min_score": Condition(
        "X", "The held-out score there, accuracy or R2, is at least this; accuracy is a share of 1.", "0.9", most=1
    ),
    "baseline": Condition("FILE", "lambda_eff is no worse than in this earlier ranking (rank --json)."),
    "tolerance": Condition("P", "With --baseline: by at most this share. \\[default: 0.05]", "0.05", least=0),
}
"""By name of the flag, in the order of the help."""

FLAGS = {name: condition.flag for name, condition in CONDITIONS.items()}


def limits(given: Mapping[str, str | None]) -> Limits:
    """Return the limits that are typed, by name of the flag.

    Raises:
        SettingError: one of them is not a number, or not one that it may be.

    """
    from lyapscreen.results.gate import DEFAULT_TOLERANCE, Limits

    numbers = {name: _number(name, given[name]) for name, condition in CONDITIONS.items() if condition.example}
    rank, tolerance = numbers.pop("top"), numbers.pop("tolerance")
    if rank is not None and rank != int(rank):
        raise SettingError("top", given["top"], "a rank is a whole number", "Write a rank such as 3")
    if given["baseline"] is None:
        tolerance = None
    elif tolerance is None:
        tolerance = DEFAULT_TOLERANCE
    return Limits(**numbers, top=None if rank is None else int(rank), tolerance=tolerance)


def _number(name: str, text: str | None) -> float | None:
    """Read a limit; neither NaN nor an infinity is one: either all values would pass it or none."""
    if text is None:
        return None
    condition = CONDITIONS[name]
    fix = f"Write a number such as {condition.example}"
    try:
        value = float(text)
    except ValueError:
        raise SettingError(name, text, "it is not a number", fix) from None
    if not math.isfinite(value):
        raise SettingError(name, text, "a limit must be a finite number", fix)
    if value < condition.least:
        raise SettingError(name, text, f"it must be at least {condition.least:g}", fix)
    if value > condition.most:
        raise SettingError(name, text, f"it must be at most {condition.most:g}", fix)
    return value
