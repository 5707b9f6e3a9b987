"""A user's own functions: what a name may be, never on stdout, at home in any process."""

from __future__ import annotations

import inspect
import os
import pickle
import sys
from pathlib import Path

import pytest
from joblib.externals.loky import get_reusable_executor

from lyapscreen.errors import ModelError, SettingError
from lyapscreen.execution import execute
from lyapscreen.spec.user_code import Named, call, load


def run(value, *args, **kwargs):
    return call("model", value, load("model", value), *args, **kwargs)


# What a name may be


NO_NAMES = ["net.py", "net.py:", "net", ":make", "", "a b:make", "net.py:1x", "mlp:64,64", "C:\\net"]


@pytest.mark.parametrize("value", NO_NAMES)
def test_text_that_names_no_function_is_refused(here, value):
    here("def make(): pass\n")
    with pytest.raises(
        SettingError, match=r"it does not name a function\. Write FILE\.py:name or package\.module:name"
    ):
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
    with pytest.raises(SettingError, match=r"nets:make: there is no module no_such_package\. Modules are looked"):
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
