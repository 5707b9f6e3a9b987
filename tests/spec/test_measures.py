"""The registry of measures against everything that has a field, a column or a word for each of them."""

import re
from dataclasses import fields, replace
from io import StringIO
from typing import get_args

import pytest
from rich.console import Console

from lyapscreen.report import terminal
from lyapscreen.report.formats import csv
from lyapscreen.report.table import table
from lyapscreen.report.table.sparkline import sparklines
from lyapscreen.report.text import glossary
from lyapscreen.results.ranking import Row, rank
from lyapscreen.results.records import Measures
from lyapscreen.spec import measures
from lyapscreen.spec.constraints import RESULT_COLUMNS
from lyapscreen.spec.measures import DEFAULT_RANK_BY, MEASURES, RANK_BY, RULES
from lyapscreen.spec.spec import Spec
from tests.helpers.documents import document
from tests.helpers.project import ROOT
from tests.helpers.rankings import RESULTS, SPEC, altered, probed

CONFIRMED = ["full_loss", "full_loss_low", "full_loss_high", "full_steps"]


def test_measures_has_a_field_for_each():
    assert {field.name for field in fields(Measures)} == {"regime", "steps", *measures.MEASURE}


def test_a_row_has_a_field_for_each_column_in_their_order():
    found = [field.name for field in fields(Row)]
    assert found == [*csv.COLUMNS, *CONFIRMED, *csv.INTERVALS, "seed_regimes", "results", "origin"]


def test_names_are_unique():
    for names in ([m.name for m in MEASURES], [m.rank_by for m in MEASURES if m.rank_by]):
        assert len(set(names)) == len(names)


def test_the_choices_of_rank_by_are_those_of_the_spec():
    assert get_args(Spec.model_fields["rank_by"].annotation) == tuple(RANK_BY)
    assert Spec().rank_by == DEFAULT_RANK_BY in RANK_BY


def test_what_can_be_ranked_by_is_shown_and_has_words():
    for one in RANK_BY.values():
        assert one.columns
        assert one.words
        assert one.symbol
        assert one.head
        assert one.meaning
        assert one.terminal_head


def test_every_measure_that_people_see_has_an_interval_over_the_seeds():
    results = [altered(r, **{one.name: 0.1 * r.candidate.seed for one in MEASURES}) for r in probed("relu", 0.1, 0.0)]
    for one in MEASURES:
        if one.head:  # 2.776 sqrt(2.5) 0.1 / sqrt(5) about 0.2
            assert rank(results).rows[0].interval(one) == pytest.approx((0.2 - 0.19632, 0.2 + 0.19632), abs=1e-4)


def test_a_rule_is_called_something_else_than_every_other():
    assert len({one.rule for one in RULES.values()}) == len(RULES)


def test_no_axis_can_take_the_name_of_a_column():
    assert {name for one in MEASURES for name in one.columns} <= RESULT_COLUMNS
    assert {field.name for field in fields(Row)} - {"seed_regimes", "results", "origin"} <= RESULT_COLUMNS


def test_what_a_narrow_terminal_drops_is_the_table_or_beside_it():
    assert {one.name for one in MEASURES if one.dropped is not None} <= set(table.DROPPED)
    assert table.DROPPED[0] == "interval"
    assert table.DROPPED[-1] == DEFAULT_RANK_BY


@pytest.mark.parametrize("rank_by", RANK_BY)
def test_every_legend_can_be_filled_in(rank_by):
    def known(measures):
        return replace(measures, projected=measures.effective, kantz_wolf=measures.effective)

    results = [replace(r, rungs=tuple(map(known, r.rungs))) for r in RESULTS]
    console = Console(record=True, width=200, file=StringIO())
    for wide in (False, True):
        terminal.show(document(results, SPEC, rank_by), console, terminal.Shown(wide=wide))
    text = console.export_text()
    assert "{" not in text
    assert RANK_BY[rank_by].words in text
    assert RANK_BY[rank_by].terminal_head.partition("\n")[2].split()[-1] in text


def test_the_glossary_explains_the_default():
    first = glossary.terms()[0]
    assert first.name == RANK_BY[DEFAULT_RANK_BY].words
    assert RANK_BY[DEFAULT_RANK_BY].symbol in first.also


def test_a_measure_of_which_the_highest_is_best_is_ranked_so(monkeypatch):
    monkeypatch.setitem(RANK_BY, "score", measures.MEASURE["held_out_score"])
    ranking = rank([*probed("low", 0.1, -0.3), *probed("high", 0.1, -0.1)], "score")
    assert [row.activation for row in ranking.rows] == ["high", "low"]
    assert ranking.rows[0].held_out_score > ranking.rows[1].held_out_score
    assert [spark.points[0][0] for spark in sparklines(ranking, 10)] == ["█", "▁"]


def test_the_page_about_files_names_every_column():
    page = (ROOT / "examples" / "export" / "README.md").read_text()
    listed = page.partition("has these columns")[2].partition(".\n")[0]
    assert re.findall(r"`(\w+)`", listed) == list(csv.COLUMNS)
    for one in RANK_BY.values():
        assert all(f"`{name}`" in page for name in one.columns)
