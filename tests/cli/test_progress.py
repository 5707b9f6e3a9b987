"""What is shown while a command works: phases, rungs and one bar that never goes back."""

import io
import time
from functools import partial

import pytest
from rich.console import Console

from lyapscreen.cli import progress
from lyapscreen.report import console
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.run import carry_out, confirmed
from lyapscreen.spec.spec import Spec


@pytest.fixture(scope="module")
def plan():
    return prepare(Spec.of(data="wine", model="mlp:4", act="relu,tanh", lr="1e-3:1:6", seeds=2, steps=40, memory="60kB",
                           full_steps=60, rank_by="effective"))  # fmt: skip


def test_one_bar_for_all_rungs_and_the_confirmation_which_never_goes_back(plan):
    seen = []
    display = progress.Display(_shown=lambda now: seen.append((now.phase, now.share)))
    display.begin(plan, 1, 2 * 2 * 60)
    screening = carry_out(plan, jobs=1, observer=display.probes)
    confirmed(plan, screening, 2, jobs=1, observer=display.counted("full training", "candidates", 60))
    shares = [share for _, share in seen if share is not None]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    phases = list(dict.fromkeys(phase.partition(":")[0] for phase, _ in seen))
    assert phases == ["starting", "probing", "rung 1 of 3", "rung 2 of 3", "rung 3 of 3", "full training"]
    confirmation = [share for phase, share in seen if phase.startswith("full training: 0")]
    # Twelve configurations a quarter of the way, then six and three at most: the confirmation is the other half.
    assert 0.5 < confirmation[0] < 0.9


def test_where_stderr_is_no_terminal_there_is_a_line_now_and_then(monkeypatch, capsys):
    with progress.shown(quiet=False, every=0.01) as display:
        display.now("loading torch")
        time.sleep(0.1)
        display.expect(100)
        display.counted("full training", "candidates", 10)(5, 10)
        display.fastest = "fastest: relu lr 0.1"
        time.sleep(0.1)
    written = capsys.readouterr()
    assert not written.out
    lines = written.err.splitlines()
    assert lines[0] == "progress: loading torch"
    assert lines[-1].startswith("progress: full training: 5 of 10 candidates, 50% of the steps, about ")
    assert lines[-1].endswith(" left, fastest: relu lr 0.1")


def test_nothing_is_shown_quietly_or_before_half_a_minute(capsys):
    for quiet in (True, False):
        with progress.shown(quiet=quiet) as display:
            display.now("loading torch")
    assert capsys.readouterr() == ("", "")
    assert progress.EVERY == 30


def test_a_terminal_has_a_spinner_at_once(monkeypatch):
    stream = io.StringIO()
    terminal_like = partial(Console, file=stream, force_terminal=True, width=80, markup=False, emoji=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(console, "stderr", terminal_like)
    with progress.shown(quiet=False) as display:
        display.now("loading torch")
    assert "loading torch" in stream.getvalue()
