"""Progress in a notebook: a line that is rewritten, where there is a kernel and nowhere else."""

import sys
from types import SimpleNamespace

import lyapscreen as ls
from lyapscreen.screening import notebook

SMALL = {"data": "wine", "model": "mlp:4", "lr": [0.05, 0.2], "act": "relu", "seeds": 2, "steps": 20, "jobs": 1}


class Handle:
    def __init__(self):
        self.lines = []

    def update(self, content, *, raw):
        assert raw
        self.lines.append(content["text/plain"])


def shell(monkeypatch, *, kernel):
    """Stand in for IPython, which need not be installed."""
    handle = Handle()

    def display(content, *, raw, display_id):
        assert display_id
        handle.update(content, raw=raw)
        return handle

    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=kernel))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=display))
    monkeypatch.setattr(notebook, "EVERY", 0.0)
    return handle


def words(handle):
    return [line.rpartition(", ")[0].removeprefix("lyapscreen: ") or line for line in handle.lines]


def test_the_line_says_how_far_it_is(monkeypatch):
    handle = shell(monkeypatch, kernel=object())
    found = ls.screen(**SMALL, halving=True)
    said = words(handle)
    assert handle.lines[0] == "lyapscreen: looking at data and model"
    assert said[1].endswith("0 of 12 candidates probed"), "those above the range too, which say what lies ahead"
    assert said[-1] == "2 configurations x 2 seeds screened"
    assert found.csv() == ls.screen(**SMALL, observer=lambda _: None).csv()
    assert len(handle.lines) == len(said), "an observer of one's own takes its place"


def test_full_trainings_are_counted_too(monkeypatch):
    handle = shell(monkeypatch, kernel=object())
    ls.screen(**SMALL, confirm=1, full_steps=30)
    said = words(handle)
    assert "0 of 2 full trainings done" in said
    assert "2 of 2 full trainings done" in said


def test_outside_of_a_notebook_nothing_is_shown(monkeypatch, capsys):
    handle = shell(monkeypatch, kernel=None)
    ls.screen(**SMALL)
    monkeypatch.delitem(sys.modules, "IPython")
    assert notebook.line() is None
    assert (handle.lines, capsys.readouterr()) == ([], ("", ""))


def test_lines_that_can_wait_are_left_out(monkeypatch):
    handle = Handle()
    line = notebook.Line(handle)
    line.say("first")
    line.say("second", now=False)
    line.say("third")
    assert words(handle) == ["first", "third"]
