"""`lyapscreen validate`: whether the ranking helped."""

from __future__ import annotations

import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import flags, messages, planned, preparing, progress, resumed
from lyapscreen.cli.delivery import delivering
from lyapscreen.cli.outputs import opened
from lyapscreen.cli.signature import takes_settings
from lyapscreen.errors import ExitCode, SettingError
from lyapscreen.spec.measures import DEFAULT_RANK_BY

if TYPE_CHECKING:
    from lyapscreen.execution import Workers
    from lyapscreen.results.validation import Validation
    from lyapscreen.screening.plan import Plan

Sample = Annotated[
    str | None,
    typer.Option(
        help="Judge by about so many configurations, of each activation as many learning rates. \\[default: all]",
        metavar="N",
        rich_help_panel="Probe",
    ),
]
Csv = Annotated[
    str | None,
    typer.Option(help="Write a row a rule as CSV; - is stdout.", metavar="PATH", rich_help_panel=flags.OUTPUT),
]
Html = Annotated[
    str | None,
    typer.Option(
        help="Write a page with the table and the figure, which needs nothing else; - is stdout.",
        metavar="PATH",
        rich_help_panel=flags.OUTPUT,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(help="Write the validation as JSON; - is stdout.", metavar="PATH", rich_help_panel=flags.OUTPUT),
]
Plot = Annotated[
    str | None,
    typer.Option(
        help="Write exponent against loss of full training, as FILE.png or FILE.svg.",
        metavar="PATH",
        rich_help_panel=flags.OUTPUT,
    ),
]


@takes_settings
def validate(
    settings: dict[str, object],
    sample: Sample = None,
    jobs: flags.Jobs = None,
    backend: flags.Backend = None,
    address: flags.Address = None,
    dry_run: flags.DryRun = False,
    quiet: flags.Quiet = False,
    run: flags.Run = None,
    resume: flags.Resume = False,
    csv: Csv = None,
    json: Json = None,
    html: Html = None,
    plot: Plot = None,
) -> None:
    """Tell whether the ranking picks well on your task, judged by full training of all.

    Every configuration is trained for --full-steps. Each rule (the exponents,
    the losses at the same step, the learning-rate range test, a pick at
    random) is charged with its regret: the share of configurations that
    train strictly better than its pick. Intervals are over seeds.

    It takes as long as full training of all does; --sample 20 thins out the
    learning rates.

    Exit code 3: nothing is picked.

    Example: lyapscreen validate --act relu,tanh --lr 1e-3:1 --full-steps 500
    """
    with ExitStack() as open_files:
        from lyapscreen.execution import engine
        from lyapscreen.spec import automatic
        from lyapscreen.spec.spec import Spec

        outputs = {"csv": csv, "json": json, "html": html, "plot": plot}
        fixed, auto = automatic.divided(resumed.settings_of(run, settings, outputs, resume=resume))
        spec = Spec.of(**fixed)
        if spec.rank_by != DEFAULT_RANK_BY:
            rule = "every rule is judged, so there is none to choose"
            raise SettingError("rank_by", spec.rank_by, rule, "Leave it out")
        cluster = engine(jobs, backend, address)
        files = open_files.enter_context(opened(outputs))
        workers = preparing.workers(cluster, open_files, dry_run=dry_run)
        further = {**outputs, "sample": sample, "jobs": jobs, "backend": backend, "address": address}

        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
            from lyapscreen.analysis import validate as validation
            from lyapscreen.analysis import validation_probes
            from lyapscreen.report.output import stdout_last
            from lyapscreen.screening import lr_range

            if not set(settings) - {"no_code"}:
                sample = resumed.sample(run, sample, resume=resume)
            spec, notices = lr_range.resolved(spec, auto=auto and not dry_run, jobs=workers, observer=display.now)
            chosen = validation_probes.sample(spec, sample)
            stores = validation_probes.NOT_KEPT
            if run is not None and not dry_run:
                command = resumed.command("validate", run, further)
                stores = open_files.enter_context(
                    validation_probes.kept(run, spec, sample, resume=resume, command=command)
                )
            plan = preparing.plan(spec, workers, display, quiet=quiet, notices=notices)
            whole, with_paper = validation_probes.plans(plan, chosen)
            trainings = len(chosen) * len(spec.seeds)
            if dry_run:
                display.now("timing a few steps")
                seconds = _seconds(whole, with_paper, workers, trainings)
                scouts, more = preparing.scouts(spec, workers, auto=auto)
                seconds += more
            else:
                display.begin(whole, workers, with_paper.steps + trainings * plan.spec.full_steps)
                probed = validation_probes.probe(plan, chosen, jobs=workers, observer=display.probes, stores=stores)
                watch = display.counted("full training", "candidates", plan.spec.full_steps)
                found = validation.judge(plan, probed, jobs=workers, observer=watch, stores=stores)
        if dry_run:
            planned.show(whole, workers, seconds, scouts)
            planned.say(f"then {with_paper.candidates} candidates once more, each with {spec.neighbours} trajectories")
            planned.say(f"then full training of {trainings} candidates, {plan.spec.full_steps} steps each")
            return
        if stores.probes is not None:
            messages.notices(stores.probes.notices)
        nothing = found.lines[0].pick is None
        with delivering(ExitCode.INCONCLUSIVE if nothing else ExitCode.DONE):
            for kind, file in stdout_last(files):
                file.write(_rendered(found, kind, file.path))
            if "-" not in outputs.values():
                _print(found)
    if nothing:
        raise typer.Exit(ExitCode.INCONCLUSIVE)


def _seconds(whole: Plan, with_paper: Plan, workers: Workers, trainings: int) -> float:
    """Estimate how long it takes: a step of full training as one of a probe, which costs a little more."""
    from lyapscreen.screening import estimate

    probes = estimate.seconds(whole, workers, time.process_time())
    paper = estimate.seconds(with_paper, workers)
    return probes + paper + probes * trainings * whole.spec.full_steps / whole.steps


def _rendered(found: Validation, kind: str, path: str) -> str | bytes:
    """Return a validation in the form of a file."""
    from lyapscreen.report.commands import validation as report
    from lyapscreen.report.commands import validation_page
    from lyapscreen.report.figures import figures, scatter

    match kind:
        case "csv":
            return report.as_csv(found)
        case "html":
            return validation_page.as_html(found)
        case "plot":
            return scatter.plot(found, figures.suffix(path))
        case _:
            return report.as_json(found)


def _print(found: Validation) -> None:
    from lyapscreen.report import console
    from lyapscreen.report.commands import validation as report

    out = console.stdout()
    out.print(report.as_table(found, unicode=console.has_unicode(out), width=out.width))
    out.print()
    for sentence in report.sentences(found):
        console.print_folded(out, sentence)
