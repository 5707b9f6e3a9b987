"""Where the results of a screening go: the files asked for, and a table for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import messages
from lyapscreen.cli.delivery import delivering
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from lyapscreen.report.output import Destination
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


def given_out(screening: Screening, files: Mapping[str, Destination], pick: str | None = None) -> None:
    """Write the files, then print the table unless stdout holds a result alone; warnings go to stderr.

    Args:
        screening: what was found.
        files: where it goes, by flag.
        pick: the form in which the recommended settings are printed, in place of the table.

    Raises:
        typer.Exit: nothing is recommended.

    """
    from lyapscreen.report import console, terminal
    from lyapscreen.report.formats import formats
    from lyapscreen.report.output import STDOUT, stdout_last
    from lyapscreen.report.text import advice
    from lyapscreen.report.text import pick as forms

    code = ExitCode.INCONCLUSIVE if screening.recommended is None else ExitCode.DONE
    with delivering(code):
        for name, file in stdout_last(files):
            if name in formats():
                if screening.recommended is not None or not formats()[name].of_recommended:
                    file.write(formats()[name].render(screening.document, file.path))
            elif screening.recommended is not None and screening.recommended.full_steps is not None:
                file.write(screening.state_dict())
        if pick is not None:
            if screening.recommended is not None:
                found = forms.settings(screening.spec, screening.recommended.configuration)
                console.write(forms.form(pick)(found))
        elif STDOUT not in [file.path for file in files.values()]:
            terminal.show(
                screening.ranking, screening.halfway, screening.spec, console.stdout(),
                score_name=screening.score_name, epochs=screening.epochs,
            )  # fmt: skip
    messages.warnings(advice.warnings(screening.ranking, screening.spec))
    if code:
        raise typer.Exit(code)
