"""`lyapscreen gate`: a choice of hyper-parameters judged as a test is, by its exit code."""

from __future__ import annotations

import math
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import flags, messages
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.report.commands.gate import Judgement
    from lyapscreen.results.gate import Limits

GATE = "Gate"
"""Panel of the conditions."""

MOST_HEADROOM = 1e6
"""The edge is searched for up to the headroom asked for."""

PIPED_WIDTH = 1000
"""Columns to lay out for where no terminal sets a limit."""

ChoiceFlag = Annotated[
    str | None,
    typer.Option(
        help="The configuration to judge: act, lr, and what is swept besides, such as act=relu,lr=0.1,momentum=0.9. "
        "An lr that is not screened is added.",
        metavar="act=A,lr=X",
        rich_help_panel=GATE,
    ),
]
MaxLyapunov = Annotated[
    str | None, typer.Option(help="lambda_1 per step is at most this.", metavar="X", rich_help_panel=GATE)
]
Within = Annotated[
    str | None,
    typer.Option(
        help="lambda_eff is at most this share worse than the best's; 0.1 is 10 %.", metavar="P", rich_help_panel=GATE
    ),
]
Top = Annotated[
    str | None,
    typer.Option(help="It ranks among the first K, and all it is tied with do.", metavar="K", rich_help_panel=GATE),
]
Headroom = Annotated[
    str | None,
    typer.Option(
        help="Stability ends at no less than H times its lr (lyapscreen edge).", metavar="H", rich_help_panel=GATE
    ),
]
Baseline = Annotated[
    str | None,
    typer.Option(
        help="lambda_eff is no worse than in this earlier ranking (rank --json).", metavar="FILE", rich_help_panel=GATE
    ),
]
Tolerance = Annotated[
    str | None,
    typer.Option(help="With --baseline: by at most this share. \\[default: 0.05]", metavar="P", rich_help_panel=GATE),
]
RankingFile = Annotated[
    str | None,
    typer.Option(
        help="Judge this ranking (rank --json, edge --json) instead of probing.", metavar="FILE", rich_help_panel=GATE
    ),
]
JsonVerdicts = Annotated[
    str | None,
    typer.Option(help="Write the verdicts as JSON; - is stdout.", metavar="PATH", rich_help_panel=flags.OUTPUT),
]
JUnit = Annotated[
    str | None,
    typer.Option(
        help="Write the verdicts as JUnit XML; what is inconclusive is skipped there.",
        metavar="PATH",
        rich_help_panel=flags.OUTPUT,
    ),
]


@flags.takes_settings
def gate(
    settings: dict[str, object],
    choice: ChoiceFlag = None,
    max_lyapunov: MaxLyapunov = None,
    within: Within = None,
    top: Top = None,
    headroom: Headroom = None,
    baseline: Baseline = None,
    tolerance: Tolerance = None,
    ranking: RankingFile = None,
    jobs: flags.Jobs = None,
    backend: flags.Backend = None,
    address: flags.Address = None,
    quiet: flags.Quiet = False,
    json: JsonVerdicts = None,
    junit: JUnit = None,
) -> None:
    """Judge a choice of hyper-parameters; the exit code says what became of it.

    The choice must end converging, and every condition given must hold.

    Values are means over seeds, judged by their 95 % interval:
    all of it within the limit passes, all of it beyond fails,
    else it is inconclusive, as is every value of a single seed.
    What is undefined never passes.

    All are probed to the end, so that they are compared at one length,
    unless --halving is given or stands in the spec.

    In GitHub Actions it annotates the run and adds to the job's summary.

    Exit codes: 0 passed, 1 failed, 3 inconclusive; fail outranks inconclusive.

    Example: lyapscreen gate --choice act=relu,lr=0.464 --within 0.1 --headroom 2
    """
    with ExitStack() as open_files:
        from lyapscreen.cli import gate_subject
        from lyapscreen.execution import engine
        from lyapscreen.report.output import destinations
        from lyapscreen.results.choice import parse

        if choice is None:
            raise SettingError("choice", "", "a gate needs a configuration to judge", "Write --choice act=relu,lr=0.1")
        chosen = parse(choice)
        limits = _limits(max_lyapunov, within, top, headroom, baseline, tolerance)
        cluster = engine(jobs, backend, address)
        if tolerance is not None and baseline is None and not quiet:
            # No error: a spec that holds the tolerance is also used before there is a baseline.
            messages.notices(["tolerance is not used: there is no --baseline to compare with."])
        before = None if baseline is None else gate_subject.earlier(baseline, chosen)
        files = open_files.enter_context(destinations(json=json, junit=junit))
        if ranking is None:
            workers = open_files.enter_context(cluster)
            subject = gate_subject.probed(settings, chosen, limits, workers, quiet=quiet)
        else:
            subject = gate_subject.read(ranking, settings, chosen, limits)
        judgement = gate_subject.judgement(subject, limits, before, quiet=quiet)

        from lyapscreen.report.commands import gate

        written = {"json": gate.as_json, "junit": gate.as_junit}
        for kind, file in files.items():
            file.write(written[kind](judgement))
        _tell(judgement, alone="-" in (json, junit))
    codes = {"pass": ExitCode.DONE, "fail": ExitCode.GATE_FAILED, "inconclusive": ExitCode.INCONCLUSIVE}
    raise typer.Exit(codes[judgement.outcome])


def _limits(
    max_lyapunov: str | None, within: str | None, top: str | None, headroom: str | None, baseline: str | None,
    tolerance: str | None,
) -> Limits:  # fmt: skip
    from lyapscreen.results.gate import DEFAULT_TOLERANCE, Limits

    rank = _number("top", top, "1", least=1)
    if rank is not None and rank != int(rank):
        raise SettingError("top", top, "a rank is a whole number", "Write a rank such as 3")
    allowed = _number("tolerance", tolerance, "0.05", least=0)
    return Limits(
        max_lyapunov=_number("max_lyapunov", max_lyapunov, "0.01"),
        within=_number("within", within, "0.1", least=0),
        top=None if rank is None else int(rank),
        headroom=_number("headroom", headroom, "2", least=0, most=MOST_HEADROOM),
        tolerance=None if baseline is None else DEFAULT_TOLERANCE if allowed is None else allowed,
    )


def _number(
    setting: str, text: str | None, example: str, *, least: float = -math.inf, most: float = math.inf
) -> float | None:
    """Read a limit; NaN and infinities are none, for every value would pass them, or none."""
    if text is None:
        return None
    fix = f"Write a number such as {example}"
    try:
        value = float(text)
    except ValueError:
        raise SettingError(setting, text, "it is not a number", fix) from None
    if not math.isfinite(value):
        raise SettingError(setting, text, "a limit must be a finite number", fix)
    if not least <= value <= most:
        rule = f"it must be at {'least' if value < least else 'most'} {least if value < least else most:g}"
        raise SettingError(setting, text, rule, fix)
    return value


def _tell(judgement: Judgement, *, alone: bool) -> None:
    """Print the verdicts unless stdout already holds them alone, and tell GitHub Actions where that runs us."""
    from rich.console import Console

    from lyapscreen.report.commands import gate, github_actions
    from lyapscreen.report.text.characters import folded, printable, symbols

    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    unicode = console.encoding.startswith("utf")
    if not alone:
        console.print(gate.as_table(judgement, unicode=unicode))
        console.print()
        summary = printable(symbols(judgement.summary), unicode=unicode)
        console.print(folded(summary, console.width), highlight=False, style="bold")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_actions.commands(judgement):
            typer.echo(line, err=alone)  # the runner reads both
        _summarise(gate.as_markdown(judgement))


def _summarise(markdown: str) -> None:
    """Append to the job's summary; where that fails, the gate's verdict stands all the same."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(markdown)
    except OSError as error:
        messages.warnings([f"the job's summary {path} could not be written ({error.strerror})."])
