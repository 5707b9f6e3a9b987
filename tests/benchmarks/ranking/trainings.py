"""The full trainings that picks are judged by: their length, their schedule, and which checkpoint is kept of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

KEEPS = ("best", "last")
"""The checkpoint that is kept: where the held-out loss was lowest (early stopping), or the one at the end."""

SCHEDULES: Mapping[str, Callable[[int], str]] = {
    "constant": lambda _: "constant",
    "cosine": lambda steps: f"cosine:{steps}",
}
"""How the setting `schedule` is spelled for one over so many steps."""


@dataclass(frozen=True)
class Training:
    """How every candidate of a task is trained."""

    steps: int
    """N"""
    schedule: str = "constant"
    """A key of `SCHEDULES`, over all N steps."""

    @property
    def settings(self) -> dict[str, object]:
        """Return the settings of the spec that say so."""
        return {"schedule": SCHEDULES[self.schedule](self.steps), "full_steps": self.steps}

    @property
    def key(self) -> str:
        """A name for files.

        >>> Training(1500).key, Training(6000, "cosine").key
        ('1500', '6000-cosine')
        """
        return str(self.steps) if self.schedule == "constant" else f"{self.steps}-{self.schedule}"

    def probe_key(self, length: int) -> str:
        """A name for probes of a length: at a constant rate they are those of every full training.

        >>> Training(1500).probe_key(100), Training(1500, "cosine").probe_key(100)
        ('100', '100-cosine-1500')
        """
        return str(length) if self.schedule == "constant" else f"{length}-{self.schedule}-{self.steps}"
