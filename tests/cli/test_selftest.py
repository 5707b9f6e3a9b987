"""The self-test as a person and a script meet it; the whole table is held in tests/analysis/selftest."""

import math
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from lyapscreen.analysis.selftest import known_answers
from lyapscreen.analysis.selftest.readings import Reading
from lyapscreen.analysis.selftest.selftest import verdicts
from lyapscreen.cli import app

SHORT = [
    answer
    for answer in known_answers.ANSWERS
    if answer.run in (known_answers.WEIGHT_DECAY, known_answers.DIAGONAL, known_answers.LORENZ_SUM)
]


@pytest.fixture
def short(monkeypatch):
    """Cut the table to what takes a second; return a way to put other answers in their place."""

    def use(answers):
        monkeypatch.setattr(known_answers, "ANSWERS", tuple(answers))

    use(SHORT)
    return use


def run(*arguments, **settings):
    return CliRunner(**settings).invoke(app, ["selftest", *arguments])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_all_as_they_should_be(short, dtype):
    done = run("--dtype", dtype)
    assert done.exit_code == 0, done.output
    assert f"4 of 4 known answers hold in {dtype}" in done.stdout
    assert done.stdout.count("✓") == 4
    assert done.stderr == ""


def test_piped_it_is_one_line_an_answer_with_expected_got_and_interval(short):
    lines = run().stdout.splitlines()
    assert lines[0].split() == ["known", "answer", "expected", "got", "off", "by", "at", "most", "95%", "interval"]
    assert len(lines) == 1 + len(SHORT) + 1
    row = next(line for line in lines if "weight decay" in line)
    decay = f"{math.log(0.95):.6f}"
    assert row.split() == ["✓", "weight", "decay,", "flat", "direction", decay, decay, "1e-06", decay, "to", decay]


def test_a_console_without_unicode_gets_words(short):
    done = run(charset="ascii")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("ok  ") == 4


@pytest.mark.parametrize("wrong", [-0.05, -math.inf, 0.051293, math.nan])
def test_a_number_that_comes_out_wrong_is_named_and_ends_in_1(short, wrong):
    short([replace(SHORT[0], expected=wrong), *SHORT[1:]])
    done = run()
    assert done.exit_code == 1
    assert "3 of 4 known answers hold" in done.stdout
    assert [line for line in done.stdout.splitlines() if "✗" in line and SHORT[0].name in line]


@pytest.mark.parametrize("reading", [Reading(math.nan), Reading(math.inf), Reading(-0.05, -0.1, 0.1), Reading(-0.05)])
def test_what_is_undefined_or_of_no_sign_fails(reading):
    answer = replace(SHORT[0], expected=-0.05, signed=True, read=lambda found: reading)
    (verdict,) = verdicts("float64", [answer])
    assert not verdict.passed
    assert verdict.got is None or not math.isnan(verdict.got)


def test_answers_off_one_run_are_measured_once():
    of_one_run = [answer for answer in SHORT if answer.run is known_answers.DIAGONAL]
    first, second = verdicts("float64", of_one_run)
    # The second only reads what the first has run for 300 steps.
    assert second.seconds < first.seconds / 10


@pytest.mark.parametrize("dtype", ["float16", "", "double"])
def test_another_dtype_is_refused(short, dtype):
    done = run("--dtype", dtype)
    assert done.exit_code == 2
    assert "--dtype" in done.stderr
    assert "it must be one of float32, float64" in done.stderr
