"""The ranking as a pandas table and as Parquet: what each column holds, and that both are one."""

from io import BytesIO

import pandas as pd
import pytest
from typer.testing import CliRunner

import lyapscreen as ls
from lyapscreen.cli import app
from lyapscreen.errors import OutputError
from lyapscreen.report.formats import csv, frame, parquet
from lyapscreen.results.ranking import rank
from lyapscreen.results.records import Full, Measures, Result
from lyapscreen.spec.candidates import Candidate, Configuration
from tests.helpers.flags import replacing
from tests.helpers.rankings import DIV, RESULTS, C

SMALL = {"data": "wine", "model": "mlp:4", "lr": "0.1,0.3", "act": "tanh", "seeds": 2, "steps": 4}
FLAGS = ["rank", "--quiet", "--jobs", "1"] + [f"--{name}={value}" for name, value in SMALL.items()]


def swept(*values, seed=0):
    """A ranking of one configuration a value of a swept setting, of a single seed."""
    measured = [Measures(C, 100, -0.1 * (place + 1)) for place in range(len(values))]
    return rank(
        Result(Candidate(Configuration("relu", 0.1, (("width", value),)), seed), (one,))
        for value, one in zip(values, measured, strict=True)
    )


WHOLE, MAYBE_WHOLE, WORDS = ("rank", "seeds", "steps"), ("group", "best_seed"), ("activation", "regime")


@pytest.mark.parametrize("results", [RESULTS, RESULTS[:1], []], ids=["all", "one seed", "none"])
def test_a_column_is_of_one_kind_whatever_it_holds(results):
    table = frame.render(rank(results))
    assert tuple(table.columns) == (*csv.COLUMNS, *csv.INTERVALS)
    kinds = {name: str(table[name].dtype) for name in table.columns}
    assert {kinds.pop(name) for name in WHOLE} == {"int64"}
    assert {kinds.pop(name) for name in MAYBE_WHOLE} == {"Int64"}
    assert kinds.pop("recommended") == "bool"
    assert all(pd.api.types.is_string_dtype(table[name]) and kinds.pop(name) for name in WORDS)
    assert set(kinds.values()) == {"float64"}


def test_the_table_is_the_csv_at_full_precision():
    ranking = rank(RESULTS)
    table, text = frame.render(ranking), pd.read_csv(BytesIO(csv.render(ranking).encode()))
    for name in csv.COLUMNS:
        assert (table[name].isna() == text[name].isna()).all()
    assert table["effective"].tolist()[:7] == [row.effective for row in ranking.rows[:7]]
    assert table["effective"].tolist() == pytest.approx(text["effective"].tolist(), rel=1e-8, nan_ok=True)
    assert table.loc[table["regime"] == "diverged", "effective"].isna().all()
    assert table.loc[table["recommended"], "rank"].tolist() == [1]


def test_confirmed_columns_are_of_numbers_too():
    one = Result(Candidate(Configuration("relu", 0.1), 0), (Measures(C, 100, -0.1),), full=Full(60, 0.5, 40, 0.6))
    lost = Result(Candidate(Configuration("relu", 0.2), 0), (Measures(DIV, 7),))
    table = frame.render(rank([one, lost]))
    assert [str(table[name].dtype) for name in csv.CONFIRMED] == ["float64", "float64", "float64", "Int64"]
    assert table["full_steps"].tolist() == [60, pd.NA]
    assert table["full_loss"].iloc[0] == 0.5


@pytest.mark.parametrize(
    ("values", "dtype", "found"),
    [
        ((32, 64), "int64", [64, 32]),
        ((None, 32), "Int64", [32, pd.NA]),
        ((0, 0.9), "float64", [0.9, 0.0]),
        ((True, False), "bool", [False, True]),
        ((None, True), "boolean", [True, pd.NA]),
        ((64, "full"), None, ["full", "64"]),
        ((0.5, True), None, ["true", "0.5"]),
    ],
    ids=str,
)
def test_the_values_of_a_swept_setting_are_of_one_kind(values, dtype, found):
    column = frame.render(swept(*values))["width"]
    assert dtype is None or str(column.dtype) == dtype
    assert column.tolist() == found


def test_what_a_word_is_missing_is_missing():
    assert frame.render(swept("layer", None))["width"].isna().tolist() == [True, False]


def test_a_large_seed_keeps_every_digit():
    results = [
        Result(Candidate(Configuration("relu", 0.1), 2**62 + seed), (Measures(C, 100, -0.1 - (seed == 1)),))
        for seed in range(5)
    ]
    table = frame.render(rank([*results, Result(Candidate(Configuration("relu", 1.0), 0), (Measures(DIV, 7),))]))
    assert table["best_seed"].tolist() == [2**62 + 1, pd.NA]


@pytest.mark.parametrize(
    "ranking",
    [rank(RESULTS), rank([]), swept(32, "full"), swept(None, 0.5), swept("a", None)],
    ids=lambda r: str(r)[:9],
)
def test_parquet_reads_back_as_the_table(ranking):
    whole = parquet.render(ranking)
    pd.testing.assert_frame_equal(pd.read_parquet(BytesIO(whole)), frame.render(ranking))
    assert parquet.render(ranking) == whole


def test_the_undefined_is_null_in_parquet():
    pyarrow = pytest.importorskip("pyarrow.parquet")
    ranking = rank(RESULTS)
    table = pyarrow.read_table(BytesIO(parquet.render(ranking)))
    for name in csv.COLUMNS:
        assert table[name].null_count == sum(row.value(name) is None for row in ranking.rows)
    assert table["kantz_wolf"].null_count == len(ranking.rows)


def test_a_screening_is_written_as_parquet_from_python_and_by_the_command(tmp_path, capfdbinary):
    screening = ls.screen(**SMALL, jobs=1)
    screening.to_parquet(tmp_path / "api.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "api.parquet"), screening.to_frame())
    done = CliRunner().invoke(app, replacing(*FLAGS, "--parquet", str(tmp_path / "r.parquet")))
    assert done.exit_code in (0, 3), done.stderr
    assert (tmp_path / "r.parquet").read_bytes() == (tmp_path / "api.parquet").read_bytes()
    piped = CliRunner().invoke(app, replacing(*FLAGS, "--parquet", "-"))
    assert piped.stdout_bytes == (tmp_path / "api.parquet").read_bytes()


def test_without_pyarrow_the_install_line_is_said_before_any_work(monkeypatch, tmp_path):
    monkeypatch.setattr("lyapscreen.report.extras.find_spec", lambda module: None)
    said = "writing it needs pyarrow, which is not installed. Run pip install 'lyapscreen[parquet]'"
    done = CliRunner().invoke(app, replacing(*FLAGS, "--parquet", str(tmp_path / "r.parquet")))
    assert (done.exit_code, done.stderr) == (2, f"error: --parquet {tmp_path / 'r.parquet'}: {said}\n")
    with pytest.raises(OutputError, match="pyarrow"):
        parquet.render(rank(RESULTS))
    assert not list(tmp_path.iterdir())
