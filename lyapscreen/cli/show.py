"""`lyapscreen show`: a ranking again, from a run directory or a file, in any format."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import failures, flags, messages
from lyapscreen.cli.outputs import given_out, opened
from lyapscreen.cli.signature import takes_outputs
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.screening.screening import Screening


@takes_outputs()
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory (DIR), or a FILE.json that --json wrote.")],
    quiet: flags.Quiet = False,
    *,
    outputs: dict[str, str | None],
    debug: flags.Debug = False,
) -> None:
    """Print a finished or running run again, in any format; nothing is probed.

    Example: lyapscreen show ranking.json --html report.html
    """
    with failures.errors_reported(debug=debug), ExitStack() as open_files:
        from lyapscreen.report import targets

        is_directory = Path(run).is_dir()
        targets.require_no_input(outputs, [("RUN", run)], run=run if is_directory else None)
        files = open_files.enter_context(opened(outputs))
        try:
            screening = _of_directory(run, quiet=quiet) if is_directory else _of_file(run)
        except SettingError as error:
            error.where = "RUN"  # no flag: it is typed without a name
            raise
        given_out(screening, files)


def _of_file(path: str) -> Screening:
    from lyapscreen.results import json_reader
    from lyapscreen.screening.screening import Screening

    found = json_reader.read(path, "run")
    return replace(Screening.of(found.results, found.spec, found.about), edge=found.edge)


def _of_directory(path: str, *, quiet: bool) -> Screening:
    from lyapscreen.results import json_reader
    from lyapscreen.results.projection import project
    from lyapscreen.screening import run_directory
    from lyapscreen.screening.screening import Screening
    from lyapscreen.spec.candidates import configurations

    if (finished := Path(path) / f"{run_directory.RANKING}.json").exists():
        return _of_file(str(finished))
    about = run_directory.read_about(Path(path))
    lines, damaged = run_directory.read_lines(Path(path))
    spec = json_reader.spec_of(about["spec"])
    fitting = [line for line in lines if run_directory.fits(line.result.candidate, spec)]
    if (damaged or len(fitting) < len(lines)) and not quiet:
        messages.notices([f"run: {path} holds lines that are damaged, or not of its spec: they are left out"])
    results = project(list(run_directory.results_of(fitting)), spec)  # those above the range are read and left out
    if not quiet:
        every = len(configurations(spec)) * len(spec.seeds)
        messages.notices([f"the run is not finished: {len(results)} of {every} candidates have been probed so far"])
    return Screening.of(results, spec, about)
