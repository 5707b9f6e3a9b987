"""The user's files travel to workers that have none."""

from pathlib import Path

import pytest

from lyapscreen.errors import SettingError
from lyapscreen.execution import user_files
from lyapscreen.spec.spec import Spec


def test_files_travel_to_where_there_are_none_and_go_there(tmp_path, monkeypatch):
    away, home = tmp_path / "away", tmp_path / "home"
    away.mkdir()
    (home / "sub").mkdir(parents=True)
    (home / "sub" / "net.py").write_text("def make(activation): ...\n")
    monkeypatch.chdir(home)
    call = user_files.carried(where, Spec.of(model="sub/net.py:make"))
    assert call(0) == home
    monkeypatch.chdir(away)
    found = call(0)
    assert found not in (home, away)
    assert [path.name for path in found.rglob("*.py")] == ["net.py"]
    assert Path.cwd() == away


def test_a_file_outside_of_the_folder_has_to_be_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text("def make(activation): ...\n")
    call = user_files.carried(where, Spec.of(model=f"{tmp_path}/net.py:make"))
    assert call(0) == tmp_path
    (tmp_path / "net.py").write_text("def make(): ...\n")
    user_files._folder.cache_clear()
    with pytest.raises(SettingError, match=r"the worker has no .*net.py, or a different one"):
        call(0)


def where(_):
    return Path.cwd()


def test_without_files_nothing_is_wrapped():
    assert user_files.carried(where, Spec.of()) is where
