"""YAML text into a tree of nodes that know their lines; nothing of Python's is ever made of them.

What a spec has no use for is refused before it can grow or run: aliases, deep nesting, several documents,
and every tag beyond YAML's own words and lists, those that name Python's objects among them.
"""

from __future__ import annotations

from typing import Any, NoReturn

import yaml

from lyapscreen.errors import SettingError

MAX_BYTES = 100_000
"""A spec is a page of text; what is longer is none."""

DEEPEST = 5
"""Levels of nesting read; a spec has four."""

NULL = "tag:yaml.org,2002:null"

_READ = frozenset(f"tag:yaml.org,2002:{kind}" for kind in (
    "null", "bool", "int", "float", "str", "timestamp", "value", "merge", "seq", "map",
))  # fmt: skip

_FIX = "Write one `key: value` per line and lists as [a, b], and quote any value that holds a colon and a space"
_NO_TABS = "Indent with spaces, not with tabs"


def compose(text: str, name: str) -> yaml.Node | None:
    """Return the root of the only document in `text`, None for an empty one.

    Raises:
        SettingError: naming the line, what stands there and what is wrong with it.

    """
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:
        rule = f"the character {text[error.position]!r} is not allowed in YAML"
        _refuse(name, text, error.position, rule, "Save the file as plain text")
    try:
        root = loader.get_node() if loader.check_node() else None
        if loader.check_node():
            raise _NotReadError(loader.next_mark(), "a second document begins here", "Keep one; a spec has no ---")
        return root
    except _NotReadError as error:
        _refuse(name, text, error.mark.index, error.rule, error.fix)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        if mark is None or (mark.index >= len(text.rstrip()) and error.context_mark):
            mark = error.context_mark  # what was never closed began there
        rule = f"it cannot be read as YAML ({error.problem})"
        _refuse(name, text, mark.index if mark else 0, rule, _NO_TABS if "'\\t'" in rule else _FIX)
    except (ValueError, OverflowError):  # PyYAML passes an escape such as "\UFFFFFFFF" on to Python
        _refuse(name, text, loader.get_mark().index, "a number or an escape in it is out of range", _FIX)
    finally:
        loader.dispose()


def decoded(text: bytes, name: str) -> str:
    """Return the text of a file's bytes.

    Raises:
        SettingError: it is too long or not UTF-8.

    """
    if len(text) > MAX_BYTES:
        rule = f"a spec has at most {MAX_BYTES} bytes"
        raise SettingError("spec", name, rule, "Name a spec, not a table", where="SPEC")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = text[: error.start].count(b"\n") + 1
        shown, where = f"0x{text[error.start]:02x}", f"{name} line {line}"
        raise SettingError("spec", shown, "this byte is not UTF-8", "Save the file as UTF-8", where=where) from None


class _NotReadError(Exception):
    """What is YAML, but nothing that a spec has a use for."""

    def __init__(self, mark: yaml.Mark, rule: str, fix: str) -> None:
        super().__init__(mark, rule, fix)
        self.mark, self.rule, self.fix = mark, rule, fix


class _Loader(yaml.SafeLoader):
    """Composes nodes and refuses what is not read."""

    depth = 0

    def next_mark(self) -> yaml.Mark:
        mark: yaml.Mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        return mark

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        mark = self.next_mark()
        if self.check_event(yaml.AliasEvent):
            raise _NotReadError(mark, "aliases are not read", "Write the value out, in quotes if it begins with *")
        if self.depth == DEEPEST:
            raise _NotReadError(mark, f"it is nested more than {DEEPEST} levels deep", _FIX)
        self.depth += 1
        try:
            node = super().compose_node(parent, index)
        finally:
            self.depth -= 1
        if node is not None and node.tag not in _READ:
            tag = node.tag.replace("tag:yaml.org,2002:", "!!")
            raise _NotReadError(mark, f"tags such as {tag} are not read", "Leave it out, or quote what begins with !")
        return node


def _refuse(name: str, text: str, index: int, rule: str, fix: str) -> NoReturn:
    line = text[:index].count("\n")
    shown = text.split("\n")[line].strip()
    raise SettingError("spec", repr(shown), rule, fix, where=f"{name} line {line + 1}") from None
