"""The console: everything goes through it, and what others wrote acts on nothing."""

import ast

import pytest

from lyapscreen.report import console
from tests.test_structure import PACKAGE, modules

EDGE = {PACKAGE / "report" / "console.py", PACKAGE / "report" / "output.py"}  # the latter writes whole results


def called(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_printed_past_the_console(path):
    """One file makes consoles and writes to the streams; whoever bypasses it bypasses its escapes."""
    bypasses = {"print", "Console", "rich.print", "typer.echo", "typer.secho", "click.echo", "sys.stdout.write",
                "sys.stderr.write", "Text.from_markup", "Text.from_ansi", "sys.stdout.buffer.write"}  # fmt: skip
    found = bypasses & set(called(path))
    assert not found or path in EDGE, found


def test_no_markup_is_read(capsys):
    out = console.stdout()
    out.print("[red]x[/] :warning: [/]")
    assert capsys.readouterr().out == "[red]x[/] :warning: [/]\n"


@pytest.mark.parametrize("columns", ["0", "00"])
def test_a_width_of_nothing_is_none(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert console.stderr().width == console.USUAL_WIDTH


@pytest.mark.parametrize(("columns", "width"), [("100", 100), ("", console.PIPED_WIDTH), (None, console.PIPED_WIDTH)])
def test_a_pipe_is_as_wide_as_columns_says(monkeypatch, columns, width):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert console.stdout().width == width


def test_a_message_is_one_line(capsys):
    console.message("note: a\n::add-mask::b\x1b]0;title\x07##[group]")
    assert capsys.readouterr().err == "note: a\\n::add-mask::b\\x1b]0;title\\x07#\\x23[group]\n"
