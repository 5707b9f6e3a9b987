"""Where the results of a screening go: the files asked for, and a table for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import messages
from lyapscreen.cli.delivery import delivering
from lyapscreen.errors import EnvironmentFailure, ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.report.document import Document
    from lyapscreen.report.output import Destination
    from lyapscreen.report.terminal import Shown
    from lyapscreen.report.tracking import Target
    from lyapscreen.screening.screening import Screening


@contextmanager
def opened(paths: Mapping[str, str | None]) -> Iterator[dict[str, Destination]]:
    """Open what was asked for, by the name of its flag, before any work is done.

    Raises:
        OutputError: a path cannot be written, or what writes it is not installed.
        EnvironmentFailure: the disk is full.

    """
    from lyapscreen.report.formats import formats
    from lyapscreen.report.output import destinations

    for name, one in formats().items():
        if path := paths.get(name):
            one.check(path)
    with destinations(**paths) as files:
        yield files


def tracked(log_to: Collection[str], run: str | None, *, dry_run: bool = False) -> tuple[Target, ...]:
    """Return the experiment trackers asked for, each found to take what is logged, before any work is done.

    A dry run logs nothing, so that no database is made and no server asked.

    Raises:
        OutputError: one cannot be written to, is not installed, or lies in the run directory.
        EnvironmentFailure: a server does not answer.

    """
    if not log_to:
        return ()
    from lyapscreen.report import targets
    from lyapscreen.report.tracking import SETTING, target
    from lyapscreen.report.tracking import targets as checked

    for one in map(target, log_to):
        if one.tracker.is_directory and run is not None:
            targets.require_no_input({SETTING: one.place}, [], run=run)
    return () if dry_run else checked(log_to)


def require_alone(pick: str | None, outputs: Mapping[str, str | None]) -> None:
    """Refuse a form of the recommended settings that there is not, or beside a result that stdout is to hold alone.

    Raises:
        SettingError: naming the forms, or the other output.

    """
    if pick is None:
        return
    from lyapscreen.report.output import STDOUT
    from lyapscreen.report.text import pick as forms

    forms.form(pick)
    for name, path in outputs.items():
        if path == STDOUT:
            rule, fix = f"stdout holds the {name} already", f"Write --{name} to a file"
            raise SettingError("format", pick, rule, fix)


def given_out(
    screening: Screening,
    files: Mapping[str, Destination],
    shown: Shown | None = None,
    trackers: Collection[Target] = (),
    pick: str | None = None,
) -> None:
    """Write the files, log to the trackers, then print the answer unless stdout holds a result alone.

    Warnings go to stderr. A tracker that fails takes nothing from the other results.

    Args:
        screening: what was found.
        files: where it goes, by flag.
        shown: how much of the table is shown.
        trackers: experiment trackers that it is logged to.
        pick: the form in which the recommended settings are printed, in place of the table.

    Raises:
        typer.Exit: nothing is recommended.
        EnvironmentFailure: a tracker failed.

    """
    from lyapscreen.report import console, terminal
    from lyapscreen.report.formats import formats
    from lyapscreen.report.output import STDOUT, stdout_last
    from lyapscreen.report.text import pick as forms

    code = ExitCode.INCONCLUSIVE if screening.recommended is None else ExitCode.DONE
    document = screening.document  # put into words once, for thousands of rows take seconds
    with delivering(code):
        for name, file in stdout_last(files):
            if name in formats():
                if screening.recommended is not None or not formats()[name].of_recommended:
                    file.write(formats()[name].render(document, file.path))
            elif screening.recommended is not None and screening.recommended.full_steps is not None:
                file.write(screening.state_dict())
        failures = list(_logged(document, trackers))
        if pick is not None:
            if screening.recommended is not None:
                console.write(forms.form(pick)(screening.settings_of(screening.recommended.configuration)))
        elif STDOUT not in [file.path for file in files.values()]:
            terminal.show(document, console.stdout(), shown or terminal.Shown())
    messages.warnings(document.warnings[len(screening.cautions) :])  # the others stood there before the work began
    for failure in failures:
        raise failure
    if code:
        raise typer.Exit(code)


def _logged(document: Document, trackers: Collection[Target]) -> Iterator[EnvironmentFailure]:
    """Log a screening, and yield what failed."""
    for one in trackers:
        try:
            one.write(document)
        except EnvironmentFailure as failure:
            yield failure
