"""Warnings of the user's own code: each once, one line, whoever runs it."""

import time
import warnings

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app, python_warnings
from lyapscreen.cli.messages import MOST_NOTICES, every_notice
from lyapscreen.execution import execute

NET = r"""
import warnings
from torch import nn

class Own(UserWarning):
    pass

class Net(nn.Sequential):
    def forward(self, x):
        warnings.warn("forward\x1b]0;t\x07\n::error::b", Own, stacklevel=1)
        return super().forward(x)

def make(activation, inputs, outputs):
    warnings.warn("not for those who run it", DeprecationWarning, stacklevel=1)
    warnings.warn("make\x1b[31m\r\n::add-mask::x", stacklevel=1)
    return Net(nn.Linear(inputs, 4), activation(), nn.Linear(4, outputs))
"""

SPEC = "rank --quiet --data wine --model net.py:make --lr 0.1,0.3 --act relu,tanh --seeds 2 --steps 4 --csv r.csv"


@pytest.fixture
def as_outside_of_tests():
    """Filters as Python has them: here every warning is an error."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


@pytest.mark.usefixtures("as_outside_of_tests")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_warning_of_a_model_is_one_line_once(directory, jobs):
    (directory / "net.py").write_text(NET)
    done = CliRunner().invoke(app, [*SPEC.split(), "--jobs", jobs])
    assert done.exit_code in (0, 3), done.output
    foreign = [line for line in done.stderr.split("\n") if "net.py" in line]
    assert foreign == [
        "warning: net.py:15: UserWarning: make\\x1b[31m\\r\\n::add-mask::x",
        "warning: net.py:10: Own: forward\\x1b]0;t\\x07\\n::error::b",
    ]
    assert all(line.isprintable() for line in done.stderr.split("\n"))


@pytest.mark.usefixtures("as_outside_of_tests")
@pytest.mark.parametrize("debug", [False, True])
def test_a_model_that_warns_at_every_step_does_not_fill_the_screen(debug, capsys):
    with every_notice(shown=debug), python_warnings.reported():
        for step in range(12):
            warnings.warn(f"at step {step}", stacklevel=1)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == (12 if debug else MOST_NOTICES + 1)
    if not debug:
        assert told[-1] == f"note: {12 - MOST_NOTICES} more warnings of Python code; --debug shows all"


class Ours(RuntimeWarning):
    pass


def warns(work):
    warnings.warn(f"work {work % 2}", Ours, stacklevel=1)
    return work


@pytest.mark.usefixtures("as_outside_of_tests")
def test_a_warning_in_a_worker_is_one_here():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        found = sorted(execute(warns, [0, 1, 2, 3], 2))
    assert found == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert {(str(one.message), one.category.__name__, one.filename) for one in caught} == {
        ("work 0", "Ours", __file__), ("work 1", "Ours", __file__)
    }  # fmt: skip
    assert all(issubclass(one.category, RuntimeWarning) for one in caught)


def warns_later(work):
    time.sleep(0.5)
    return warns(work)


def test_a_filter_that_makes_it_an_error_holds_for_workers():
    # Both are with the workers by then: broken off while it still hands one out, loky's own thread may raise KeyError.
    with pytest.raises(RuntimeWarning, match="work 0"):
        list(execute(warns_later, [0, 2], 2))
