"""A ranking as CSV."""

from __future__ import annotations

import io
from dataclasses import fields

import pandas as pd
import pytest

from lyapscreen.report.formats import csv
from lyapscreen.results.ranking import Row, rank
from lyapscreen.results.records import Measures, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.rankings import DIV, RESULTS, C


def test_the_columns_are_the_fields_of_a_row():
    names = [field.name for field in fields(Row)]
    assert list(csv.COLUMNS) == names[: names.index("projected_high") + 1]
    assert list(csv.INTERVALS) == names[names.index("full_steps") + 1 : names.index("seed_regimes")]


def test_csv_writes_numbers_briefly_and_the_undefined_as_nothing():
    one = Measures(C, 100, -0.1 / 3, -0.1, 1e-12, train_loss=0.5, held_out_loss=0.25, held_out_score=1.0)
    diverged = Measures(DIV, 7)
    ranking = rank(
        [
            Result(Candidate(Configuration("relu", 0.0215443469), 3), (one,)),
            Result(Candidate(Configuration('a,"b"\n', 1.0), 3), (diverged,)),
        ]
    )
    assert csv.render(ranking).split("\n", 1)[1] == (
        "1,,relu,0.0215443469,converging,-0.0333333333,,,-0.1,,,1e-12,,,,0.5,0.25,1,1,100,,1,,,,,,,,,,,\n"
        '2,,"a,""b""\\n",1,diverged,,,,,,,,,,,,,,1,7,,0,,,,,,,,,,,\n'
    )


def test_csv_reads_back_as_the_ranking():
    ranking = rank(RESULTS)
    table = pd.read_csv(io.StringIO(csv.render(ranking)))
    assert list(table.columns) == [*csv.COLUMNS, *csv.INTERVALS]
    assert table["lr"].tolist() == [row.lr for row in ranking.rows]
    assert table["recommended"].tolist() == [1] + [0] * 7
    assert table["effective"].iloc[0] == pytest.approx(ranking.rows[0].effective, rel=1e-8)
    assert table.loc[table["regime"] == "diverged", "effective"].isna().all()
