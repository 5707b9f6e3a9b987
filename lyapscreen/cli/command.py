"""What every command does alike: its help, and flags that are written several times."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from lyapscreen.cli import failures, repeated
from lyapscreen.cli.flags import RUNNING
from lyapscreen.cli.setting_flags import SETTINGS


class Command(TyperCommand):
    """A command whose flags add up or are refused where they are given twice."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return what the command takes; a switch takes no value, so that the help names no type of one."""
        return _without_types(super().get_params(ctx))

    def get_help_option(self, ctx: Any) -> Any:
        """Return `--help`, among the flags that do not change what is found."""
        option = super().get_help_option(ctx)
        if option is not None and any(getattr(one, "rich_help_panel", None) == RUNNING for one in self.params):
            option.rich_help_panel = RUNNING
        return option

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the command line, once what is written several times is one."""
        with failures.errors_reported(debug=False):
            args = repeated.merged(args, self._valued(), ADDING)
        return super().parse_args(ctx, args)

    def _valued(self) -> dict[str, str]:
        """Return the flags that take one value: their name by each spelling."""
        options = [one for one in self.params if one.param_type_name == "option"]
        single = [one for one in options if not (getattr(one, "is_flag", False) or getattr(one, "multiple", False))]
        return {spelling: one.name or "" for one in single for spelling in one.opts}


class Group(TyperGroup):
    """The program itself, whose help is as its commands' is."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return what is taken before a command."""
        return _without_types(super().get_params(ctx))


ADDING = frozenset(flag.name for flag in SETTINGS if flag.adds_up)
"""Flags whose values are a list: written several times, they add up."""


def _without_types(params: list[Any]) -> list[Any]:
    for one in params:
        if getattr(one, "is_flag", False):
            one.metavar = ""
    return params


def new_app() -> typer.Typer:
    """Return the program without its commands."""
    return typer.Typer(
        cls=Group, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )  # fmt: skip
