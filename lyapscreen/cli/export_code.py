"""`lyapscreen export-code`: a configuration's training as a script in plain PyTorch."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from lyapscreen.cli import failures, flags, messages
from lyapscreen.cli.saved import screening_of
from lyapscreen.errors import ExitCode, SettingError


def export_code(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A FILE.json that --json wrote, or a run directory (DIR).")],
    configuration: Annotated[
        str | None,
        typer.Option(
            help="Which to train, as act=relu,lr=0.1 and what is swept besides. \\[default: the one recommended]",
            metavar="CHOICE",
        ),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(help="One of the seeds screened. \\[default: the first]", metavar="N")
    ] = None,
    output: Annotated[
        str, typer.Option("--output", "-o", help="Where to write it; - is stdout.", metavar="FILE.py")
    ] = "-",
    quiet: flags.Quiet = False,
    debug: flags.Debug = False,
) -> None:
    """Write a script that trains a configuration in plain PyTorch, exactly as it was probed, to the end.

    Example: lyapscreen export-code ranking.json --output train.py
    """
    from lyapscreen.report.output import Destination

    with failures.errors_reported(debug=debug), ExitStack() as open_files:
        from lyapscreen.report import targets
        from lyapscreen.report.formats import code

        is_directory = Path(run).is_dir()
        targets.require_no_input({"output": output}, [("RUN", run)], run=run if is_directory else None)
        file = open_files.enter_context(Destination("output", output))
        screening = screening_of(run, quiet=quiet)
        if configuration is None and screening.recommended is None:
            if not quiet:
                messages.notices(["nothing is recommended, so that nothing is written; --configuration says which"])
            raise typer.Exit(ExitCode.INCONCLUSIVE)
        file.write(code.render(screening.ranking, screening.spec, configuration, _whole(seed)))


def _whole(seed: str | None) -> int | None:
    if seed is None or seed.isdecimal():
        return None if seed is None else int(seed)
    raise SettingError("seed", seed, "it must be a whole number", "Write one of the seeds screened")
