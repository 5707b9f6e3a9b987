"""What to do with a ranking, in commands."""

from __future__ import annotations

from lyapscreen.results.ranking import Ranking

SHORT_LIST = 3
"""Configurations that full training is advised for."""


def next_steps(ranking: Ranking, *, can_probe: bool = True) -> str:
    """Return what to add to the command, or to type next.

    Args:
        ranking: what was found.
        can_probe: whether the command that is running takes flags that probe and train.

    """
    if ranking.recommended is None:
        return ""
    able = sum(row.regime in ranking.eligible for row in ranking.rows)
    steps = ["--code train.py", "--html report.html", "lyapscreen explain"]
    if can_probe and not ranking.confirmed:
        count = min(SHORT_LIST, able)
        best = f"the best {count}" if count > 1 else "it"
        steps.insert(0, f"--confirm {count} trains {best}")
    return f"next: {'; '.join(steps)}"
