"""The command line, one command a file, each thin: flags in, exit code out."""

from __future__ import annotations

from typing import Annotated

import typer

from lyapscreen.cli.command import Command, new_app
from lyapscreen.cli.edge import edge
from lyapscreen.cli.explain import explain
from lyapscreen.cli.export_code import export_code
from lyapscreen.cli.extrapolate import extrapolate
from lyapscreen.cli.gate import gate
from lyapscreen.cli.init import init
from lyapscreen.cli.rank import rank
from lyapscreen.cli.schema import schema
from lyapscreen.cli.selftest import selftest
from lyapscreen.cli.show import show
from lyapscreen.cli.spectrum import spectrum
from lyapscreen.cli.validate import validate

COMMANDS = (
    rank, edge, explain, export_code, extrapolate, gate, init, schema, show, selftest, spectrum, validate,
)  # fmt: skip

app = new_app()
for _command in COMMANDS:
    app.command(cls=Command)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        import platform
        from importlib.metadata import version

        from lyapscreen.report import console

        # torch's own is read from its metadata: importing it takes a second.
        versions = f"torch {version('torch')}, Python {platform.python_version()}"
        console.write(f"lyapscreen {version('lyapscreen')} ({versions})\n")
        raise typer.Exit


@app.callback()
def lyapscreen(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            help="Print the versions of lyapscreen, torch and Python, and exit.",
            is_eager=True,
            callback=_print_version,
        ),
    ] = False,
) -> None:
    """Screen learning rates and activations by Lyapunov exponents, before full training is paid for."""


def main() -> None:
    """Run the command line and end the process."""
    from lyapscreen.cli import streams

    raise SystemExit(streams.run(app))
