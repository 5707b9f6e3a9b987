"""`lyapscreen spectrum`: the leading exponents of one configuration."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated

import typer

from lyapscreen.cli import flags, progress
from lyapscreen.cli.outputs import opened
from lyapscreen.cli.signature import takes_outputs, takes_settings
from lyapscreen.errors import SettingError

K = Annotated[str, typer.Option("--k", help="How many of the leading exponents.", metavar="N", rich_help_panel="Probe")]

BurnIn = Annotated[
    str | None,
    typer.Option(
        help="Steps before the measurement, in which the directions are found. \\[default: half of --steps]",
        metavar="N",
        rich_help_panel="Probe",
    ),
]


@takes_settings
@takes_outputs("csv", "json")
def spectrum(
    settings: dict[str, object],
    k: K = "5",
    burn_in: BurnIn = None,
    quiet: flags.Quiet = False,
    *,
    outputs: dict[str, str | None],
) -> None:
    """Show the leading Lyapunov exponents of one configuration during training, and which of them are flat.

    Example: lyapscreen spectrum --act tanh --lr 0.3 --k 8
    """
    with ExitStack() as open_files:
        from lyapscreen.spec.spec import Spec

        # A spectrum is of one configuration; the defaults of a screening are many.
        spec = Spec.of(**{"act": "relu", "lr": "0.1", **settings})
        for setting, value in (("k", k), ("burn_in", burn_in)):
            if value is not None and not value.isdecimal():
                raise SettingError(setting, value, "it must be a whole number", "Write a number such as 5")
        files = open_files.enter_context(opened(outputs))

        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
            from lyapscreen.probe.spectrum import leading_exponents
            from lyapscreen.report import console
            from lyapscreen.report.commands import spectrum as report

            display.now(f"following {k} directions through {spec.steps} steps")
            found = leading_exponents(spec, int(k), None if burn_in is None else int(burn_in))
        written = {"csv": report.as_csv, "json": report.as_json}
        for kind, file in files.items():
            file.write(written[kind](found))
        if "-" not in outputs.values():
            out = console.stdout()
            out.print(report.as_table(found))
            if not quiet:
                console.print_folded(out, report.sentence(found))
