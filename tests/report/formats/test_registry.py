"""The registry of output formats against the flags, the keys of a spec file, and what each writes."""

import inspect
import subprocess
import sys

import pytest
from typer.main import get_command

import lyapscreen
from lyapscreen.cli import app, signature
from lyapscreen.errors import OutputError
from lyapscreen.report.formats import Format, formats
from tests.helpers.documents import document
from tests.helpers.project import ROOT

COMMANDS = get_command(app).commands


def flags_of(command):
    return [parameter.name for parameter in COMMANDS[command].params]


def test_every_file_with_a_format_is_found_in_the_order_of_the_flags():
    assert list(formats()) == ["csv", "json", "parquet", "markdown", "html", "plot", "code"]
    assert len({one.order for one in formats().values()}) == len(formats())


@pytest.mark.parametrize("command", ["rank", "show"])
def test_a_command_that_shows_a_ranking_has_a_flag_for_each(command):
    assert [name for name in flags_of(command) if name in formats()] == list(formats())
    helped = {parameter.name: parameter.help for parameter in COMMANDS[command].params}
    assert all(helped[name] == one.help for name, one in formats().items())


@pytest.mark.parametrize(
    ("command", "taken"),
    [("edge", ["csv", "json", "html"]), ("spectrum", ["csv", "json"]), ("validate", ["csv", "html"])],
)
def test_a_command_takes_the_formats_it_asks_for(command, taken):
    assert [name for name in flags_of(command) if name in formats()] == taken


def test_every_format_is_a_path_in_a_spec_file_and_ranks_own():
    keys = signature.keys()
    assert all(keys[name] for name in formats())
    assert set(formats()) <= signature.RANKS_OWN


def test_the_flag_says_what_is_a_path():
    paths = {name for name, is_path in signature.keys().items() if is_path}
    assert paths == {*formats(), "save", "run", "junit", "ranking", "baseline"}


def test_every_format_is_a_method_of_a_screening():
    for name in formats():
        assert inspect.isfunction(getattr(lyapscreen.Screening, name))


@pytest.mark.parametrize("one", formats().values(), ids=formats())
def test_each_is_rendered_from_one_document(one):
    content = one.render(document(), "r.svg")
    assert content
    assert one.render(document(), "r.svg") == content


@pytest.mark.parametrize("name", ["parquet", "html", "plot"])
def test_what_is_not_installed_is_refused_before_the_work(name, monkeypatch):
    monkeypatch.setattr("lyapscreen.report.extras.find_spec", lambda module: None)
    one = formats()[name]
    with pytest.raises(OutputError, match=rf"lyapscreen\[{one.extra}\]"):
        one.check("r.png")


def test_a_path_that_does_not_fit_is_refused():
    with pytest.raises(OutputError, match="a picture ends in"):
        formats()["plot"].check("r.pdf")


def test_a_format_that_needs_nothing_is_always_there():
    Format("txt", 9, "Text.", render=lambda document, path: path).check("anything")


def test_a_new_file_is_a_new_format():
    """A module with a FORMAT is all it takes: the flag is there, in its place."""
    code = """
import sys, types
import lyapscreen.report.formats as formats
new = types.ModuleType("lyapscreen.report.formats.toml")
new.FORMAT = formats.Format("toml", 9, "Write the ranking as TOML.", render=lambda document, path: "")
sys.modules[new.__name__] = new
found = list(formats.iter_modules(formats.__path__))
formats.iter_modules = lambda path: [*found, types.SimpleNamespace(name="toml")]
from typer.main import get_command
from lyapscreen.cli import app, signature
assert [p.name for p in get_command(app).commands["rank"].params if p.name in formats.formats()][-1] == "toml"
assert signature.keys()["toml"]
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_page_about_files_lists_every_format_in_the_order_of_the_flags():
    page = (ROOT / "examples" / "export" / "README.md").read_text()
    lines = [line.split("|") for line in page.splitlines() if line.startswith("| `--")]
    assert [cells[1].strip(" `-") for cells in lines] == [*formats(), "save"]
    needed = {cells[1].strip(" `-"): cells[3].strip() for cells in lines}
    for name, one in formats().items():
        assert needed[name] == (f"`pip install 'lyapscreen[{one.extra}]'`" if one.extra else "")
