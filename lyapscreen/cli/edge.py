"""`lyapscreen edge`: the largest stable learning rate of each activation."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import flags, messages, planned, preparing, progress, resumed
from lyapscreen.cli.delivery import delivering
from lyapscreen.cli.outputs import opened
from lyapscreen.cli.signature import takes_outputs, takes_settings
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.report.output import Destination
    from lyapscreen.results.edge import Edges
    from lyapscreen.screening.screening import Screening

RANGE = "1e-3:100"
"""Searched unless --lr is given: edges lie above the learning rates that a ranking looks at."""


@takes_settings
@takes_outputs("csv", "json", "html")
def edge(
    settings: dict[str, object],
    jobs: flags.Jobs = None,
    backend: flags.Backend = None,
    address: flags.Address = None,
    dry_run: flags.DryRun = False,
    quiet: flags.Quiet = False,
    run: flags.Run = None,
    resume: flags.Resume = False,
    *,
    outputs: dict[str, str | None],
) -> None:
    """Find the largest stable learning rate of each activation.

    Every learning rate of --lr (here 1e-3:100 unless given) is probed to
    the end, without halving. Then the first turn to instability of each
    seed is closed in on, to 2 %; the edge is their geometric mean.

    --csv writes the edges, --json and --html the ranking of all that was
    probed with its edges: lyapscreen gate --headroom reads the JSON.

    A safe rate is half the largest that is stable in every seed, or the
    low end of the edge's interval, whichever is lower; the fastest in the
    probes often lies at the cliff, so that none is recommended.

    Exit code 3: no edge was found.

    Example: lyapscreen edge --act relu,tanh --lr 1e-2:10
    """
    with ExitStack() as open_files:
        from lyapscreen.execution import engine
        from lyapscreen.screening.run_directory import RunDirectory
        from lyapscreen.spec.spec import Spec

        settings = resumed.settings_of(run, settings, outputs, resume=resume)
        # Where stability ends is asked of the probe itself: nothing is read ahead unless --rank-by says so.
        spec = Spec.of(**{"lr": RANGE, "rank_by": "effective", **settings, "halving": False})
        if len(spec.lr) < 2:
            rule = "the search for the edge needs at least two learning rates"
            raise SettingError("lr", f"{spec.lr[0]:g}", rule, f"Write a range such as {RANGE}")
        cluster = engine(jobs, backend, address)
        files = open_files.enter_context(opened(outputs))
        workers = preparing.workers(cluster, open_files, dry_run=dry_run)
        store = None
        if run is not None and not dry_run:
            further = {**outputs, "jobs": jobs, "backend": backend, "address": address}
            command = resumed.command("edge", run, further)
            store = open_files.enter_context(
                RunDirectory(run, resume=resume, command=command, purpose={"name": "edge"})
            )

        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
            from lyapscreen.analysis.edge import search
            from lyapscreen.report.commands import edge as report
            from lyapscreen.report.output import stdout_last
            from lyapscreen.screening import estimate
            from lyapscreen.screening.kept_probes import KeptProbes
            from lyapscreen.screening.run import carry_out

            plan = preparing.plan(spec, workers, display, quiet=quiet)
            if dry_run:
                display.now("timing a few steps")
                seconds = estimate.seconds(plan, workers, time.process_time())
            else:
                display.begin(plan, workers)
                screening = carry_out(plan, jobs=workers, observer=display.probes, store=store)
                kept = None if store is None else KeptProbes(store.path)
                watch = display.counted("edge of stability", "probes of this round", spec.steps)
                found = search(plan, screening.ranking, jobs=workers, observer=watch, kept=kept)
        if dry_run:
            planned.show(plan, workers, seconds)
            planned.say("then each seed's edge is closed in on: some 3 rounds of at most 3 learning rates a seed")
            return
        if store is not None and kept is not None:
            messages.notices([*store.notices, *kept.notices])
            store.finish(json=replace(screening, edge=found).json())
        nothing = all(family.interval.mean is None for family in found.families)
        with delivering(ExitCode.INCONCLUSIVE if nothing else ExitCode.DONE):
            for kind, file in stdout_last(files):
                file.write(report.as_csv(found) if kind == "csv" else _rendered(replace(screening, edge=found), file))
            if "-" not in outputs.values():
                _print(found)
        messages.warnings(report.warnings(found))
    if nothing:
        raise typer.Exit(ExitCode.INCONCLUSIVE)


def _rendered(screening: Screening, file: Destination) -> str | bytes:
    """Return the ranking of all that was probed, with its edges, in the form of a file."""
    from lyapscreen.report.formats import formats

    return formats()[file.setting].render(screening.document, file.path)


def _print(edges: Edges) -> None:
    from lyapscreen.report import console
    from lyapscreen.report.commands import edge as report

    out = console.stdout()
    out.print(report.as_table(edges, unicode=console.has_unicode(out)))
    out.print()
    for sentence in report.sentences(edges):
        console.print_folded(out, sentence)
