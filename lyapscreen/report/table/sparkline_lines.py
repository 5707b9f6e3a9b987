"""The sparklines of a ranking as lines of text, with their scale and their key."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from lyapscreen.report.table.sparkline import EARLY, MARKS, sparklines
from lyapscreen.report.table.table import COLOURS
from lyapscreen.report.text.characters import BARS, short, text
from lyapscreen.report.text.numbers import lr_names
from lyapscreen.report.text.verdicts import WORDS
from lyapscreen.results.ranking import Ranking
from lyapscreen.results.records import Regime
from lyapscreen.spec import sweep

NAME_WIDTH = 40
"""Most characters of an activation and the settings swept besides, before a spark."""

MOST_LINES = 8
"""Sparks shown; a screen has room for no more."""


def spark_lines(ranking: Ranking, width: int, *, most: int = MOST_LINES, unicode: bool) -> Iterator[Text]:
    """Yield a heading, a line for each activation and combination of settings, and the key."""
    names = lr_names(row.lr for row in ranking.rows)
    label = max(len(_named(row.activation, row.configuration.settings)) for row in ranking.rows) + 2
    every = sparklines(ranking, width - label)
    ends = [_end(spark.best.regime in ranking.eligible, names[spark.best.lr]) for spark in every]
    # Where the learning rates need the room, the words behind them go.
    wordy = label + len(names) + max(map(len, ends)) <= width
    what = ranking.measure.words if not ranking.confirmed else f"{ranking.measure.words} of the probes"
    yield text(f"{what} over lr, {names[min(names)]} to {names[max(names)]}", "bold", unicode=unicode)
    found: set[str] = set()
    for spark, end in list(zip(every, ends, strict=True))[:most]:
        line = text(f"{_named(spark.activation, spark.settings):<{label}}", unicode=unicode)
        for character, regime in spark.points:
            found.add(character)
            line.append_text(text(character, COLOURS[regime] if regime else "", unicode=unicode))
        if wordy:
            line.append_text(text(end, "dim", unicode=unicode))
        yield line
    if len(every) > most:
        lines = "lines" if ranking.swept else "activations"
        yield text(f"… {len(every) - most} more {lines}", "dim", unicode=unicode)
    yield _key(found, width, unicode=unicode)


def _end(works: bool, lr: str) -> str:
    return f"  best at lr {lr}" if works else "  works nowhere"


def _named(activation: str, settings: sweep.Settings) -> str:
    swept = "".join(f" {name}={sweep.label(value)}" for name, value in settings)
    return short(f"{short(activation)}{swept}", NAME_WIDTH)


def _key(characters: set[str], width: int, *, unicode: bool) -> Text:
    """Explain the characters that occur, over as many lines as it takes."""
    bars = set(BARS) & characters
    entries = [(f"{BARS[-1]} best", Regime.CONVERGING)] if bars else []
    entries += [(f"{BARS[0]} least", Regime.CONVERGING)] if bars - {BARS[-1]} else []
    entries += [(f"{EARLY} stopped early", Regime.CONVERGING)] if EARLY in characters else []
    entries += [(f"{mark} {WORDS[regime]}", regime) for regime, mark in MARKS.items() if mark in characters]
    key = Text()
    used = 0
    for words, regime in entries:
        gap = "" if not used else "  " if used + 2 + len(words) <= width else "\n"
        used = len(words) if gap == "\n" else used + len(gap) + len(words)
        key.append(gap).append_text(text(words, COLOURS[regime], unicode=unicode))
    return key
