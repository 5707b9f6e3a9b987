"""What a ranking looks like on a terminal, in a pipe, and where there is no Unicode."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from lyapscreen.report import terminal
from lyapscreen.report.table.sparkline import sparklines
from lyapscreen.report.table.sparkline_lines import spark_lines
from lyapscreen.report.terminal import Shown
from lyapscreen.results.ranking import rank
from tests.helpers.documents import document, halved
from tests.helpers.rankings import DIV, RESULTS, SPEC, C, S, X, altered, probed, warnings_of


def printed(results, width=None, spec=SPEC, rank_by="effective", encoding="utf-8", **how):
    """Return what a terminal of `width` columns shows, or a pipe without one; colours are left out."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    console = Console(file=file, width=width, force_terminal=width is not None, color_system=None, legacy_windows=False)
    terminal.show(document(results, spec, rank_by), console, Shown(**how))
    file.flush()
    return raw.getvalue().decode(encoding)


def heads(text):
    """The last line of the table's head, as a list."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == ["#"])


def table_of(text):
    """The rows of the table, each as its words."""
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if line.split()[:1] == ["#"])
    body = [line for line in lines[first + 1 :] if not line.startswith("─")]
    return [line.split() for line in body[: body.index("")] if re.match(r"\s*(> )?\d", line)]


def under(text, start):
    """The lines of a part of the screen, from the one that begins so to the next blank."""
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(start))
    return lines[first : lines.index("", first)] if "" in lines[first:] else lines[first:]


def test_the_answer_stands_first():
    lines = printed(RESULTS, 100).splitlines()
    assert lines[:3] == ["digits, mlp:64,64, sgd, batch 64, 8 configurations x 5 seeds, probed 100 steps", "",
                         "USE tanh, lr 0.01"]  # fmt: skip
    assert lines[3] == "  settings  lr=0.01, activation=tanh, optimizer=sgd, batch_size=64"
    assert lines[-1].startswith("next: --confirm 3 trains the best 3; --code train.py")


@pytest.mark.parametrize("rank_by", ["effective", "loss"])
def test_no_greek_stands_on_the_first_screen(rank_by):
    assert not re.search("[α-ωΑ-Ω]|lambda", printed(RESULTS, 100, rank_by=rank_by))


@pytest.mark.parametrize(
    ("width", "columns", "missed"),
    [
        (140, ["#", "act", "lr", "verdict", "accuracy", "loss", "instability", "speed", "±"], ""),
        (80, ["#", "act", "lr", "verdict", "accuracy", "instability", "speed", "±"], "no room for: held-out loss"),
        (60, ["#", "act", "lr", "verdict", "accuracy", "speed"],
         "no room for: held-out loss, instability and 95% interval of effective speed"),
        (50, ["#", "act", "lr", "verdict", "speed"],
         "no room for: accuracy, held-out loss, instability and 95% interval of effective speed"),
    ],
)  # fmt: skip
def test_a_narrow_terminal_loses_columns_and_no_digits_and_is_told(width, columns, missed):
    text = printed(RESULTS, width, every=True)
    assert heads(text) == columns
    assert " ".join(" ".join(under(text, "no room")).split()) == missed if missed else "no room" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    rows = rank(RESULTS).rows
    assert len(table_of(text)) == len(rows)
    for row, line in zip(rows, table_of(text), strict=True):
        assert line[0] == str(row.rank)
        assert (f"{row.effective:.4f}" if row.effective is not None else "–") in line
        assert (line[1] == ">") == row.recommended


def test_the_table_at_eighty_columns():
    assert (
        printed(RESULTS, 80, every=True).split("\n\n")[2]
        == """\
                                                              effective
  #  act   lr     verdict        accuracy  instability          speed ±
───────────────────────────────────────────────────────────────────────
1 >  tanh  0.01   learns            0.950         5.81  -0.0501 ±0.0079
2 =  relu  0.1    learns            0.950         5.20  -0.0500 ±0.0020
  3  tanh  0.001  learns            0.970         3.21  -0.0301 ±0.0020
  4  relu  0.01   learns            0.980         2.20  -0.0200 ±0.0020
  5  relu  0.001  hardly learns     1.000         0.21  -0.0001 ±0.0020
6 !  tanh  0.1    chaotic           1.010        -0.80   0.0100 ±0.0020
  7  tanh  1      dead              0.990         1.20  -0.0100 ±0.0020
  8  relu  1      diverged              –            –                –
no room for: held-out loss"""
    )


@pytest.mark.parametrize(
    ("width", "columns"),
    [
        (140, ["#", "tie", "act", "lr", "regime", "λ_eff", "interval", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (100, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "λ_perp", "T", "λ_1", "loss", "accuracy"]),
        (80, ["#", "tie", "act", "lr", "regime", "λ_eff", "±", "loss", "accuracy"]),
        (60, ["#", "tie", "act", "lr", "regime", "λ_eff", "accuracy"]),
    ],
)
def test_wide_has_the_symbols(width, columns):
    text = printed(RESULTS, width, wide=True)
    assert heads(text) == columns
    assert ("no room for" in text) == (width < 100)
    assert "λ_eff: how fast it learns in the probe" in text
    assert ("tie: the seeds cannot tell configurations of one number apart." in text) == (width > 60)


def test_all_columns_stay_as_long_as_they_fit():
    table = printed(RESULTS, 140).split("\n\n")[2].splitlines()
    natural = max(cell_len(line.rstrip()) for line in table[:5])
    assert heads(printed(RESULTS, natural)) == heads(printed(RESULTS, 140)) != heads(printed(RESULTS, natural - 9))


def test_a_terminal_too_narrow_for_anything_still_gets_whole_numbers():
    for row in rank(RESULTS).rows[:-1]:
        assert f" {row.effective:.4f}" in printed(RESULTS, 20, every=True)


def test_what_the_ranking_is_sorted_by_is_never_dropped():
    assert heads(printed(RESULTS, 40, rank_by="lyapunov"))[-1] == "instability"
    assert "λ_1" in heads(printed(RESULTS, 60, rank_by="lyapunov", wide=True))
    assert "λ_1" not in heads(printed(RESULTS, 60, wide=True))


def test_a_pipe_gets_one_line_a_row_and_no_codes(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    text = printed(RESULTS)
    assert not re.search("[\x1b─│┃╭|]", text)
    assert all(line == line.rstrip() for line in text.splitlines())
    assert max(map(len, text.splitlines())) > 100


def test_a_pipe_has_the_columns_that_the_environment_says(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert max(map(len, printed(RESULTS).splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "none")
    assert max(map(len, printed(RESULTS).splitlines())) > 100


def test_seconds_reach_a_terminal_alone():
    assert printed(RESULTS, 100, seconds=12.34).splitlines()[0].endswith(", 12.3 s")
    assert " s\n" not in printed(RESULTS, seconds=12.34)


def test_colours_reach_a_terminal_alone():
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, color_system="standard", legacy_windows=False)
    terminal.show(document(), console, Shown(every=True))
    assert "\x1b[1;32mlearns" in file.getvalue()
    assert "\x1b[31mdiverged" in file.getvalue()


@pytest.mark.parametrize("width", [None, 80, 60])
@pytest.mark.parametrize("wide", [True, False])
def test_ascii_consoles_get_ascii(width, wide, monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    text = printed([*RESULTS, *probed("µ[red]ναμε", 0.1, -0.01)], width, encoding="ascii", wide=wide)
    assert ("lambda_eff" in text) == wide
    assert ("> 1 " if wide else "1 > ") in text
    assert "?[red]????" in text
    assert max(map(len, text.splitlines())) <= (width or 400)


def test_names_are_neither_markup_nor_wider_than_the_table_bears():
    text = printed(probed("[bold]x[/bold]", 0.1, -0.05) + probed("package.module:" + "y" * 30, 0.1, -0.01), 100)
    assert "[bold]x[/bold]" in text
    assert "…" + "y" * 23 in text
    assert max(map(cell_len, text.splitlines())) <= 100


def test_ten_rows_that_can_win_are_shown_and_the_rest_is_summed_up():
    results = [r for place in range(31) for r in probed("relu", 1 + place, -0.05 + place / 1000, seeds=2, spread=1e-5)]
    results += [altered(r, held_out_score=0) for lr in (0.1, 0.2) for r in probed("relu", lr, -1e-5, S, seeds=2)]
    text = printed(results, 100)
    assert [int(row[0]) for row in table_of(text)] == list(range(1, 11))
    assert under(text, "not shown")[0] == (
        "not shown: 21 learn (relu from lr 11 on); 2 hardly learn in 100 steps (relu up to lr 0.2); --all"
    )
    assert [int(row[0]) for row in table_of(printed(results, 100, top=5))] == [1, 2, 3, 4, 5]
    assert [int(row[0]) for row in table_of(printed(results, 100, every=True))] == list(range(1, 34))


def test_what_looks_better_and_is_not_recommended_has_a_row_and_a_reason():
    """Chaotic in one seed of five, with the best score: its row says so, its number is above the limit."""
    results = [*probed("relu", 0.1, -0.05), *probed("tanh", 1.0, 0.01, X)]
    results[5:9] = [altered(r, regime=C) for r in results[5:9]]
    results[9] = altered(results[9], lyapunov=0.04)
    text = printed(results, 100)
    assert [row[:4] for row in table_of(text)] == [["1", ">", "relu", "0.1"], ["2", "!", "tanh", "1"]]
    assert table_of(text)[1][4:10] == ["chaotic", "in", "1", "of", "5", "seeds"]
    assert "4.00" in table_of(text)[1]
    assert "! looks better, but is not recommended." in text
    assert "why not   tanh at lr 1 has the highest accuracy" in text


def test_as_good_is_a_plain_mark():
    text = printed(RESULTS, 100)
    assert [row[:3] for row in table_of(text)][:2] == [["1", ">", "tanh"], ["2", "=", "relu"]]
    assert "> recommended, = as good, as far as the seeds can tell" in text
    assert "tie" not in heads(text)
    alone = printed(probed("relu", 0.1, -0.05, seeds=1) + probed("tanh", 0.1, -0.01, seeds=1), 100)
    assert "= as good" not in alone
    assert "±" not in alone


def test_rows_that_went_fewer_steps_show_it():
    for width in (100, 40):
        text = printed(halved(), width, every=True)
        assert "steps" in heads(text)
        for row, line in zip(rank(halved()).rows, table_of(text), strict=True):
            assert str(row.steps) in line


def test_numbers_beyond_a_column_are_powers_of_ten():
    huge = [altered(r, held_out_loss=1.5e25) for r in probed("tanh", 0.1, -0.01)]
    assert " 1.5e+25 " in printed(probed("relu", 0.1, -0.05) + huge, 100)


def test_sparks_show_where_each_activation_works():
    assert under(printed(RESULTS, 80), "effective speed over") == [
        "effective speed over lr, 0.001 to 1",
        "tanh  ▃█~_  best at lr 0.01",
        "relu  ·▁█×  best at lr 0.1",
        "█ best  ▁ least  · hardly learns  ~ chaotic  _ dead  × diverged",
    ]
    assert "over lr" not in printed(probed("relu", 0.1, -0.05), 80)


def test_many_activations_are_cut_as_many_rows_are():
    results = [r for n in range(5) for lr in (0.1, 0.2) for r in probed(f"act{n}", lr, -0.05 + n / 100, seeds=1)]
    ranking = rank(results)
    assert [line.plain for line in spark_lines(ranking, 80, most=3, unicode=True)][-2:] == [
        "… 2 more activations",
        "█ best  ▁ least",
    ]
    assert "more activations" not in "".join(line.plain for line in spark_lines(ranking, 80, most=5, unicode=True))


def test_many_learning_rates_share_characters_and_the_best_shows():
    # Heights by hand: of 9 learning rates in 3 characters the best of each three, -0.01, -0.09 and stalled.
    means = [-0.01, -0.005, -0.006, -0.03, -0.09, -0.04]
    results = [result for lr, mean in enumerate(means, start=1) for result in probed("relu", lr, mean)]
    results += [result for lr, regime in [(7, X), (8, S), (9, DIV)] for result in probed("relu", lr, -0.01, regime)]
    (spark,) = sparklines(rank(results), 3)
    assert spark.points == (("▁", C), ("█", C), ("·", S))
    assert len(sparklines(rank(results), 9)[0].points) == 9


def test_the_tallest_bar_is_what_is_called_best_and_nothing_else_is():
    # Nearly as good as the best, and real: rounded to eighths it would be as tall.
    results = [*probed("relu", 0.1, -0.05, spread=1e-6), *probed("relu", 0.2, -0.0499, spread=1e-6)]
    results += probed("relu", 1.0, -0.01)
    (spark,) = sparklines(rank(results), 80)
    assert [character for character, _ in spark.points] == ["█", "▇", "▁"]


def test_a_bar_is_never_of_another_length():
    """By a loss that went on to fall, who was stopped early cannot be compared with who was not."""
    early = probed("relu", 0.1, -0.09, steps=50)
    (spark,) = sparklines(rank([*early, *probed("relu", 0.2, -0.05), *probed("relu", 0.3, -0.01)]), 80)
    assert [character for character, _ in spark.points] == [",", "█", "▁"]


def test_an_unfinished_ranking_leaves_gaps_in_its_sparks():
    found = sparklines(rank([*probed("relu", 0.1, -0.05), *probed("tanh", 0.2, -0.01)]), 80)
    assert [[character for character, _ in spark.points] for spark in found] == [["█", " "], [" ", "▁"]]


def test_nothing_to_show_is_said():
    assert warnings_of([]) == ["No probe has finished."]
    assert printed([], 80).splitlines()[2:] == ["NOTHING IS RECOMMENDED"]
    stalled = printed(probed("relu", 0.1, -1e-5, S), 80)
    assert "NOTHING IS RECOMMENDED" in stalled
    assert table_of(stalled)[0][:4] == ["1", "relu", "0.1", "hardly"]
    assert "next:" not in stalled


def test_hints_can_be_left_out():
    assert "next:" not in printed(RESULTS, 100, hints=False)
    assert "--confirm" not in printed(RESULTS, 100, can_probe=False)
