"""The ranking on a terminal: a table, where each activation works, and what to take from it."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from lyapscreen.report.console import PIPED_WIDTH
from lyapscreen.report.table.sparkline import MARKS, sparklines
from lyapscreen.report.table.table import COLOURS, fitted, natural_width
from lyapscreen.report.text import advice
from lyapscreen.report.text.characters import BARS, folded, printable, short, symbols, text
from lyapscreen.report.text.numbers import lr_names
from lyapscreen.results.ranking import Ranking
from lyapscreen.results.records import Regime
from lyapscreen.spec import sweep
from lyapscreen.spec.measures import MEASURES
from lyapscreen.spec.spec import Spec

SPARK_NAME_WIDTH = 40
"""Most characters of an activation and the settings swept besides, before a spark."""


def show(
    ranking: Ranking, halfway: Ranking, spec: Spec, console: Console, *, score_name: str, epochs: float | None = None,
    limit: int = 20,
) -> None:  # fmt: skip
    """Print a ranking for a person.

    Narrow terminals lose columns, never digits. A console that is no terminal (a pipe, a file) gets
    one line a row and a sentence, however long; one that cannot print Unicode gets ASCII.

    Args:
        ranking: what to show.
        halfway: the ranking of the same results at half the steps.
        spec: what was screened.
        console: where to print.
        score_name: what `held_out_score` is: accuracy, or R2.
        epochs: passes over the training rows that the full training is, where that is known.
        limit: rows to show where there are more than half as many again.

    """
    width = console.width if console.is_terminal else PIPED_WIDTH
    sentences = advice.sentences(ranking, halfway, spec, epochs)
    for part in _parts(ranking, sentences, spec, console, score_name, limit, width):
        # Laid out by us: a line the terminal is too narrow for is left whole rather than cut.
        console.print(_Laid(part, width), crop=False, no_wrap=True, overflow="ignore", highlight=False)


def _parts(
    ranking: Ranking, sentences: list[str], spec: Spec, console: Console, score_name: str, limit: int, width: int
) -> Iterator[RenderableType]:
    unicode = console.encoding.startswith("utf")

    def line(words: str, style: str = "") -> Text:
        return Text(folded(printable(symbols(words), unicode=unicode), width), style)

    if ranking.rows:
        rows = ranking.rows if len(ranking.rows) <= limit + limit // 2 else ranking.rows[:limit]
        table, columns = fitted(ranking, rows, score_name, console, width)
        yield table
        if len(rows) < len(ranking.rows):
            yield line(f"… {len(ranking.rows) - len(rows)} more rows: --csv FILE has all", "dim")
        yield ""
        for words in _legend(columns, spec):
            yield line(words, "dim")
        yield ""
        if len({row.lr for row in ranking.rows}) > 1:
            yield from _sparks(ranking, width, limit, unicode=unicode)
            yield ""
    for index, sentence in enumerate(sentences):
        yield line(sentence, "" if index else "bold")


def _legend(columns: frozenset[str], spec: Spec) -> Iterator[str]:
    lines = [
        (one.shown_over == "probe", one.legend.format(spec=spec))
        for one in MEASURES
        if one.legend and one.name in columns
    ]
    yield from (words for of_regime, words in lines if not of_regime)
    if "group" in columns:
        yield "tie: the seeds cannot tell configurations of one number apart."
    yield from (words for of_regime, words in lines if of_regime)
    if "full_loss" in columns:
        which = "held-out loss at the end" if spec.keep == "last" else "lowest held-out loss"
        yield f"trained loss: the {which} of full training, the mean over seeds."


def _sparks(ranking: Ranking, width: int, limit: int, *, unicode: bool) -> Iterator[Text]:
    names = lr_names(row.lr for row in ranking.rows)
    label = max(len(_named(row.activation, row.configuration.settings)) for row in ranking.rows) + 2
    tail = max(len(f"  best at lr {name}") for name in names.values())
    # Where the learning rates need the room, the words behind them go.
    wordy = label + len(names) + tail <= width
    every = sparklines(ranking, width - label)
    merit = symbols(ranking.measure.symbol)
    yield text(f"{merit} over lr, {names[min(names)]} to {names[max(names)]}", "bold", unicode=unicode)
    for spark in every[:limit]:
        line = text(f"{_named(spark.activation, spark.settings):<{label}}", unicode=unicode)
        for character, regime in spark.points:
            line.append_text(text(character, COLOURS[regime] if regime else "", unicode=unicode))
        if wordy:
            converges = spark.best.regime in ranking.eligible
            where = f"best at lr {names[spark.best.lr]}" if converges else f"none converges in {spark.best.steps} steps"
            line.append_text(text(f"  {where}", "dim", unicode=unicode))
        yield line
    if len(every) > limit:
        what = "lines" if ranking.swept else "activations"
        yield text(f"… {len(every) - limit} more {what}", "dim", unicode=unicode)
    yield _key({row.regime for row in ranking.rows}, width, unicode=unicode)


def _named(activation: str, settings: sweep.Settings) -> str:
    swept = "".join(f" {name}={sweep.label(value)}" for name, value in settings)
    return short(f"{short(activation)}{swept}", SPARK_NAME_WIDTH)


def _key(regimes: set[Regime], width: int, *, unicode: bool) -> Text:
    """Explain the characters that occur, over as many lines as it takes."""
    entries = [(f"{BARS[-1]} best", Regime.CONVERGING), (f"{BARS[0]} slowest", Regime.CONVERGING)]
    entries += [(f"{mark} {regime}", regime) for regime, mark in MARKS.items()]
    key = Text()
    used = 0
    for words, regime in entries:
        if regime not in regimes:
            continue
        gap = "" if not used else "  " if used + 2 + len(words) <= width else "\n"
        used = len(words) if gap == "\n" else used + len(gap) + len(words)
        key.append(gap).append_text(text(words, COLOURS[regime], unicode=unicode))
    return key


class _Laid:
    """A part laid out for a width of our choice, also where the console believes it has less."""

    def __init__(self, part: RenderableType, width: int) -> None:
        self.part, self.width = part, width

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = natural_width(console, self.part) if isinstance(self.part, Table) else self.width
        yield from console.render(self.part, options.update_width(width))
