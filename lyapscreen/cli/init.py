"""`lyapscreen init`: a spec to start from, every setting with its default and what it means."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from lyapscreen.cli import failures, flags, messages, signature
from lyapscreen.cli.setting_flags import SETTINGS, Flag
from lyapscreen.errors import SettingError

WIDTH = 100

SHORT = {"lr": "1e-4:1", "seeds": "5"}
"""Defaults as one types them, where the spec holds every value; a test compares them with the spec's."""

FOLLOWS = frozenset({"steps"})
"""Settings whose default follows from another's: their lines are comments, so that it does."""

EXAMPLES = {"sweep": "sweep: {momentum: [0, 0.9], width: [32, 64]}"}
"""What is written otherwise here than as a flag."""

HEAD = """\
A spec for lyapscreen. Every key is a flag of the same name, and a flag wins over the file.
A line taken out means its default. Relative paths start at this file.

    lyapscreen rank {path}
    lyapscreen schema > lyapscreen.schema.json      (for editors that complete and check)
"""


def init(
    path: Annotated[str, typer.Argument(metavar="PATH", help="The file to write; - is stdout.")] = "lyapscreen.yaml",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
    debug: flags.Debug = False,
) -> None:
    """Write a commented spec to start from, with every setting at its default.

    Example: lyapscreen init my.yaml && lyapscreen rank my.yaml
    """
    with failures.errors_reported(debug=debug):
        from lyapscreen.report.output import STDOUT, Destination

        try:
            if path != STDOUT and Path(path).is_file() and not force:
                raise SettingError("path", path, "it already exists", "Name another file, or replace it with --force")
            with Destination("path", path) as file:
                file.write(template("lyapscreen.yaml" if path == STDOUT else path))
        except SettingError as error:
            error.where = "PATH"  # no flag: it is typed without a name
            raise
        if path != STDOUT:
            messages.notices([f"{path} is written: edit it, then run lyapscreen rank {path}"])


def template(path: str = "lyapscreen.yaml") -> str:
    """Return the commented spec: what the help says of the flags, what the spec's defaults are."""
    return "\n".join(_lines(path)) + "\n"


def _lines(path: str) -> Iterator[str]:
    from lyapscreen.spec.spec import Spec
    from lyapscreen.spec.yaml_writer import written

    defaults = Spec().plain()
    yield from _comment(HEAD.format(path=path))
    for panel, members in groupby(SETTINGS, key=lambda flag: flag.panel):
        yield from ("", f"# ---- {panel} ----")
        for flag in members:
            yield ""
            yield from _comment(description(flag))
            if flag.name in EXAMPLES:
                yield from _comment(f"Here: {EXAMPLES[flag.name]}")
            short = SHORT.get(flag.name)
            line = f"{flag.name}: {short}" if short else written({flag.name: defaults[flag.name]}).rstrip()
            yield f"# {line}" if flag.name in FOLLOWS else line
    others = ", ".join(sorted(set(signature.keys()) - set(defaults)))
    yield ""
    yield from _comment(f"The other flags are keys too: {others}.")


def description(flag: Flag) -> str:
    """Return what the help says of a flag, in plain text, with what it takes and its default."""
    text, _, default = flag.text.partition(" \\[default: ")
    takes = "" if flag.metavar.isalpha() or not flag.metavar else f"Takes {flag.metavar}."
    parts = [text, takes, f"Default: {default.rstrip(']')}." if default else ""]
    return " ".join(part for part in parts if part)


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        for part in textwrap.wrap(line, WIDTH - 2) or [""]:
            yield f"# {part}".rstrip()
