"""`lyapscreen explain`: every word of the screen and every column has a meaning."""

import csv
import io
import re

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from lyapscreen.report.formats.csv import COLUMNS as STANDING
from lyapscreen.report.formats.csv import CONFIRMED, INTERVALS
from lyapscreen.report.text import columns, glossary
from lyapscreen.report.text.verdicts import WORDS
from lyapscreen.results.records import Regime
from lyapscreen.spec.measures import RANK_BY


def run(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "100"})


def test_every_column_is_in_the_dictionary():
    assert set(columns.COLUMNS) == {*STANDING, *CONFIRMED, *INTERVALS}
    assert list(columns.COLUMNS)[: len(STANDING)] == list(STANDING)
    done = run("rank", "--data", "wine", "--model", "mlp:4", "--lr", "0.1", "--act", "relu", "--seeds", "2", "--steps",
               "4", "--full-steps", "8", "--confirm", "1", "--jobs", "1", "--csv", "-")  # fmt: skip
    written = next(csv.reader(io.StringIO(done.stdout)))
    assert all(run("explain", column).exit_code == 0 for column in written)


@pytest.mark.parametrize("word", [*WORDS.values(), *map(str, Regime), *RANK_BY, *(m.symbol for m in RANK_BY.values())])
def test_every_verdict_and_measure_is_explained(word):
    assert glossary.found(word)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["instability"], "instability: The logarithm of how much a tiny change"),
        (["LAMBDA_1"], "instability: "),
        (["λ_1"], "instability: "),
        (["hardly", "learns"], "hardly learns: "),
        (["stalled"], "hardly learns: "),
        (["group"], "as good: "),
        (["held_out_score_low"], "held_out_score_low: low end of the 95% interval of held_out_score"),
    ],
)
def test_a_term_is_found_by_each_of_its_names(words, said):
    done = run("explain", *words)
    assert done.exit_code == 0
    assert done.stdout.startswith(said)


def test_all_of_it_fits_a_terminal():
    done = run("explain")
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= 100
    heads = [line for line in done.stdout.splitlines() if re.fullmatch(r"[A-Z ]+", line)]
    assert heads == ["WORDS OF THE SCREEN", "HOW A PROBE ENDS", "COLUMNS OF CSV AND JSON"]


def test_an_unknown_term_is_refused_with_the_nearest():
    done = run("explain", "instabilty")
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    assert "Did you mean instability?" in done.stderr
    assert done.stderr.startswith("error: TERM instabilty: ")
