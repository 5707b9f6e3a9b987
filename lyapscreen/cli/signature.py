"""What a command line is put together from: the flags of the spec, those of the formats, and a command's own.

Typer reads a command's flags off its signature. Writing the shared ones into each command would be as many places to
forget one, so decorators put the signature together.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from lyapscreen.cli import environment, failures, flags, limits, messages, permissions, shown
from lyapscreen.cli.setting_flags import COMMON, SETTINGS, Flag
from lyapscreen.errors import SettingError
from lyapscreen.report.formats import formats

if TYPE_CHECKING:
    from lyapscreen.report.formats import Format
    from lyapscreen.spec.yaml_reader import SpecFile

OWN: dict[str, bool] = {}
"""Flags that are some command's own, and whether they take a path; filled as the commands are declared."""

PATHS = ("PATH", "FILE", "DIR")
"""How the metavar of a flag begins that takes one."""

RANKS_OWN = frozenset({*formats(), "save", "run", "resume", "halving", "confirm"})
"""Keys of a spec file that are meant for `rank`: where its results go, how far its probes do, and what follows them.

Other commands have these as flags alone: `gate` must not replace the ranking by its verdicts.
"""

GATES_OWN = frozenset({"top"})
"""Keys of a spec file that are meant for `gate`, though other commands have a flag of that name."""

SWITCHES = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
"""How a spec file writes a flag that takes no value."""


SPEC_HERE = "lyapscreen.yaml"
"""What `lyapscreen init` writes."""


def takes_settings(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command a spec file, every flag of the spec, and one way to tell errors.

    It receives as the dict `settings` what the file and the flags set, and its own flags as ever; a flag
    wins over the file.
    """
    rest = [p.replace(kind=p.KEYWORD_ONLY) for p in inspect.signature(command, eval_str=True).parameters.values()]
    own = {p.name: p.default for p in rest if p.name != "settings"}
    signature = [_parameter("ctx", typer.Context), _parameter("spec_file", flags.SpecPath, None)]
    in_order = sorted(SETTINGS, key=lambda flag: not flag.common)
    signature += [_parameter(flag.name, _type(flag), None if flag.metavar else bool(flag.off)) for flag in in_order]
    signature += [*(p for p in rest if p.name in own), _parameter("debug", flags.Debug, False)]
    if "address" in own:
        signature.insert(-1, _parameter(permissions.ALLOW_ADDRESS, flags.AllowSpecAddress, False))
    OWN.update({p.name: _is_path(p) for p in signature if p.name in own or p.name == "debug"})

    ranks, gates = (command.__name__ == name for name in ("rank", "gate"))

    @functools.wraps(command)
    def typed(ctx: typer.Context, spec_file: str | None, *, debug: bool, **values: Any) -> None:
        found = environment.given(ctx, values, has_file=spec_file is not None)
        given = found.values
        with failures.errors_reported(debug=debug):
            replaced = [other for name in given if (other := environment.SAME.get(name))]
            file = _read(spec_file).without([*given, *replaced])
            with file.blamed():
                permissions.require_no_flags(file.settings)
                debug = debug or bool(_own("debug", debug, file.settings))
        with failures.errors_reported(debug=debug), file.blamed(), environment.blamed(found.by_variable):
            others = (frozenset() if ranks else RANKS_OWN) | (frozenset() if gates else GATES_OWN)
            in_file = {key: value for key, value in file.settings.items() if key not in others}
            known = {name: value for name, value in {**in_file, **given}.items() if value is not None}
            from_file = {key for key in in_file if key not in given and (key in own or key in values)}
            permissions.check(
                spec_file, known, from_file, no_code=bool(_own("no_code", False, known)),
                allow_address=bool(given.get(permissions.ALLOW_ADDRESS, False)),
            )  # fmt: skip
            messages.warnings(environment.warnings())
            if not _own("quiet", False, known):
                messages.notices([*found.notices, *_beside(command.__name__, spec_file, given)])
            if "ranking" not in known:
                limits.require_memory()
            settings = {flag.name: known[flag.name] for flag in SETTINGS if flag.name in known}
            command(settings=settings, **{name: _own(name, default, known) for name, default in own.items()})

    return _with_signature(typed, signature)


def takes_group(group: str, members: Mapping[str, Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command several flags in place of its parameter `group`, which receives what they are given as a dict.

    Args:
        group: the parameter.
        members: the flags by name, each with its annotation for Typer; where it is not given it holds False or None.

    """

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        signature: list[inspect.Parameter] = []
        for parameter in inspect.signature(command, eval_str=True).parameters.values():
            if parameter.name == group:
                signature += [_parameter(name, one, _not_given(one)) for name, one in members.items()]
            else:
                signature.append(parameter.replace(kind=parameter.KEYWORD_ONLY))

        @functools.wraps(command)
        def grouped(**values: Any) -> None:
            command(**{group: {name: values.pop(name) for name in members}}, **values)

        return _with_signature(grouped, signature)

    return decorated


def takes_shown(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the flags of what a terminal shows: it receives them as the dict `shown`."""
    return takes_group("shown", shown.FLAGS)(command)


def takes_outputs(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the flags of some formats, of all unless named: it receives their paths as the dict `outputs`."""
    return takes_group("outputs", {n: _output(one) for n, one in formats().items() if not names or n in names})


def keys() -> dict[str, bool]:
    """Return every key that a spec file may have, the settings and the flags of the commands, and which are paths."""
    return {flag.name: False for flag in SETTINGS} | OWN


def _read(path: str | None) -> SpecFile:
    from lyapscreen.spec import yaml_reader  # not before a command runs: `--help` does without YAML and pydantic

    return yaml_reader.SpecFile() if path is None else yaml_reader.read(path, keys())


def _beside(command: str, spec_file: str | None, given: Mapping[str, object]) -> tuple[str, ...]:
    """Return what to say where a spec of the name that `init` gives one is there, and is not read."""
    if spec_file is not None or given.keys() & {"resume", "ranking"} or not Path(SPEC_HERE).is_file():
        return ()
    return (f"{SPEC_HERE} is here and is not read; lyapscreen {command} {SPEC_HERE} takes its settings",)


def _own(name: str, default: object, known: Mapping[str, object]) -> object:
    """Return a flag's value, be it from the command line or, as text, from the file."""
    value = known.get(name)
    if value is None:
        return default
    if not isinstance(default, bool) or isinstance(value, bool):
        return value
    if str(value).lower() not in SWITCHES:
        raise SettingError(name, value, "it must be true or false", "Write true or false")
    return SWITCHES[str(value).lower()]


def _with_signature(command: Callable[..., None], signature: list[inspect.Parameter]) -> Callable[..., None]:
    command.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in signature}
    return command


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _type(flag: Flag) -> Any:
    spelled = f"--{flag.name.replace('_', '-')}"
    panel = COMMON if flag.common else flag.panel
    known: dict[str, Any] = {"help": flag.text, "rich_help_panel": panel, "show_envvar": False}
    known["envvar"] = environment.variable(flag.name)
    if not flag.metavar:
        return Annotated[bool, typer.Option(f"{spelled}{'/' * bool(flag.off)}{flag.off}", **known)]
    kind = list[str] if flag.many else str
    return Annotated[kind | None, typer.Option(spelled, *flag.aliases, metavar=flag.metavar, **known)]


def _output(one: Format) -> Any:
    return Annotated[str | None, typer.Option(help=one.help, metavar="PATH", rich_help_panel=flags.OUTPUT)]


def _not_given(annotation: Any) -> bool | None:
    return False if get_args(annotation)[0] is bool else None


def _is_path(parameter: inspect.Parameter) -> bool:
    """Tell by its metavar whether a flag takes a path."""
    (option,) = parameter.annotation.__metadata__
    return (option.metavar or "").startswith(PATHS)
