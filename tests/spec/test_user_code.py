"""A user's own functions: told by their own file and line when broken, never on stdout, at home in any process."""

from __future__ import annotations

import inspect
import os
import pickle
import re
import sys
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from lyapscreen.errors import DataError, ModelError, SettingError
from lyapscreen.execution import execute
from lyapscreen.spec import user_code
from lyapscreen.spec.user_code import Named, call, load

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


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to stand in, and a way to write files there."""
    monkeypatch.chdir(tmp_path)

    def write(content, name="net.py"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())

    return write


def run(value, *args, **kwargs):
    return call("model", value, load("model", value), *args, **kwargs)


# Where a mistake is


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
    where = {name: user_code.defined_at(f"net.py:{name}", load("model", f"net.py:{name}")) for name in ("make", "made")}
    assert where == {"make": "net.py line 4", "made": "net.py line 7"}
    assert user_code.defined_at("builtins:len", len) == "len"


# What a name may be


NO_NAMES = ["net.py", "net.py:", "net", ":make", "", "a b:make", "net.py:1x", "mlp:64,64", "C:\\net"]


@pytest.mark.parametrize("value", NO_NAMES)
def test_text_that_names_no_function_is_refused(here, value):
    here("def make(): pass\n")
    with pytest.raises(SettingError, match=r"it names no function\. Write FILE\.py:name or package\.module:name"):
        load("model", value)


def test_a_missing_file_is_answered_with_the_nearest(here):
    here("", "models.py")
    with pytest.raises(SettingError, match=r"there is no file model\.py\. Did you mean models\.py\? Paths are"):
        load("model", "model.py:make")
    with pytest.raises(SettingError, match=r"there is no file nowhere/model\.py\. Paths"):
        load("model", "nowhere/model.py:make")
    Path("folder.py").mkdir()
    with pytest.raises(SettingError, match=r"there is no file folder\.py"):
        load("model", "folder.py:make")


def test_a_missing_module_is_told_apart_from_one_that_it_misses(here):
    with pytest.raises(SettingError, match=r"nets:make: there is no module no_such_package\. It is looked"):
        load("model", "no_such_package.nets:make")
    here("\nimport no_such_thing\n", "lacking.py")
    with pytest.raises(SettingError, match=r"lacking\.py line 2: ModuleNotFoundError: No module named 'no_such_thing'"):
        load("model", "lacking:make")


def test_modules_and_attributes_of_classes_can_be_named(here):
    assert load("model", "os.path:join") is os.path.join
    here("class Nets:\n    @staticmethod\n    def make():\n        return 7\n")
    assert run("net.py:Nets.make") == 7


def test_no_code_refuses_before_anything_is_run(here):
    here("open('was_run', 'w').close()\ndef make(): pass\n")
    for value in ("net.py:make", "net:make", "missing.py:make"):
        with pytest.raises(SettingError, match=r"which --no-code refuses to run\. If you trust .*leave out --no-code"):
            load("model", value, allowed=False)
    assert not Path("was_run").exists()


# Nothing is left behind


def test_stdout_stays_clean(here, capsys):
    here("print('loading')\n\ndef make(word):\n    print('making', word)\n    return word\n")
    before = sys.stdout
    assert run("net.py:make", "x") == "x"
    assert capsys.readouterr() == ("", "loading\nmaking x\n")
    here("def make():\n    print('before it fails')\n    1 / 0\n", "fails.py")
    with pytest.raises(SettingError):
        run("fails.py:make")
    assert capsys.readouterr() == ("", "before it fails\n")
    assert sys.stdout is before


def test_the_import_path_is_as_before(here):
    here("VALUE = 7\n", "nets/beside_the_net.py")
    here("import sys\nimport beside_the_net\nsys.path.append('left behind')\n\ndef make():\n"
         "    import later_beside\n    return beside_the_net.VALUE + later_beside.VALUE\n", "nets/net.py")  # fmt: skip
    here("VALUE = 1\n", "nets/later_beside.py")
    before = list(sys.path)
    function = load("model", "nets/net.py:make")
    assert sys.path == before
    assert call("model", "nets/net.py:make", function) == 8
    assert sys.path == before
    here("import sys\nsys.path = []\n1 / 0\n", "fails.py")
    with pytest.raises(SettingError):
        load("model", "fails.py:make")
    assert sys.path == before


def test_nothing_is_written_beside_the_file(here):
    here("def make(): return 1\n")
    run("net.py:make")
    assert [path.name for path in Path().iterdir()] == ["net.py"]


def test_a_file_is_run_once_until_it_changes(here):
    here("with open('runs', 'a') as runs:\n    runs.write('x')\n\ndef make(): return 1\n")
    assert load("model", "net.py:make") is load("model", str(Path("net.py").resolve()) + ":make")
    assert Path("runs").read_text() == "x"
    here("with open('runs', 'a') as runs:\n    runs.write('x')\n\ndef make(): return 2\n")
    os.utime("net.py", ns=(1, 1))
    assert run("net.py:make") == 2
    assert Path("runs").read_text() == "xx"


def test_a_file_that_failed_is_run_again(here):
    here("1 / 0\n", "failing.py")
    for _ in range(2):
        with pytest.raises(SettingError, match="ZeroDivisionError"):
            load("model", "failing.py:make")
    assert not [name for name in sys.modules if "failing" in name]


def test_a_class_of_the_file_can_be_pickled_and_be_a_dataclass(here):
    here("from dataclasses import dataclass\n\n@dataclass\nclass Made:\n    x: int\n")
    made = run("net.py:Made", 3)
    assert pickle.loads(pickle.dumps(made)) == made


# Other processes


def test_a_named_function_travels_as_text_and_keeps_its_folder(here, tmp_path, monkeypatch):
    here("def make(x, width=2):\n    return x * width\n")
    named = Named("model", "net.py:make")
    travelled = pickle.loads(pickle.dumps(named))
    assert travelled == named
    monkeypatch.chdir("/")
    assert travelled(3) == 6
    assert travelled(x=3, width=5) == 15
    assert list(inspect.signature(travelled).parameters) == ["x", "width"]
    assert travelled.function.__name__ == "make"


def test_a_named_function_works_and_fails_in_worker_processes(here, capfd):
    get_reusable_executor().shutdown(wait=True)  # workers started by another test write to that test's stderr
    here("import os\nimport beside_in_worker\n\ndef make(x):\n    print('in a worker')\n"
         "    if x < 0:\n        raise ValueError(x)\n    return beside_in_worker.twice(x), os.getpid()\n")  # fmt: skip
    here("def twice(x):\n    return 2 * x\n", "beside_in_worker.py")
    named = Named("model", "net.py:make", ModelError)
    found = dict(execute(named, [1, 2, 3, 4], jobs=2))
    assert [found[i][0] for i in range(4)] == [2, 4, 6, 8]
    assert os.getpid() not in {pid for _, pid in found.values()}
    with pytest.raises(ModelError, match=r"^model net\.py:make: net\.py line 7: ValueError: -1"):
        list(execute(named, [-1, -1], jobs=2))
    out, err = capfd.readouterr()
    assert out == ""
    assert "in a worker" in err
