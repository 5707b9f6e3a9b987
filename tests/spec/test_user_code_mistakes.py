"""A user's own functions broken: told by their own file and line."""

from __future__ import annotations

import re

import pytest

from lyapscreen.errors import DataError, ModelError, SettingError
from lyapscreen.spec.user_code import call, load
from lyapscreen.spec.user_mistakes import defined_at

BROKEN = {
    "raises": ("def make():\n    raise ValueError('bad thing')\n", "line 2: ValueError: bad thing"),
    "raises below": (
        "def make():\n    return deeper()\n\ndef deeper():\n    return 1 / 0\n",
        "line 5: ZeroDivisionError: division by zero",
    ),
    "raises in a library": ("import json\n\ndef make():\n    json.loads('{')\n", "line 4: JSONDecodeError: Expecting"),
    "raises in a lambda": ("make = lambda: [][1]\n", "line 1: IndexError: list index out of range"),
    "exits": ("import sys\n\ndef make():\n    sys.exit(3)\n", "line 4: it called sys.exit(3)"),
    "exits in words": ("def make():\n    raise SystemExit('enough')\n", "line 2: it called sys.exit('enough')"),
    "asserts": ("def make():\n    assert False\n", "line 2: AssertionError. Correct"),
    "takes more": ("\n\ndef make(width):\n    pass\n", "line 3: TypeError: make() missing 1 required"),
    "recurses": ("def make():\n    return make()\n", "line 2: RecursionError: maximum recursion depth exceeded"),
    "many lines": ("def make():\n    raise OSError('\\n\\n one\\ntwo')\n", "line 2: OSError:  one. Correct"),
    "control characters": ("def make():\n    raise OSError('\\x1b[31m')\n", r"line 2: OSError: \x1b[31m. Correct"),
    "no words": (
        "class Odd(Exception):\n    def __str__(self):\n        return 1 / 0\n\ndef make():\n    raise Odd\n",
        "line 6: Odd. Correct",
    ),
}


UNLOADABLE = {
    "syntax": ("def make():\n    return (\n", "net.py line 2: SyntaxError: '(' was never closed"),
    "indentation": ("def make():\nreturn 1\n", "net.py line 2: IndentationError: expected an indented block"),
    "raises": ("x = 1\n1 / 0\n", "net.py line 2: ZeroDivisionError: division by zero"),
    "exits": ("import sys\nsys.exit()\n", "net.py line 2: it called sys.exit()"),
    "missing import": ("\nimport no_such_thing\n", "net.py line 2: ModuleNotFoundError: No module named 'no_such"),
    "no text": (b"\xff\xfe\n", "net.py line 1: SyntaxError: "),
    "NUL": (b"x = 1\0\n", "null bytes"),
    "no such name": ("def built(): pass\n", "net.py has no make. It has built"),
    "a near name": ("def mke(): pass\ndef _make(): pass\n", "net.py has no make. Did you mean mke? It has mke"),
    "nothing": ("", "net.py has no make. It defines no function"),
    "no function": ("make = 3\n", "make is of type int, not a function"),
}


def run(value, *args, **kwargs):
    return call("model", value, load("model", value), *args, **kwargs)


@pytest.mark.parametrize(("code", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_function_is_told_by_its_own_file_and_line(here, code, said):
    here(code)
    with pytest.raises(SettingError) as caught:
        run("net.py:make")
    assert str(caught.value).startswith(f"model net.py:make: net.py {said}")
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(("code", "said"), UNLOADABLE.values(), ids=UNLOADABLE)
def test_a_file_that_cannot_be_loaded_is_told_by_file_and_line(here, code, said):
    here(code)
    with pytest.raises(SettingError, match=re.escape(said)) as caught:
        load("model", "net.py:make")
    assert str(caught.value).startswith("model net.py:make: ")


def test_a_mistake_in_a_file_beside_is_told_there(here):
    here("import parts_beside\n\ndef make():\n    return parts_beside.part()\n", "nets/net.py")
    here("\ndef part():\n    return {}['x']\n", "nets/parts_beside.py")
    with pytest.raises(SettingError, match=r"nets/net.py:make: nets/parts_beside\.py line 3: KeyError: 'x'"):
        run("nets/net.py:make")


def test_a_syntax_error_in_a_file_beside_is_told_there(here):
    here("x = 1\nimport broken_beside\n")
    here("\n\ndef (:\n", "broken_beside.py")
    with pytest.raises(SettingError, match=r"net.py:make: broken_beside\.py line 3: SyntaxError"):
        load("model", "net.py:make")


def test_a_mistake_in_a_module_is_told_by_its_file(here):
    here("def make():\n    return 1 / 0\n", "own_package/nets.py")
    with pytest.raises(SettingError, match=r"own_package.nets:make: own_package/nets\.py line 2: ZeroDivisionError"):
        run("own_package.nets:make")


@pytest.mark.parametrize("error", [SettingError, ModelError, DataError])
def test_the_caller_chooses_what_a_mistake_is_raised_as(here, error):
    here("def make():\n    1 / 0\n")
    with pytest.raises(error) as caught:
        call("model", "net.py:make", load("model", "net.py:make", error=error), error=error)
    assert type(caught.value) is error
    with pytest.raises(error) as caught:
        load("model", "none.py:make", error=error)
    assert type(caught.value) is error


@pytest.mark.parametrize("signal", [KeyboardInterrupt, GeneratorExit])
def test_what_is_no_mistake_passes_through(here, signal):
    def interrupted():
        raise signal

    with pytest.raises(signal):
        call("model", "net.py:make", interrupted)


def test_an_error_of_ours_passes_through():
    def refused():
        raise DataError("data", "x", "it is empty", "Give rows")

    with pytest.raises(DataError, match=r"^data x: it is empty"):
        call("model", "net.py:make", refused)


def test_where_a_function_begins(here):
    here("import functools\n\n\ndef make(): pass\n\nclass Made:\n    def __call__(self): pass\n\nmade = Made()\n")
    where = {name: defined_at(f"net.py:{name}", load("model", f"net.py:{name}")) for name in ("make", "made")}
    assert where == {"make": "net.py line 4", "made": "net.py line 7"}
    assert defined_at("builtins:len", len) == "len"
