"""`lyapscreen edge`: the largest stable learning rate of each activation."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import flags, messages
from lyapscreen.cli.delivery import delivering
from lyapscreen.cli.outputs import opened
from lyapscreen.cli.signature import takes_outputs, takes_settings
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.results.edge import Edges

RANGE = "1e-3:100"
"""Searched unless --lr is given: edges lie above the learning rates that a ranking looks at."""


@takes_settings
@takes_outputs("csv", "json")
def edge(
    settings: dict[str, object],
    jobs: flags.Jobs = None,
    backend: flags.Backend = None,
    address: flags.Address = None,
    quiet: flags.Quiet = False,
    *,
    outputs: dict[str, str | None],
) -> None:
    """Find the largest stable learning rate of each activation.

    Every learning rate of --lr (here 1e-3:100 unless given) is probed to
    the end, without halving. Then the first turn to instability of each
    seed is closed in on, to 2 %; the edge is their geometric mean.

    --csv writes the edges, --json the ranking of all that was probed with
    its edges: lyapscreen gate --headroom reads it.

    A safe rate is half the largest that is stable in every seed, or the
    low end of the edge's interval, whichever is lower; the fastest in the
    probes often lies at the cliff, so that none is recommended.

    Exit code 3: no edge was found.

    Example: lyapscreen edge --act relu,tanh --lr 1e-2:10
    """
    with ExitStack() as open_files:
        from lyapscreen.execution import engine
        from lyapscreen.spec.spec import Spec

        # Where stability ends is asked of the probe itself: nothing is read ahead unless --rank-by says so.
        spec = Spec.of(**{"lr": RANGE, "rank_by": "effective", **settings, "halving": False})
        if len(spec.lr) < 2:
            rule = "the search for the edge needs at least two learning rates"
            raise SettingError("lr", f"{spec.lr[0]:g}", rule, f"Write a range such as {RANGE}")
        cluster = engine(jobs, backend, address)
        files = open_files.enter_context(opened(outputs))
        workers = open_files.enter_context(cluster)

        from lyapscreen.analysis.edge import search
        from lyapscreen.report.commands import edge as report
        from lyapscreen.report.output import stdout_last
        from lyapscreen.screening.plan import prepare
        from lyapscreen.screening.run import carry_out

        plan = prepare(spec, workers)
        if not quiet:
            messages.notices(plan.notices)
        messages.warnings(plan.warnings)
        with messages.progress(quiet=quiet) as observer:
            screening = carry_out(plan, jobs=workers, observer=observer)
        with messages.watched("edge of stability", "probes of this round", quiet=quiet) as watch:
            found = search(plan, screening.ranking, jobs=workers, observer=watch)
        nothing = all(family.interval.mean is None for family in found.families)
        with delivering(ExitCode.INCONCLUSIVE if nothing else ExitCode.DONE):
            for kind, file in stdout_last(files):
                file.write(report.as_csv(found) if kind == "csv" else replace(screening, edge=found).json())
            if "-" not in outputs.values():
                _print(found)
        messages.warnings(report.warnings(found))
    if nothing:
        raise typer.Exit(ExitCode.INCONCLUSIVE)


def _print(edges: Edges) -> None:
    from lyapscreen.report import console
    from lyapscreen.report.commands import edge as report

    out = console.stdout()
    out.print(report.as_table(edges, unicode=console.has_unicode(out)))
    out.print()
    for sentence in report.sentences(edges):
        console.print_folded(out, sentence)
