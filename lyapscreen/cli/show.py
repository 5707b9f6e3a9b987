"""`lyapscreen show`: a ranking again, from a run directory or a file, in any format."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import flags, talk
from lyapscreen.cli.results import given_out, opened
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.screened import Screening


def show(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run directory (DIR), or a FILE.json that --json wrote.")],
    quiet: flags.Quiet = False,
    csv: flags.Csv = None,
    json: flags.Json = None,
    parquet: flags.Parquet = None,
    markdown: flags.Markdown = None,
    html: flags.Html = None,
    plot: flags.Plot = None,
    debug: flags.Debug = False,
) -> None:
    """Print a finished or running run again, in any format; nothing is probed.

    Example: lyapscreen show ranking.json --html report.html
    """
    with (
        talk.errors_told(debug=debug),
        opened(csv=csv, json=json, parquet=parquet, markdown=markdown, html=html, plot=plot) as files,
    ):
        try:
            screening = _of_directory(run, quiet=quiet) if Path(run).is_dir() else _of_file(run)
        except SettingError as error:
            error.where = "RUN"  # no flag: it is typed without a name
            raise
        given_out(screening, files)


def _of_file(path: str) -> Screening:
    from lyapscreen import saved
    from lyapscreen.screened import Screening

    found = saved.read(path, "run")
    return replace(Screening.of(found.results, found.spec, found.about), edge=found.edge)


def _of_directory(path: str, *, quiet: bool) -> Screening:
    from lyapscreen import saved, store
    from lyapscreen.candidates import configurations
    from lyapscreen.screened import Screening

    if (finished := Path(path) / f"{store.RANKING}.json").exists():
        return _of_file(str(finished))
    about = store.read_about(Path(path))
    lines, _ = store.read_lines(Path(path))
    results = list(store.results_of(lines))
    spec = saved.spec_of(about["spec"])
    if not quiet:
        every = len(configurations(spec)) * len(spec.seeds)
        talk.notices([f"run: it is not finished: {len(results)} of {every} candidates have been probed so far"])
    return Screening.of(results, spec, about)
