"""Where the results of a screening go: the files asked for, and a table for a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from lyapscreen.cli import messages
from lyapscreen.errors import ExitCode

if TYPE_CHECKING:
    from lyapscreen.report.output import Destination
    from lyapscreen.screening.screening import Screening


@contextmanager
def opened(**paths: str | None) -> Iterator[dict[str, Destination]]:
    """Open what was asked for, by the name of its flag, before any work is done.

    Raises:
        OutputError: a path cannot be written, or what writes it is not installed.
        EnvironmentFailure: the disk is full.

    """
    from lyapscreen.report import extras
    from lyapscreen.report.figures import figures
    from lyapscreen.report.formats import html, parquet
    from lyapscreen.report.output import destinations

    if plot := paths.get("plot"):
        figures.suffix(plot)
        extras.require("plot", plot, *figures.NEEDS)
    if page := paths.get("html"):
        extras.require("html", page, *html.NEEDS)
    if table := paths.get("parquet"):
        extras.require("parquet", table, *parquet.NEEDS, extra=parquet.EXTRA)
    with destinations(**paths) as files:
        yield files


def given_out(screening: Screening, files: Mapping[str, Destination]) -> None:
    """Write the files, then print the table unless stdout holds a result alone; warnings go to stderr.

    Raises:
        typer.Exit: nothing is recommended.

    """
    from rich.console import Console

    from lyapscreen.report import terminal
    from lyapscreen.report.figures import figures
    from lyapscreen.report.output import STDOUT
    from lyapscreen.report.text import advice

    for kind, file in files.items():
        if kind == "save":
            if screening.recommended is not None and screening.recommended.full_steps is not None:
                file.write(screening.state_dict())
        else:
            file.write(screening.plot(figures.suffix(file.path)) if kind == "plot" else getattr(screening, kind)())
    if STDOUT not in [file.path for file in files.values()]:
        terminal.show(screening.ranking, screening.halfway, screening.spec, Console(), score_name=screening.score_name)
    messages.warnings(advice.warnings(screening.ranking, screening.spec))
    if screening.recommended is None:
        raise typer.Exit(ExitCode.INCONCLUSIVE)
