"""`lyapscreen validate`: whether the ranking helped."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import flags, messages
from lyapscreen.cli.delivery import delivering
from lyapscreen.cli.outputs import opened
from lyapscreen.cli.signature import takes_settings
from lyapscreen.errors import ExitCode, SettingError
from lyapscreen.spec.measures import DEFAULT_RANK_BY

if TYPE_CHECKING:
    from lyapscreen.results.validation import Validation

Sample = Annotated[
    str | None,
    typer.Option(
        help="Judge by about so many configurations, of each activation as many learning rates. \\[default: all]",
        metavar="N",
        rich_help_panel="Probe",
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
    quiet: flags.Quiet = False,
    json: Json = None,
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
        from lyapscreen.spec.spec import Spec

        spec = Spec.of(**settings)
        if spec.rank_by != DEFAULT_RANK_BY:
            rule = "every rule is judged, so there is none to choose"
            raise SettingError("rank_by", spec.rank_by, rule, "Leave it out")
        cluster = engine(jobs, backend, address)
        files = open_files.enter_context(opened({"json": json, "plot": plot}))
        workers = open_files.enter_context(cluster)

        from lyapscreen.analysis import validate as validation
        from lyapscreen.analysis import validation_probes
        from lyapscreen.report.commands import validation as report
        from lyapscreen.report.figures import figures, scatter
        from lyapscreen.report.output import stdout_last
        from lyapscreen.screening.plan import prepare

        chosen = validation_probes.sample(spec, sample)
        plan = prepare(spec, workers)
        if not quiet:
            messages.notices(plan.notices)
        messages.warnings(plan.warnings)
        with messages.progress(quiet=quiet) as observer:
            probed = validation_probes.probe(plan, chosen, jobs=workers, observer=observer)
        with messages.watched("full training", "candidates", quiet=quiet) as watch:
            found = validation.judge(plan, probed, jobs=workers, observer=watch)
        nothing = found.lines[0].pick is None
        with delivering(ExitCode.INCONCLUSIVE if nothing else ExitCode.DONE):
            for kind, file in stdout_last(files):
                picture = kind == "plot"
                file.write(scatter.plot(found, figures.suffix(file.path)) if picture else report.as_json(found))
            if json != "-":
                _print(found)
    if nothing:
        raise typer.Exit(ExitCode.INCONCLUSIVE)


def _print(found: Validation) -> None:
    from lyapscreen.report import console
    from lyapscreen.report.commands import validation as report

    out = console.stdout()
    out.print(report.as_table(found, unicode=console.has_unicode(out), width=out.width))
    out.print()
    for sentence in report.sentences(found):
        console.print_folded(out, sentence)
