"""`lyapscreen show`: a ranking again, from a run directory or a file, in any format."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from lyapscreen.cli import failures, flags
from lyapscreen.cli import shown as shown_flags
from lyapscreen.cli.outputs import given_out, opened, require_alone, tracked
from lyapscreen.cli.saved import screening_of
from lyapscreen.cli.signature import takes_outputs, takes_shown


@takes_outputs()
@takes_shown
def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory (DIR), or a FILE.json that --json wrote.")],
    quiet: flags.Quiet = False,
    log_to: flags.LogTo = None,
    format: flags.Pick = None,  # noqa: A002  as the flag is called
    *,
    outputs: dict[str, str | None],
    shown: dict[str, object],
    debug: flags.Debug = False,
) -> None:
    """Print a finished or running run again, in any format; nothing is probed.

    Example: lyapscreen show ranking.json --html report.html
    """
    with failures.errors_reported(debug=debug), ExitStack() as open_files:
        from lyapscreen.report import targets

        require_alone(format, outputs)
        targets.require_no_input(outputs, [("RUN", run)], run=run if Path(run).is_dir() else None)
        screen = shown_flags.read(shown, can_probe=False, quiet=quiet)
        files = open_files.enter_context(opened(outputs))
        trackers = tracked(log_to or (), run)
        given_out(screening_of(run, quiet=quiet), files, screen, trackers, format)
