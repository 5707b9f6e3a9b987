"""What a new user asks is answered by the first screen of `make rank`, without scrolling."""

import os
import re
import subprocess
import sys

import pytest

from tests.helpers.project import ROOT
from tests.helpers.screens import read

COMMAND = ["rank", "--lr", "1e-4:1", "--act", "relu,sigmoid"]
COLUMNS, LINES = 100, 40

ASKED = {
    "which rate": r"^USE relu, lr 0\.215$",
    "for how many steps": r"^  for +1,500 steps \(71\.4 epochs\)",
    "how sure": r"^  how sure +leads seed by seed beyond chance; same pick at half the steps",
    "what if I train longer": r"^  longer +should hold for up to about [\d,]+ steps; longer ones want lower rates",
    "is it safe": r"^  safe +stable up to lr 0\.464 .*lr 1 .*is chaotic in 1 of 5 seeds",
    "what accuracy": r"^  expect +accuracy 0\.9\d+ \(95%: 0\.9\d+ to 0\.9\d+\), of a constant guess 0\.1\d+",
    "which others are as good": r"^  as good +",
    "how do I use it": r"^  settings +lr=0\.215, activation=relu, optimizer=sgd, batch_size=64",
    "why not the best accuracy": r"^  why not +relu at lr 1 has the highest accuracy",
    "what next": r"^next: --confirm 3 .*--code train\.py.*--html report\.html.*lyapscreen explain",
}
"""Ten questions, and where the screen answers them."""


@pytest.fixture(scope="module")
def screen():
    """Both streams, as they stand one below the other on a terminal."""
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run([sys.executable, "-m", "lyapscreen", *COMMAND], capture_output=True, text=True, check=True,
                          encoding="utf-8", env=environment)  # fmt: skip
    return done.stdout, done.stderr


def test_that_is_what_make_rank_runs():
    assert f"lyapscreen {' '.join(COMMAND)}\n" in (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("question", ASKED)
def test_a_question_is_answered(screen, question):
    assert re.search(ASKED[question], screen[0], re.MULTILINE), screen[0]


def test_it_fits_the_screen(screen):
    out, err = (text.splitlines() for text in screen)
    assert max(map(len, out)) <= COLUMNS
    # A terminal breaks the notes on stderr where it likes; a line is the prompt's.
    assert len(out) + sum(-(-len(line) // COLUMNS) for line in err) + 1 <= LINES


def test_it_says_no_symbol(screen):
    assert not re.search("[α-ωΑ-Ω]|lambda", screen[0])


def test_the_row_and_the_facts_agree(screen):
    shown = read(screen[0])
    assert shown.pick["act"] == "relu"
    assert shown.pick["accuracy"] == re.search(r"accuracy (\S+)", shown.facts["expect"])[1]
    assert shown.pick["loss"] == re.search(r"loss (\S+)", shown.facts["expect"])[1]
