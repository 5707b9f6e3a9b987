"""The command line, one command a file, each thin: flags in, exit code out."""

from __future__ import annotations

from typing import Annotated

import typer

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

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
app.command()(rank)
app.command()(edge)
app.command()(explain)
app.command()(export_code)
app.command()(extrapolate)
app.command()(gate)
app.command()(init)
app.command()(schema)
app.command()(show)
app.command()(selftest)
app.command()(spectrum)
app.command()(validate)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from lyapscreen.report import console

        console.write(f"lyapscreen {version('lyapscreen')}\n")
        raise typer.Exit


@app.callback()
def lyapscreen(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Screen learning rates and activations by Lyapunov exponents, before full training is paid for."""


def main() -> None:
    """Run the command line and end the process."""
    from lyapscreen.cli import streams

    raise SystemExit(streams.run(app))
