"""What became of a configuration, in the words of a person who trains networks."""

from __future__ import annotations

from lyapscreen.results.records import Regime
from lyapscreen.results.row import Row

WORDS = {
    Regime.CONVERGING: "learns",
    Regime.STALLED: "hardly learns",
    Regime.CHAOTIC: "chaotic",
    Regime.DEAD: "dead",
    Regime.DIVERGED: "diverged",
    Regime.FAILED: "failed",
}
"""Of each regime."""

LIKE_VERBS = frozenset({"learns", "hardly learns", "diverged", "failed"})
"""Those that follow a name as they are; the others follow `is`."""


def verdict(row: Row) -> str:
    """Say how a configuration ended; where seeds ended otherwise, in how many of them.

    >>> import lyapscreen as ls
    >>> verdict(ls.screen(data="wine", lr=0.2, act="relu", seeds=2, steps=20).recommended)
    'learns'
    """
    ends = {WORDS[regime]: count for regime, count in row.regimes.items()}
    worst, *_ = others = list(reversed(ends))
    if len(ends) == 1:
        return worst
    bad = [word for word in others if word != WORDS[Regime.CONVERGING]]
    counts = [f"{word} in {ends[word]}" for word in bad]
    return f"{', '.join(counts)} of {row.seeds} seeds"


def clause(row: Row) -> str:
    """Say the same as the end of a sentence: `is chaotic in 1 of 5 seeds`, `hardly learns in 25 steps`."""
    said = verdict(row)
    if row.regime is Regime.STALLED:
        said = said.replace("hardly learns", f"hardly learns in {row.steps} steps", 1)
    return said if WORDS[row.regime] in LIKE_VERBS else f"is {said}"
