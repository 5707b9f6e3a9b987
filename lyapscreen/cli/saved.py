"""A screening that was done before, from a file or a run directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lyapscreen.cli import messages
from lyapscreen.errors import SettingError

if TYPE_CHECKING:
    from lyapscreen.screening.screening import Screening


def screening_of(run: str, *, quiet: bool) -> Screening:
    """Return the screening of a run directory, finished or not, or of a file that `--json` wrote.

    Raises:
        SettingError: it is neither; the message calls it RUN.

    """
    try:
        return _of_directory(run, quiet=quiet) if Path(run).is_dir() else of_file(run)
    except SettingError as error:
        error.where = "RUN"  # no flag: it is typed without a name
        raise


def of_file(path: str) -> Screening:
    """Return the screening of a file that `--json` wrote."""
    from lyapscreen.results import json_reader
    from lyapscreen.screening.screening import Screening

    found = json_reader.read(path, "run")
    screening = Screening.of(found.results, found.spec, found.about, found.notices)
    # Those of the recommendation are found anew; the others were of data and model, which are not read again.
    cautions = tuple(warning for warning in found.warnings if warning not in screening.warnings)
    return replace(screening, edge=found.edge, cautions=cautions)


def _of_directory(path: str, *, quiet: bool) -> Screening:
    from lyapscreen.results import json_reader
    from lyapscreen.results.projection import project
    from lyapscreen.screening import run_directory
    from lyapscreen.screening.screening import Screening
    from lyapscreen.spec.candidates import configurations

    if (finished := Path(path) / f"{run_directory.RANKING}.json").exists():
        return of_file(str(finished))
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
