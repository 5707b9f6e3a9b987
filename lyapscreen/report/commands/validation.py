"""A validation as table, sentences and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from rich.table import Table

from lyapscreen.report.formats import spreadsheet
from lyapscreen.report.text.characters import heading, json_text, text
from lyapscreen.report.text.numbers import column, lr_names
from lyapscreen.results.naming import abbreviated
from lyapscreen.results.records import SCHEMA
from lyapscreen.results.statistics import Interval
from lyapscreen.results.validation import HALVED, RANDOM, RANGE_TEST, Line, Validation
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.measures import DEFAULT_RANK_BY, RANK_BY, RULES

NAMES = {
    HALVED: f"{RANK_BY[DEFAULT_RANK_BY].rule} with halving, as rank does",
    **{name: measure.rule for name, measure in RULES.items()},
    RANGE_TEST: "lr range test",
    RANDOM: "a pick at random",
}
"""What a person calls each rule."""

DROPPED = (5, 6, 3, 8)
"""Columns that a narrow terminal does without, the first the soonest: intervals, rank correlation, seconds."""

GOOD, TOLERABLE = 0.10, 0.25
"""A regret up to the first is a good pick; an interval up to the second leaves it one. Beyond the second it is none."""

FEWEST_CONFIGURATIONS, FEWEST_SEEDS = 10, 3
"""For a verdict: among fewer no regret is as small as `GOOD`, and over fewer no interval means much."""


def as_table(validation: Validation, *, unicode: bool, width: int) -> Table:
    """Return one row a rule, for a person; a narrow terminal does without some columns."""
    heads = ["rule", "pick", "regret\nby best", "95%\ninterval", "by the\nend", "95%\ninterval",
             "rank corre-\nlation", "steps", "seconds"]  # fmt: skip
    rows = [cells(validation, line) for line in validation.lines]
    dropped: set[int] = set()
    for column_index in (-1, *DROPPED):
        dropped |= {column_index}
        kept = [i for i in range(len(heads)) if i not in dropped]
        widths = [max(_width(cell) for cell in (heads[i], *(row[i] for row in rows))) for i in kept]
        if sum(widths) + 2 * len(kept) <= width:
            break
    table = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for i in kept:
        left = heads[i] in ("rule", "pick")
        table.add_column(
            heading(heads[i], unicode=unicode), justify="left" if left else "right", no_wrap=True, vertical="bottom"
        )
    for number, row in enumerate(rows):
        table.add_row(*(text(row[i], unicode=unicode) for i in kept), style="" if number else "bold")
    return table


def cells(validation: Validation, line: Line) -> list[str]:
    """Return the row of a rule: rule, pick, two regrets with intervals, rank correlation, steps and seconds."""
    pick = "–" if line.pick is None else named(validation, line.pick)
    found = [NAMES[line.rule], pick, *_regret(line.best), *_regret(line.final), _mean(line.correlation)]
    return [*found, f"{line.steps:,}", f"{line.seconds:.1f}"]


def sentences(validation: Validation) -> Iterator[str]:
    """Say what a regret is, and whether to trust the ranking on this task."""
    count, seeds, steps = len(validation.points), len(validation.spec.seeds), validation.spec.full_steps
    of = "" if count == validation.every else f" of {validation.every}"
    yield (
        f"regret: the share of the {count}{of} configurations that train strictly better than the pick, over "
        f"{steps:,} steps and {seeds} {'seeds' if seeds > 1 else 'seed'}: by the lowest held-out loss on the way, "
        "and by that at the end. 0 is perfect."
    )
    yield verdict(validation)
    yield _against_loss(validation)


def verdict(validation: Validation) -> str:
    """Say in one sentence whether the default ranking can be trusted on this task."""
    line = _ours(validation)
    by = line.regret(validation.spec.keep)
    if line.pick is None or by.mean is None or validation.lowest is None:
        return "On this task nothing can be said: the ranking picks nothing, or nothing trains."
    regret, high, low = by.mean, by.high, by.low
    losses = column([validation.lowest])
    loss = "diverged" if line.loss is None else f"reached {losses(line.loss)}"
    facts = (
        f"its pick, {named(validation, line.pick)}, {loss}, the best of all {losses(validation.lowest)}; "
        f"{regret:.0%} train better{_interval(by)}, of a pick at random {_random(validation):.0%}"
    )
    if (few := _too_few(validation, by)) != "":
        return f"On this task it is undecided: {facts}; {few}."
    if regret <= GOOD and high is not None and high <= TOLERABLE:
        return f"On this task, trust it: {facts}."
    if regret > TOLERABLE or (low is not None and low > GOOD):
        return f"On this task, do not trust it: {facts}. Take --confirm 3, or --rank-by loss."
    return f"On this task it is undecided: {facts}. More --seeds would tell, and --confirm 3 is the safe way."


def _too_few(validation: Validation, by: Interval) -> str:
    """Say why no verdict can be given, where that is so."""
    count, seeds = len(validation.points), len(validation.spec.seeds)
    if count < FEWEST_CONFIGURATIONS or seeds < FEWEST_SEEDS:
        here = f"{count} configurations and {seeds} {'seeds' if seeds > 1 else 'seed'}"
        return f"{here} are too few for a verdict, which takes {FEWEST_CONFIGURATIONS} and {FEWEST_SEEDS}"
    return "" if by.high is not None else "without an interval there is no verdict"


def as_json(validation: Validation) -> str:
    """Return the validation as JSON text; all but `seconds` is the same in every run."""
    document = {
        "schema": SCHEMA,
        "spec": validation.spec.plain(),
        "spec_hash": validation.about["spec_hash"],
        "versions": dict(sorted(validation.about["versions"].items())),
        "configurations": len(validation.points),
        "rules": [_line(line) for line in validation.lines],
        "points": [
            {
                **_configuration(p.configuration),
                "effective": p.effective,
                "best": p.best,
                "final": p.final,
                "projected": p.projected,
            }
            for p in validation.points
        ],
        "verdict": verdict(validation),
    }
    return json_text(document)


def as_csv(validation: Validation) -> str:
    """Return a row a rule; what is undefined is an empty cell."""
    rows = [_line(line) for line in validation.lines]
    swept = [name for name, _ in validation.points[0].configuration.settings]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    numbers = [name for name in rows[0] if name not in ("rule", "pick")]
    writer.writerow(["rule", "activation", "lr", *map(spreadsheet.words, swept), *numbers])
    for row in rows:
        pick = row["pick"] or {}
        cells = [row["rule"], *(pick.get(name) for name in ("activation", "lr", *swept)), *(row[n] for n in numbers)]
        writer.writerow([_csv_cell(cell) for cell in cells])
    return file.getvalue()


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.9g}" if isinstance(value, float) else spreadsheet.words(str(value))


def named(validation: Validation, configuration: Configuration) -> str:
    """Name a configuration with as many digits as tell its learning rate from the others."""
    lr = lr_names(point.configuration.lr for point in validation.points)[configuration.lr]
    return abbreviated(configuration, lr)


def _width(cell: str) -> int:
    return max(len(line) for line in cell.split("\n"))


def _ours(validation: Validation) -> Line:
    """Return the line of what `rank` does by default: the first one."""
    return validation.lines[0]


def _random(validation: Validation) -> float:
    return validation.line(RANDOM).regret(validation.spec.keep).mean or 0.0


def _against_loss(validation: Validation) -> str:
    keep = validation.spec.keep
    ours, loss = (line.regret(keep).mean for line in (_ours(validation), validation.line("held_out_loss")))
    if ours is None or loss is None:
        return "The held-out loss at the same step cannot be compared with it."
    if ours == loss:
        return "The held-out loss at the same step picks as well."
    return f"The held-out loss at the same step picks {'worse' if loss > ours else 'better'} here (regret {loss:.2f})."


def _regret(interval: Interval) -> tuple[str, str]:
    if interval.mean is None:
        return "–", "–"
    if interval.low is None or interval.high is None:
        return f"{interval.mean:.2f}", "–"
    return f"{interval.mean:.2f}", f"{interval.low:.2f} to {interval.high:.2f}"


def _interval(interval: Interval) -> str:
    return "" if interval.low is None else f" (95% interval {interval.low:.0%} to {interval.high:.0%})"


def _mean(interval: Interval) -> str:
    return "–" if interval.mean is None else f"{interval.mean:.2f}"


def _line(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = {"rule": line.rule, "pick": None if line.pick is None else _configuration(line.pick)}
    for name in ("best", "final", "correlation"):
        interval: Interval = getattr(line, name)
        key = name if name == "correlation" else f"regret_{name}"
        found |= {key: interval.mean, f"{key}_low": interval.low, f"{key}_high": interval.high}
    return found | {"loss": line.loss, "steps": line.steps, "seconds": round(line.seconds, 3)}


def _configuration(configuration: Configuration) -> dict[str, Any]:
    return {"activation": configuration.activation, "lr": configuration.lr, **dict(configuration.settings)}
