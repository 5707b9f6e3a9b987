"""How long a probe is and how long the full training it stands for: T follows N where only N is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DEFAULT_STEPS = 100
"""Of a probe."""

DEFAULT_FULL_STEPS = 1500

MOST_STEPS, MOST_FULL_STEPS = 1_000_000, 10_000_000

SHARE, LEAST, MOST = 100, 100, 400
"""A probe takes this share of the full training, within these lengths: reading far ahead needs a longer one."""


def probe_steps(full_steps: int) -> int:
    """Return T for a full training of N steps: N/100, at least 100 and at most 400, never more than N.

    >>> [probe_steps(steps) for steps in (60, 1_500, 20_000, 1_000_000)]
    [60, 100, 200, 400]
    """
    return min(full_steps, max(LEAST, min(MOST, full_steps // SHARE)))


def filled(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the length that follows from the other, where one of the two is given.

    What is no whole number is left for its own rule to refuse.

    >>> filled({"full_steps": "20000"}), filled({"steps": 4000})
    ({'full_steps': '20000', 'steps': 200}, {'steps': 4000, 'full_steps': 4000})
    """
    found = dict(given)
    in_epochs = given.get("full_epochs") is not None
    steps, full = (_whole(given.get(name)) for name in ("steps", "full_steps"))
    if "steps" not in given and full is not None and full >= 2:
        found["steps"] = probe_steps(full)
    if "full_steps" not in given and not in_epochs and steps is not None and DEFAULT_FULL_STEPS < steps <= MOST_STEPS:
        found["full_steps"] = steps
    return found


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None
