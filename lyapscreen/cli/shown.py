"""How much of a ranking a terminal shows: `--top`, `--all`, `--wide`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lyapscreen.cli import flags
from lyapscreen.spec import parsing

if TYPE_CHECKING:
    from lyapscreen.report.terminal import Shown

MOST = 1_000_000
"""Configurations that a screening has at most."""

FLAGS: Mapping[str, Any] = {
    "top": Annotated[
        str | None,
        typer.Option(help="Show so many rows of the table. \\[default: ten that can win]", metavar="N",
                     rich_help_panel=flags.OUTPUT),
    ],
    "all": Annotated[
        bool,
        typer.Option("--all", help="Show all rows of the table, those that cannot win too.",
                     rich_help_panel=flags.OUTPUT),
    ],
    "wide": Annotated[
        bool,
        typer.Option("--wide", help="Show all columns of the table, under their symbols; explain has their meaning.",
                     rich_help_panel=flags.OUTPUT),
    ],
}  # fmt: skip
"""Flags of the commands that print a ranking."""


def read(given: Mapping[str, Any], *, can_probe: bool, seconds: float | None = None, quiet: bool = False) -> Shown:
    """Return what the flags ask for.

    Args:
        given: their values.
        can_probe: whether the command takes flags that probe and train.
        seconds: what the run took.
        quiet: whether results alone are asked for.

    Raises:
        SettingError: --top is no whole number from 1 on.

    """
    from lyapscreen.report.terminal import Shown

    top = given["top"]
    count = None if top is None else parsing.within("top", top, 1, MOST, "Write how many rows to show, such as 3")
    return Shown(count, bool(given["all"]), bool(given["wide"]), can_probe=can_probe, seconds=seconds, hints=not quiet)
