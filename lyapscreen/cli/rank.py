"""`lyapscreen rank`: the main job."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import flags, talk
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.screening import Plan, Screening

MIB_OF_TORCH = 250
"""Resident size of a process that has imported torch and done nothing (measured, torch 2.13 CPU)."""


@flags.takes_settings
def rank(
    settings: dict[str, object],
    jobs: flags.Jobs = None,
    dry_run: flags.DryRun = False,
    quiet: flags.Quiet = False,
    debug: flags.Debug = False,
    csv: flags.Csv = None,
    json: flags.Json = None,
) -> None:
    """Rank learning rates and activations by how fast and how stably they learn.

    Example: lyapscreen rank --lr 1e-4:1 --act relu,sigmoid
    """
    with talk.errors_told(debug=debug), ExitStack() as open_files:
        # The cheap checks come first: a mistyped flag is told before torch is waited for.
        from lyapscreen.execute import job_count
        from lyapscreen.report.output import Destination
        from lyapscreen.spec import Spec

        spec = Spec.of(**settings)
        workers = job_count(jobs)
        if csv == json == "-":
            raise SettingError("json", "-", "stdout holds one result only", "Write one of --csv and --json to a file")
        paths = {kind: path for kind, path in (("csv", csv), ("json", json)) if path is not None}
        files = {kind: open_files.enter_context(Destination(kind, path)) for kind, path in paths.items()}

        from lyapscreen.screening import prepare, run

        plan = prepare(spec)
        if not quiet:
            talk.notices(plan.notices)
        talk.warnings(plan.warnings)
        if dry_run:
            _print_plan(plan, workers)
            return
        with talk.progress(quiet=quiet) as observer:
            screening = run(plan, jobs=workers, observer=observer)
        for kind, file in files.items():
            file.write(getattr(screening, kind)())
        _print(screening, alone="-" in paths.values())
    if screening.recommended is None:
        raise typer.Exit(ExitCode.INCONCLUSIVE)


def _print(screening: Screening, *, alone: bool) -> None:
    """Print the table unless stdout already holds a result alone; warnings go to stderr in any case."""
    from rich.console import Console

    from lyapscreen.report import advice, terminal

    if not alone:
        terminal.show(screening.ranking, screening.halfway, screening.spec, Console(), score_name=screening.score_name)
    talk.warnings(advice.warnings(screening.ranking, screening.spec))


def _print_plan(plan: Plan, workers: int) -> None:
    from lyapscreen.screening import estimated_seconds

    spec = plan.spec
    largest = max(len(batch.candidates) for batch in plan.batches) * plan.bytes_per_candidate
    used = min(workers, len(plan.batches))
    typer.echo(
        f"{plan.candidates} candidates: {len(spec.act)} activations x {len(spec.lr)} learning rates "
        f"x {len(spec.seeds)} seeds, "
        f"{spec.steps} steps each, in {len(plan.batches)} batches\n"
        f"about {estimated_seconds(plan, workers):.1f} s of probing in {used} processes, "
        f"{used * (largest / 2**20 + MIB_OF_TORCH):.0f} MiB of memory ({MIB_OF_TORCH} MiB a process are torch itself)"
    )
