"""`lyapscreen gate`: a choice of hyper-parameters judged as a test is, by its exit code."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import flags, gate_conditions, messages
from lyapscreen.cli.delivery import delivering
from lyapscreen.cli.gate_conditions import PANEL
from lyapscreen.cli.signature import takes_group, takes_settings
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.report.commands.gate import Judgement

ChoiceFlag = Annotated[
    str | None,
    typer.Option(
        help="The configuration to judge: act, lr, and what is swept besides, such as act=relu,lr=0.1,momentum=0.9. "
        "An lr that is not screened is added.",
        metavar="act=A,lr=X",
        rich_help_panel=PANEL,
    ),
]
RankingFile = Annotated[
    str | None,
    typer.Option(
        help="Judge this ranking (rank --json, edge --json) instead of probing.",
        metavar="FILE",
        rich_help_panel=PANEL,
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


@takes_settings
@takes_group("conditions", gate_conditions.FLAGS)
def gate(
    settings: dict[str, object],
    choice: ChoiceFlag = None,
    *,
    conditions: dict[str, str | None],
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

    Example: lyapscreen gate --choice act=relu,lr=0.215 --within 0.1 --headroom 2
    """
    with ExitStack() as open_files:
        from lyapscreen.cli import gate_subject
        from lyapscreen.execution import engine
        from lyapscreen.report.output import destinations, stdout_last
        from lyapscreen.results.choice import parse

        if choice is None:
            raise SettingError("choice", "", "a gate needs a configuration to judge", "Write --choice act=relu,lr=0.1")
        chosen = parse(choice)
        limits = gate_conditions.limits(conditions)
        cluster = engine(jobs, backend, address)
        baseline = conditions["baseline"]
        if conditions["tolerance"] is not None and baseline is None and not quiet:
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

        codes = {"pass": ExitCode.DONE, "fail": ExitCode.GATE_FAILED, "inconclusive": ExitCode.INCONCLUSIVE}
        written = {"json": gate.as_json, "junit": gate.as_junit}
        with delivering(codes[judgement.outcome]):
            for kind, file in stdout_last(files):
                file.write(written[kind](judgement))
            _report(judgement, alone="-" in (json, junit))
    raise typer.Exit(codes[judgement.outcome])


def _report(judgement: Judgement, *, alone: bool) -> None:
    """Print the verdicts unless stdout already holds them alone, and annotate the run where GitHub Actions runs us."""
    from lyapscreen.report import console
    from lyapscreen.report.commands import gate, github_actions
    from lyapscreen.report.text.characters import symbols

    out = console.stdout()
    if not alone:
        out.print(gate.as_table(judgement, unicode=console.has_unicode(out)))
        out.print()
        console.print_folded(out, symbols(judgement.summary), "bold")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for line in github_actions.commands(judgement):
            console.command(line) if alone else console.write(f"{line}\n")  # the runner reads both
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
