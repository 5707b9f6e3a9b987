"""What a spec file may ask for, and what no output may replace: judged before anything is connected to or written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lyapscreen.cli import messages
from lyapscreen.errors import SettingError
from lyapscreen.report.formats import formats
from lyapscreen.spec import input_files

READ = {"ranking": "the ranking to judge", "baseline": "the baseline"}
"""Flags of a command's own that name a file it reads, and what the message calls that."""

ALLOW_ADDRESS = "allow_spec_address"

FLAG_ALONE = ("log_to",)
"""Flags that no spec file may set: results are sent only where whoever runs the command says."""


def outputs() -> tuple[str, ...]:
    """Return the names of all flags that take a file to write."""
    return (*formats(), "save", "junit")


def check(
    spec_file: str | None, known: Mapping[str, object], in_file: Collection[str], *,
    no_code: bool, allow_address: bool,
) -> None:  # fmt: skip
    """Refuse what a spec may not ask for, and outputs that would replace what is read.

    Args:
        spec_file: the file of settings; None where there is none.
        known: every setting and flag in force, by name.
        in_file: names of those that the spec file says.
        no_code: whether the spec is not trusted to name code.
        allow_address: whether the caller lets the spec say where to connect to.

    Raises:
        SettingError: naming the setting that is refused.

    """
    from lyapscreen.report import targets

    address = known.get("address")
    if address is not None and no_code:
        rule = "what a cluster sends back is unpickled, which can run code, and --no-code refuses that"
        raise SettingError("address", address, rule, "Leave it out: workers are then started on this machine")
    if "address" in in_file and not allow_address:
        rule = "whoever runs the cluster can run code here, so that a spec may not choose it"
        fix = f"Write --address {address}, or add --allow-spec-address if you trust the spec"
        raise SettingError("address", address, rule, fix)
    if no_code and "ranking" in in_file:
        rule = "with --no-code a spec does not choose the ranking that is judged"
        raise SettingError("ranking", known["ranking"], rule, "Write --ranking FILE on the command line")
    written = {name: str(known[name]) for name in outputs() if isinstance(known.get(name), str)}
    if no_code:
        for name in [*written, "run"]:
            if name in in_file and isinstance(known.get(name), str):
                targets.require_harmless(name, str(known[name]))
    run = known.get("run")
    targets.require_no_input(written, _read(spec_file, known), run=run if isinstance(run, str) else None)


def require_no_flags(settings: Collection[str]) -> None:
    """Refuse keys of a spec file that are flags alone.

    Raises:
        SettingError: naming the first.

    """
    for name in FLAG_ALONE:
        if name in settings:
            rule = "a spec does not choose where results are logged to"
            raise SettingError(name, "", rule, f"Leave it out, and write {messages.as_flag(name)} on the command line")


def require_no_input(written: Mapping[str, str | None], settings: Mapping[str, object], run: str) -> None:
    """Refuse outputs that would replace what a run that goes on reads, by the settings that lie in its directory.

    Raises:
        OutputError: naming the output.

    """
    from lyapscreen.report import targets

    targets.require_no_input(written, _read(None, settings), run=run)


def _read(spec_file: str | None, known: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    if spec_file is not None:
        yield "the spec", spec_file
    for name, what in READ.items():
        if isinstance(path := known.get(name), str):
            yield what, path
    for setting, path in input_files.named(known):
        yield messages.as_flag(setting), path
