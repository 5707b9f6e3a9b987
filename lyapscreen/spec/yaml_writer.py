"""A spec as YAML text, every setting with its value: what `--print-spec` prints and `lyapscreen rank` reads again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import yaml

from lyapscreen.spec import sweep
from lyapscreen.spec.spec import Spec

WIDTH = 100


def resolved(spec: Spec) -> str:
    """Return a spec as YAML that reads as the same spec in this directory.

    >>> [line for line in resolved(Spec.of(lr="1e-2:1:3", seeds=2)).splitlines() if line.startswith(("lr:", "seeds:"))]
    ['seeds: [0, 1]', 'lr: [0.01, 0.1, 1.0]']
    """
    plain: dict[str, Any] = spec.plain()
    plain["sweep"] = {name: [_quoted(value) for value in values] for name, values in plain["sweep"].items()}
    return f"# Every setting of one screening; relative paths start at this file.\n{written(plain)}"


def as_used(values: Mapping[str, Any]) -> str:
    """Return settings, as they were used, as a spec file."""
    plain = {**values, "sweep": {name: [_quoted(value) for value in axis] for name, axis in values["sweep"].items()}}
    return f"# Every setting of one screening, as it is used; relative paths start at this file.\n{written(plain)}"


def written(value: dict[str, Any]) -> str:
    """Return keys and plain values as YAML, a key a line."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


def escaped(values: Mapping[str, sweep.Value]) -> str:
    r"""Return keys and plain values as YAML whose every character can be printed, a key a line.

    >>> escaped({"activation": "a\n::b ##[c]\u202e", "lr": 0.1})
    'activation: "a\\n::b #\\x23[c]\\u202E"\nlr: 0.1\n'
    """
    quoted = {name: _Quoted(value) if isinstance(value, str) else value for name, value in values.items()}
    text: str = yaml.dump(quoted, Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=math.inf)
    return text.replace("##", "#\\x23")


class _Quoted(str):
    """A word that without quotes would be read as a number, true, false or nothing."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)
_Dumper.add_representer(
    _Quoted, lambda dumper, word: dumper.represent_scalar("tag:yaml.org,2002:str", str(word), style='"')
)


def _quoted(value: sweep.Value) -> sweep.Value:
    return _Quoted(value) if isinstance(value, str) and sweep.typed(value) != value else value
