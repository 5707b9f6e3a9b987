"""`lyapscreen selftest`: every known answer, here and now."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from lyapscreen.cli import failures, flags, limits
from lyapscreen.cli.delivery import delivering
from lyapscreen.errors import ExitCode, SettingError

if TYPE_CHECKING:
    from rich.table import Table

    from lyapscreen.analysis.selftest.selftest import Verdict

DTYPES = ("float32", "float64")


def selftest(
    dtype: Annotated[str, typer.Option(help="float32 or float64.", metavar="DTYPE")] = "float64",
    quiet: flags.Quiet = False,
    debug: flags.Debug = False,
) -> None:
    """Measure exponents that are known, here and now, and compare.

    Exits with 0 if all of them come out as they should, with 1 if not.
    """
    with failures.errors_reported(debug=debug):
        if dtype not in DTYPES:
            raise SettingError("dtype", dtype, f"it must be one of {', '.join(DTYPES)}", "Choose one of these")

        limits.require_memory()
        from lyapscreen.analysis.selftest.known_answers import ANSWERS
        from lyapscreen.analysis.selftest.selftest import verdicts
        from lyapscreen.execution import one_thread

        with one_thread():
            found = list(_watched(verdicts(dtype, ANSWERS), len(ANSWERS), quiet=quiet))
        failed = not all(verdict.passed for verdict in found)
        with delivering(ExitCode.GATE_FAILED if failed else ExitCode.DONE):
            _print(found, dtype)
    if failed:
        raise typer.Exit(ExitCode.GATE_FAILED)


def _watched(found: Iterable[Verdict], count: int, *, quiet: bool) -> Iterator[Verdict]:
    """Pass verdicts on, telling a terminal on stderr how far it is."""
    if quiet or not sys.stderr.isatty():
        yield from found
        return
    from rich.text import Text

    from lyapscreen.report import console

    with console.stderr().status(Text("self-test")) as status:
        for done, verdict in enumerate(found, start=1):
            status.update(Text(f"self-test: {done} of {count} known answers, {verdict.name}"))
            yield verdict


def _print(found: list[Verdict], dtype: str) -> None:
    from lyapscreen.report import console

    out = console.stdout()
    out.print(_table(found, unicode=console.has_unicode(out)))
    held = sum(verdict.passed for verdict in found)
    seconds = sum(verdict.seconds for verdict in found)
    out.print(f"{held} of {len(found)} known answers hold in {dtype} ({seconds:.1f} s)")


def _table(found: list[Verdict], *, unicode: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in ("", "known answer", "expected", "got", "off by at most", "95% interval"):
        table.add_column(
            head, justify="left" if head in ("", "known answer") else "right", no_wrap=head != "known answer"
        )
    for v in found:
        mark = ("✓" if v.passed else "✗") if unicode else ("ok" if v.passed else "FAILED")
        interval = "-" if v.low is None or v.high is None else f"{_number(v.low)} to {_number(v.high)}"
        allowed = f"{v.allowed:.0e}" if math.isfinite(v.expected) else "-"
        cells = (v.name, _number(v.expected), _number(v.got), allowed, interval)
        table.add_row(Text(mark, "green" if v.passed else "bold red"), *map(Text, cells))
    return table


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:z.6f}"
