"""What a ranking looks like on a terminal, in a pipe, and where there is no Unicode."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from lyapscreen.report import terminal
from lyapscreen.report.table.sparkline import sparklines
from lyapscreen.results.ranking import rank
from tests.helpers.rankings import DIV, RESULTS, SPEC, C, S, X, altered, probed, sentences_of, warnings_of


def printed(results, width=None, spec=SPEC, rank_by="effective", encoding="utf-8", **how):
    """Return what a terminal of `width` columns shows, or a pipe without one; colours are left out."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, width=width, force_terminal=width is not None, color_system=None, legacy_windows=False)
    halfway = rank(results, rank_by, at=50)
    terminal.show(rank(results, rank_by), halfway, spec, console, score_name="accuracy", **how)
    file.flush()
    return raw.getvalue().decode(encoding)


def heads(text):
    """The last line of the table's head, as a list."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == ["#"])


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (140, ["#", "tie", "act", "lr", "regime", "λ_eff", "interval", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (100, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (80, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "loss", "accuracy"]),
        (60, ["#", "tie", "act", "lr", "regime", "λ_eff", "accuracy"]),
    ],
)
def test_a_narrow_terminal_loses_columns_and_no_digits(width, columns):
    text = printed(RESULTS, width)
    assert heads(text) == columns
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    rows = rank(RESULTS).rows
    table = text.split("\n\n")[0].splitlines()[-len(rows) :]
    for row, line in zip(rows, table, strict=True):
        assert f" {row.regime} " in line
        assert (f" {row.effective:.4f} " if row.effective is not None else " – ") in line
        assert line.startswith("▶ 1 ") == row.recommended


def test_the_table_at_eighty_columns():
    assert (
        printed(RESULTS, 80).split("\n\n")[0]
        == """\
                                   effective      95%  held-out  held-out
  #  tie  act   lr     regime          λ_eff        ±      loss  accuracy
─────────────────────────────────────────────────────────────────────────
▶ 1    1  tanh  0.01   converging    -0.0501  ±0.0079     0.200     0.950
  2    1  relu  0.1    converging    -0.0500  ±0.0020     0.200     0.950
  3    2  tanh  0.001  converging    -0.0301  ±0.0020     0.220     0.970
  4    3  relu  0.01   converging    -0.0200  ±0.0020     0.230     0.980
  5    4  relu  0.001  stalled       -0.0001  ±0.0020     0.250     1.000
  6    5  tanh  0.1    chaotic        0.0100  ±0.0020     0.260     1.010
  7    6  tanh  1      dead          -0.0100  ±0.0020     0.240     0.990
  8    –  relu  1      diverged            –        –         –         –"""
    )


def test_all_columns_stay_as_long_as_they_fit():
    natural = max(map(cell_len, printed(RESULTS, 140).split("\n\n")[0].splitlines()))
    assert heads(printed(RESULTS, natural)) == heads(printed(RESULTS, 140)) != heads(printed(RESULTS, natural - 1))


def test_a_terminal_too_narrow_for_anything_still_gets_whole_numbers():
    for row in rank(RESULTS).rows[:-1]:
        assert f" {row.effective:.4f}" in printed(RESULTS, 20)


def test_what_the_ranking_is_sorted_by_is_never_dropped():
    assert "λ_1" in heads(printed(RESULTS, 60, rank_by="lyapunov"))
    assert "λ_1" not in heads(printed(RESULTS, 60))


def test_a_pipe_gets_one_line_a_row_and_no_codes():
    text = printed(RESULTS)
    assert not re.search("[\x1b─│┃╭+|]", text)
    assert "λ_perp" in heads(text)
    # A head of two lines, the rows, the explanations, the sparks with head and key, the sentences; blanks between.
    assert len(text.splitlines()) == 2 + 8 + 1 + 3 + 1 + 4 + 1 + 6
    assert all(line == line.rstrip() for line in text.splitlines())


def test_a_pipe_gets_a_sentence_a_line():
    results = [
        r for n in range(6) for r in probed("leaky_relu", 0.1 + n / 100, -0.05 + n / 1e4, spread=0.001 * (n + 1))
    ]
    assert max(map(len, sentences_of(results))) > 120
    assert [line for line in printed(results).splitlines() if line.startswith("Tied")] == sentences_of(results)[2:3]


def test_colours_reach_a_terminal_alone():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=80, color_system="standard", legacy_windows=False)
    ranking = rank(RESULTS)
    terminal.show(ranking, ranking, SPEC, console, score_name="R2")
    assert "\x1b[1;32mconverging" in file.getvalue()
    assert "\x1b[31mdiverged" in file.getvalue()
    assert "R2" in file.getvalue()


@pytest.mark.parametrize("width", [None, 80, 60])
def test_ascii_consoles_get_ascii(width):
    text = printed([*RESULTS, *probed("µ[red]ναμε", 0.1, -0.01)], width, encoding="ascii")
    assert "lambda_eff" in text
    assert "> 1 " in text
    assert "?[red]????" in text
    assert max(map(len, text.splitlines())) <= (width or 200)


def test_names_are_neither_markup_nor_wider_than_the_table_bears():
    text = printed(probed("[bold]x[/bold]", 0.1, -0.05) + probed("package.module:" + "y" * 30, 0.1, -0.01), 100)
    assert "[bold]x[/bold]" in text
    assert "…" + "y" * 23 in text
    assert max(map(cell_len, text.splitlines())) <= 100


def test_a_long_ranking_is_cut_where_it_pays():
    results = [result for place in range(31) for result in probed("relu", 1 + place, -0.05 + place / 1000, seeds=1)]
    cut, whole = printed(results, 100), printed(results[:30], 100)
    assert "… 11 more rows: --csv FILE has all" in cut
    assert [int(n) for n in re.findall(r"^[ ▶]*(\d+)  relu", cut, re.MULTILINE)] == list(range(1, 21))
    assert "more rows" not in whole
    assert [int(n) for n in re.findall(r"^[ ▶]*(\d+)  relu", whole, re.MULTILINE)] == list(range(1, 31))
    assert "… 25 more rows" in printed(results[:30], 100, limit=5)


def test_columns_without_values_are_left_out():
    alone = printed(probed("relu", 0.1, -0.05, seeds=1) + probed("tanh", 0.1, -0.01, seeds=1), 140)
    assert heads(alone) == ["#", "act", "lr", "regime", "λ_eff", "λ_perp", "T", "λ_1", "loss", "accuracy"]
    assert "tie:" not in alone


def test_numbers_beyond_a_column_are_powers_of_ten():
    huge = [altered(r, held_out_loss=1.5e25) for r in probed("tanh", 0.1, -0.01, X)]
    assert " 1.5e+25 " in printed(probed("relu", 0.1, -0.05) + huge, 100)


def test_sparks_show_where_each_activation_works():
    text = printed(RESULTS, 80)
    assert text.split("\n\n")[2].splitlines() == [
        "λ_eff over lr, 0.001 to 1",
        "tanh  ▃█~_  best at lr 0.01",
        "relu  ·▁█×  best at lr 0.1",
        "█ best  ▁ slowest  · stalled  ~ chaotic  _ dead  × diverged",
    ]
    assert "over lr" not in printed(probed("relu", 0.1, -0.05), 80)


def test_many_activations_are_cut_as_many_rows_are():
    results = [r for n in range(5) for lr in (0.1, 0.2) for r in probed(f"act{n}", lr, -0.05 + n / 100, seeds=1)]
    assert printed(results, 80, limit=3).split("\n\n")[2].splitlines() == [
        "λ_eff over lr, 0.1 to 0.2",
        "act0  ██  best at lr 0.1",
        "act1  ▆▆  best at lr 0.1",
        "act2  ▅▅  best at lr 0.1",
        "… 2 more activations",
        "█ best  ▁ slowest",
    ]
    assert "more activations" not in printed(results, 80, limit=5)


def test_many_learning_rates_share_characters_and_the_best_shows():
    # Heights by hand: of 9 learning rates in 3 characters the best of each three, -0.01, -0.09 and stalled.
    means = [-0.01, -0.005, -0.006, -0.03, -0.09, -0.04]
    results = [result for lr, mean in enumerate(means, start=1) for result in probed("relu", lr, mean)]
    results += [result for lr, regime in [(7, X), (8, S), (9, DIV)] for result in probed("relu", lr, -0.01, regime)]
    (spark,) = sparklines(rank(results), 3)
    assert spark.points == (("▁", C), ("█", C), ("·", S))
    assert len(sparklines(rank(results), 9)[0].points) == 9


def test_an_unfinished_ranking_leaves_gaps_in_its_sparks():
    found = sparklines(rank([*probed("relu", 0.1, -0.05), *probed("tanh", 0.2, -0.01)]), 80)
    assert [[character for character, _ in spark.points] for spark in found] == [["█", " "], [" ", "▁"]]


def test_nothing_to_show_is_said():
    assert warnings_of([]) == ["No probe has finished."]
    assert printed([], 80) == "Nothing is recommended.\n"
