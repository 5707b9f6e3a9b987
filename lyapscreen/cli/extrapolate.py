"""`lyapscreen extrapolate`: the learning rate for a full training, from a table of losses measured anywhere."""

from __future__ import annotations

from typing import Annotated

import typer

from lyapscreen.cli import failures, flags
from lyapscreen.errors import SettingError


def extrapolate(
    curve: Annotated[
        str, typer.Argument(metavar="CURVE.csv", help="A table with the columns lr and loss; rows of one lr are seeds.")
    ],
    probe_steps: Annotated[str, typer.Option(metavar="T", help="Steps after which the losses were measured.")],
    full_steps: Annotated[str, typer.Option(metavar="N", help="Steps of the training to come.")],
    optimizer: Annotated[str, typer.Option(metavar="NAME", help="As rank takes it.")] = "sgd",
    momentum: Annotated[
        str | None, typer.Option(metavar="FACTOR", help="Momentum factor. \\[default: 0.9 where the optimizer has one]")
    ] = None,
    schedule: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Over the full training: constant, linear, cosine or wsd:FRACTION.",
        ),
    ] = "constant",
    warmup: Annotated[str, typer.Option(metavar="N", help="Steps of linear warm-up.")] = "0",
    keep: Annotated[
        str,
        typer.Option(metavar="best|last", help="The checkpoint that is kept; best is early stopping."),
    ] = "best",
    json: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write it as JSON; - is stdout.", rich_help_panel=flags.OUTPUT)
    ] = None,
    debug: flags.Debug = False,
) -> None:
    """Read off the losses of a short run which learning rate a longer training wants.

    CURVE.csv is what a learning-rate finder or a sweep exports: a row a rate
    with the columns lr and loss (held-out, or a mean over some twenty
    minibatches). A loss that is empty, inf or nan has diverged. With a column
    train_loss overfitting shows, which counts where the last checkpoint is
    kept; with a column growth (T lambda_1) chaotic rates are left out.

    Example: lyapscreen extrapolate curve.csv --probe-steps 100 --full-steps 5000
    """
    with failures.errors_reported(debug=debug):
        factor = None if momentum is None else _number("momentum", momentum)

        from lyapscreen.report import console, targets
        from lyapscreen.report.commands import extrapolation as report
        from lyapscreen.report.output import STDOUT, destinations
        from lyapscreen.results import curve_reader
        from lyapscreen.results.extrapolate_lr import extrapolate_lr

        targets.require_no_input({"json": json}, [("CURVE.csv", curve)])
        with destinations(json=json) as files:
            table = curve_reader.read(curve)
            found = extrapolate_lr(
                table.lrs,
                table.losses,
                probe_steps=probe_steps,
                full_steps=full_steps,
                optimizer=optimizer,
                momentum=factor,
                schedule=schedule,
                warmup=warmup,
                keep=keep,
                growth=table.growth,
                train_losses=table.train_losses,
            )
            for file in files.values():
                file.write(report.as_json(found))
        if json != STDOUT:
            out = console.stdout()
            for sentence in report.sentences(found):
                console.print_folded(out, sentence)


def _number(setting: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise SettingError(setting, text, "it must be a number", "Write a factor such as 0.9") from None
