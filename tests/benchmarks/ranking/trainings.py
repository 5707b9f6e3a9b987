"""The full trainings that picks are judged by: their length, their schedule, and which checkpoint is kept of them."""

from __future__ import annotations

from dataclasses import dataclass

KEEPS = ("best", "last")
"""The checkpoint that is kept: where the held-out loss was lowest (early stopping), or the one at the end."""

SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True)
class Training:
    """How every candidate of a task is trained."""

    steps: int
    """N"""
    schedule: str = "constant"
    """One of `SCHEDULES`, over all N steps."""

    @property
    def settings(self) -> dict[str, object]:
        """Return the settings of the spec that say so."""
        return {"schedule": self.schedule, "full_steps": self.steps}

    @property
    def key(self) -> str:
        """A name for files.

        >>> Training(1500).key, Training(6000, "cosine").key
        ('1500', '6000-cosine')
        """
        return str(self.steps) if self.schedule == "constant" else f"{self.steps}-{self.schedule}"

    def probe_key(self, length: int) -> str:
        """A name for probes of a length: how far above the range they read ahead depends on the full training.

        >>> Training(1500).probe_key(100), Training(1500, "cosine").probe_key(100)
        ('100-1500', '100-1500-cosine')
        """
        return f"{length}-{self.key}"
