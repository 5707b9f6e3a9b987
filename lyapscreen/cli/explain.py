"""`lyapscreen explain`: what a word, a symbol or a column means."""

from __future__ import annotations

from typing import Annotated

import typer

from lyapscreen.cli import failures, flags


def explain(
    term: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TERM]", help="A word, a symbol or a column, such as instability, lambda_1 or group."),
    ] = None,
    *,
    debug: flags.Debug = False,
) -> None:
    """Say what a word, a symbol or a column means; without one, list all of them.

    Example: lyapscreen explain instability
    """
    with failures.errors_reported(debug=debug):
        from lyapscreen.report import console
        from lyapscreen.report.commands import explanation

        out = console.stdout()
        for line in explanation.lines(" ".join(term or [])):
            console.print_folded(out, line)
