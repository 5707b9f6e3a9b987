"""A spec file into settings, each with the line it stands on.

A word without quotes reaches the spec as it was typed, as a flag's value does: `lr: 1:30` is a range and
no sexagesimal number, `header: yes` is no truth value, and `1e-4` needs no dot to be a number.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn, get_origin

import yaml

from lyapscreen.errors import SettingError
from lyapscreen.spec import documents, parsing, sweep, yaml_nodes
from lyapscreen.spec.constraints import SWEEPABLE
from lyapscreen.spec.spec import NAMED_DATA, Spec

MAYBE_PATHS = frozenset({"data", "model", "held_out", "loss"})
"""Keys whose value may be a path; a relative one starts at the directory of the spec."""

LISTS = frozenset(name for name, info in Spec.model_fields.items() if get_origin(info.annotation) is tuple)
"""Keys that take several values."""

NO_FLAGS: Mapping[str, bool] = {}

START = "lyapscreen init writes a spec to start from"


@dataclass(frozen=True)
class Entry:
    """One key of a spec file as it stands there."""

    line: int
    """Counted from 1."""
    source: str
    """The value as typed, on one line."""


@dataclass(frozen=True)
class SpecFile:
    """What a spec file says."""

    name: str = ""
    """The file as the user named it."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """By key: the text as typed, a list of such, or None for null; in `sweep` numbers too."""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    """By key; `sweep.momentum` for an axis."""

    def without(self, names: Collection[str]) -> SpecFile:
        """Return the file less these keys: a flag was given instead."""
        settings = {key: value for key, value in self.settings.items() if key not in names}
        entries = {key: entry for key, entry in self.entries.items() if key.partition(".")[0] not in names}
        return SpecFile(self.name, settings, entries)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Say of every error about one of the file's settings where that setting stands, and what stands there."""
        try:
            yield
        except SettingError as error:
            entry = self.entries.get(error.setting) or self.entries.get(error.setting.partition(".")[0])
            if entry and not error.where:
                error.where = f"{self.name} line {entry.line}, {error.setting}"
                error.value = entry.source if isinstance(error.value, list) else error.value
            raise


def read(path: str, also: Mapping[str, bool] = NO_FLAGS) -> SpecFile:
    """Read a spec file, or standard input for `-`.

    Args:
        path: the file; relative paths in it start at its directory.
        also: keys that are known beside the fields of `Spec`, and whether their value is a path.

    Raises:
        SettingError: naming the key, its line, the value, the rule and the fix.

    """
    if path == "-":
        return parse(sys.stdin.buffer.read(yaml_nodes.MAX_BYTES + 1), "stdin", also=also)
    try:
        text = documents.read(path)
    except FileNotFoundError:
        raise SettingError("spec", path, "there is no such file", START, where="SPEC") from None
    except (OSError, ValueError) as error:
        rule = f"it cannot be read ({getattr(error, 'strerror', None) or error})"
        raise SettingError("spec", path, rule, f"Name a file of YAML; {START}", where="SPEC") from None
    return parse(text, path, Path(path).parent, also)


def parse(text: bytes, name: str, directory: Path = Path(), also: Mapping[str, bool] = NO_FLAGS) -> SpecFile:
    r"""Read the bytes of a spec; as `read` for a file of this name in this directory.

    >>> dict(parse(b"lr: 1e-4:1\nsweep: {momentum: [0, 0.9]}", "spec.yaml").settings)
    {'lr': '1e-4:1', 'sweep': {'momentum': [0, 0.9]}}
    """
    decoded = yaml_nodes.decoded(text, name)
    root = yaml_nodes.compose(decoded, name)
    if root is None or root.tag == yaml_nodes.NULL:
        raise SettingError("spec", name, "it holds no setting", f"{START}; {{}} means all defaults", where="SPEC")
    if not isinstance(root, yaml.MappingNode):
        where = f"{name} line {root.start_mark.line + 1}"
        rule = "a spec is lines of `key: value`"
        raise SettingError("spec", _source(decoded, root), rule, "For example, write lr: 1e-4:1", where=where)
    return _Reader(decoded, name, directory, also).read(root)


class _Reader:
    """Turns the nodes of one file into settings, and remembers where each stands."""

    def __init__(self, text: str, name: str, directory: Path, also: Mapping[str, bool]) -> None:
        self.text, self.name, self.directory = text, name, directory
        self.known = frozenset(Spec.model_fields).union(also)
        self.paths = {"weights", *(key for key, is_path in also.items() if is_path)}
        self.entries: dict[str, Entry] = {}

    def read(self, root: yaml.MappingNode) -> SpecFile:
        settings: dict[str, object] = {}
        for key, node in root.value:
            name = self._enter("", key, node)
            if name not in self.known:
                hint = parsing.nearest(name.lower(), self.known)
                self._refuse(name, "there is no such key", f"{hint}lyapscreen init writes a spec with all of them")
            settings[name] = self._sweep(node) if name == "sweep" else self._setting(name, node)
        return SpecFile(self.name, settings, self.entries)

    def _enter(self, parent: str, key: yaml.Node, node: yaml.Node) -> str:
        """Note where a key and its value stand, and return the key's name."""
        name = key.value.replace("-", "_") if isinstance(key, yaml.ScalarNode) else _source(self.text, key)
        path, before = parent + name, self.entries.get(parent + name)
        self.entries[path] = Entry(key.start_mark.line + 1, _source(self.text, node))
        if not isinstance(key, yaml.ScalarNode):
            self._refuse(path, "a key is one word", "Write `key: value`")
        if before:
            self._refuse(path, f"the key is already in line {before.line}", "Keep one of the two")
        return name

    def _setting(self, name: str, node: yaml.Node) -> object:
        if isinstance(node, yaml.ScalarNode):
            if node.tag != yaml_nodes.NULL:
                return self._path(name, self._text(name, node))
            if name in Spec.model_fields and Spec.model_fields[name].default is not None:
                self._refuse(name, "the key has no value", "Write one, or remove the line for the default")
            return None
        if isinstance(node, yaml.MappingNode):
            self._refuse(name, "it takes no keys of its own", "Write a value such as those that lyapscreen init writes")
        if name not in LISTS:
            several = (
                f"several values go under sweep: {{{name}: [...]}}"
                if name in SWEEPABLE
                else "it is the same for all configurations"
            )
            self._refuse(name, "it takes one value, not a list", f"Write one; {several}")
        return [self._text(name, item) for item in node.value]

    def _sweep(self, node: yaml.Node) -> object:
        if not isinstance(node, yaml.MappingNode):
            return self._setting("sweep", node)
        found: dict[str, object] = {}
        for key, values in node.value:
            name = self._enter("sweep.", key, values)
            path = f"sweep.{name}"
            if isinstance(values, yaml.MappingNode) or values.tag == yaml_nodes.NULL:
                self._refuse(path, "an axis is a list of values", f"Write them as {name}: [0, 0.9]")
            if isinstance(values, yaml.SequenceNode):
                found[name] = [self._typed(path, item) for item in values.value]
            else:
                text = self._text(path, values)
                found[name] = text if _is_plain(values) else [text]
        return found

    def _typed(self, path: str, node: yaml.Node) -> object:
        text = self._text(path, node)
        return sweep.typed(text) if _is_plain(node) else text

    def _text(self, path: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(path, "a list holds values, not lists or keys", "For example, write [0.1, 0.3]")
        text: str = node.value
        if not text.isprintable():
            self._refuse(path, f"it holds the character {_first_unprintable(text)!r}", "Write it on one line")
        return text

    def _path(self, name: str, text: str) -> str:
        if text in ("", "-") or not (name in self.paths or (name in MAYBE_PATHS and _is_path(text))):
            return text
        return str(self.directory / os.path.expanduser(text))  # noqa: PTH111  pathlib's raises where there is no home

    def _refuse(self, path: str, rule: str, fix: str) -> NoReturn:
        entry = self.entries[path]
        raise SettingError(path, entry.source, rule, fix, where=f"{self.name} line {entry.line}, {path}")


def _is_plain(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.style is None


def _is_path(text: str) -> bool:
    """Tell `t.csv`, `sets/t` and `net.py:factory` from `digits`, `0.25`, `mlp:64,64` and `package.net:factory`."""
    if text in NAMED_DATA or not isinstance(sweep.typed(text), str):
        return False
    file, colon, _ = text.rpartition(":")
    return file.endswith(".py") if colon else "/" in text or Path(text).suffix != ""


def _source(text: str, node: yaml.Node) -> str:
    """Return what a node was written as, on one line."""
    return " ".join(text[node.start_mark.index : node.end_mark.index].split())


def _first_unprintable(text: str) -> str:
    return next(character for character in text if not character.isprintable())
