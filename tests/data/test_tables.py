"""Tables as people write them, and files nobody should be able to crash us with."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from lyapscreen.data.encoding import MAX_TEXT_COLUMNS
from lyapscreen.errors import DataError
from tests.helpers.datasets import PLAIN, ROWS, X, Y, both, label, loaded, notices_of, number, rows
from tests.helpers.project import ROOT

# Reading


@pytest.mark.parametrize(
    ("first", "body", "has_header"),
    [
        ("x,y", (number, label), True),
        ("0.5,a", (number, label), False),
        ("?,a", (number, label), False),
        ("x,?", (number, label), True),
        ("1.5,x", (number, number), True),
        ("colour,kind", (lambda i: "rgb"[i % 3], label), True),
        ("r,a", (lambda i: "rgb"[i % 3], label), False),
        ("colour,a", (lambda i: "rgb"[i % 3], label), True),
        ("kind,kind", (lambda i: "rgb"[i % 3], label), True),
        ("'x','y'", (number, label), True),
        (",kind", (number, label), True),
        ("note,0.5,a", (lambda i: "", number, label), False),
    ],
)
def test_a_header_is_found_and_told(table, first, body, has_header):
    path = table(f"{first}\n" + rows(*body))
    dataset = loaded(path)
    assert bool(notices_of(dataset, "^header: the first row names the columns")) == has_header
    assert len(both(dataset)) == ROWS + (not has_header)


def test_a_header_can_be_stated(table):
    path = table("1.5,a\n" + rows(number, label))
    assert len(both(loaded(path, header="yes"))) == ROWS
    assert len(both(loaded(path, header="no"))) == ROWS + 1
    assert len(both(loaded(path, header="yes", target="1.5"))) == ROWS


@pytest.mark.parametrize(
    ("target", "n_outputs"),
    [(None, 5), ("0", 2), ("two", 2), ("three", 3), ("1", 3), ("-1", 5), ("-3", 2), ("five", 5)],
)
def test_the_target_is_found_by_name_or_index(table, target, n_outputs):
    path = table("two,three,five\n" + rows(lambda i: f"k{i % 2}", lambda i: f"k{i % 3}", lambda i: i % 5))
    assert loaded(path, target=target).n_outputs == n_outputs


def test_a_column_there_is_not_is_answered_with_those_there_are(table):
    fix = "Did you mean three? The columns are two, three, five; or give an index from 0 to 2, or -1 for the last"
    with pytest.raises(DataError, match=re.escape(f"target thre: the table has no such column. {fix}")):
        loaded(table("two,three,five\n" + rows(number, number, label)), target="thre")


def test_a_name_wins_over_an_index(table):
    path = table("2,1,0\n" + rows(lambda i: i % 2, lambda i: i % 3, lambda i: i % 5))
    assert loaded(path, header="yes", target="2").n_outputs == 2
    assert loaded(path, header="no", target="2").n_outputs == 5


def test_many_columns_are_named_in_short(table):
    path = table(rows(*[number] * 20, label))
    with pytest.raises(DataError, match=r"^target 99: .*column 7, \.\.\. \(21 in all\)") as error:
        loaded(path, target="99")
    assert "column 8" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "notice"),
    [
        ("t.csv", "\ufeff" + PLAIN, None),
        ("t.csv", PLAIN.replace("\n", "\r\n"), None),
        ("t.csv", PLAIN.replace("\n", "\r"), None),
        ("t.csv", PLAIN.replace("\n", "\n\n  \n"), None),
        ("t.CSV", PLAIN.replace(",", " , "), None),
        ("t.csv", PLAIN.replace("r", "' r '").replace("g", "'g'"), None),
        ("t.csv", PLAIN.replace("r", '"r"'), None),
        ("t.csv", PLAIN.rstrip(), None),
        ("t.tsv", PLAIN.replace(",", "\t"), None),
        ("t.csv", PLAIN.replace(",", "\t"), "separator: tabs; --separator overrides this"),
        ("t.csv", PLAIN.replace(",", ";"), "separator: semicolons; --separator overrides this"),
    ],
)
def test_spellings_of_one_table_give_the_same_arrays(table, name, content, notice):
    plain, other = loaded(table(PLAIN)), loaded(table(content, name))
    assert plain.x_train.shape == (30, 3)
    for field in ("x_train", "y_train", "x_held_out", "y_held_out"):
        np.testing.assert_array_equal(getattr(plain, field), getattr(other, field))
    assert notices_of(other, "^separator") == ([notice] if notice else [])


@pytest.mark.parametrize(
    ("odd", "cell"),
    [(lambda i: f'"{i}:000"' if i == 0 else i, "0:000"), (lambda i: "x" if i == 7 else i, "x")],
)
def test_a_column_of_numbers_that_turns_out_text_is_told(table, odd, cell):
    dataset = loaded(table(rows(number, odd, label)))
    assert dataset.n_inputs > 2
    assert notices_of(dataset, rf"1 column of numbers \(column 1\) read as text because of cells such as {cell}$")


def test_columns_of_bools_and_quoted_lines_are_categories_and_dates_are_days(table):
    columns = (lambda i: f"2024-01-0{i % 4 + 1}"), (lambda i: i % 3 == 0), (lambda i: f'"é\n{i % 2}"'), label
    dataset = loaded(table(rows(*columns)))
    assert dataset.n_inputs == 1 + 2 + 2
    assert notices_of(dataset, r"^read as numbers: column 0 \(dates %Y-%m-%d as days\)$")


# What is refused

MALFORMED = {
    "empty": ("", "it is empty"),
    "white space": (" \n\t\n", "it is empty"),
    "binary": (bytes(range(256)) * 20, "byte 128 is not valid UTF-8. Save the table as UTF-8"),
    "latin-1": ("é,1\n".encode("latin-1") * 20, "byte 0 is not valid UTF-8"),
    "utf-16 without a mark": (PLAIN.encode("utf-16-le"), "NUL bytes"),
    "NUL": (PLAIN.replace("r", "\0"), "NUL"),
    "separators only": (",,\n" * 20, "target column 2: the column has no values"),
    "header only": ("x,y\n", "it has a header but no rows"),
    "one column": ("1\n2\n" * 20, "it has only one column"),
    "one column of text": ("some words\n" * 20, "it has only one column"),
    "too many fields": (PLAIN + "1,2,3,4\n", "line 41 has 4 fields, but line 1 has 3"),
    "too few fields": (PLAIN + "\n1,2\n", "line 42 has 2 fields, but line 1 has 3"),
    "blank lines count": ("\n\n1,2,3\n\n1,2\n", "line 5 has 2 fields, but line 3 has 3"),
    "half a row above": ("My,data\n1,2\n" + PLAIN, "line 1 has 2 fields, but the lines below have 3. Pass over lines"),
    "an open quote": ('"1,2,3\n' + PLAIN, "line 41 cannot be split into fields"),
    "text after a quote": ('"1"2,2,3\n' + PLAIN, "line 1 cannot be split into fields"),
    "an endless cell": ("a" * 200_000 + ",2,3\n" + PLAIN, "line 1 cannot be split into fields"),
    "html": ("<html>\n<p>Not, found</p>\n</html>\n", "line 2 has 2 fields"),
    "json": ('{"a": 1, "b": 2}\n' * 20, "line 1 cannot be split"),
    "few rows": ("1,a\n2,b\n3,a\n", "3 rows with a target"),
    "few targets": (rows(number, lambda i: label(i) if i < 7 else "?"), "7 rows with a target"),
    "constant target": (rows(number, lambda i: 3), "target last column: it is 3.0 in every row"),
    "constant text": (rows(number, lambda i: "\x1b[31m"), r"it is '\\x1b\[31m' in every row"),
    "empty target": (rows(number, label, lambda i: ""), "column 2: the column has no values.*ends with a separator"),
    "empty inputs": (rows(lambda i: "?", label), "none of its inputs has a value"),
    "constant inputs": (rows(lambda i: 1, label), "no input varies"),
    "ids as target": (rows(number, lambda i: f"k{i}"), "40 distinct values in 40 rows, too many for classes"),
    "numbers as text": (rows(number, lambda i: "n" if i == 9 else i), "too many for classes.*has text such as n$"),
    "one row of a class": (rows(number, lambda i: "ab"[i == 0]), "^held_out 0.25: .*fewer than two distinct targets"),
    "much text": (rows(*[label] * (MAX_TEXT_COLUMNS + 2)), "columns of text"),
}


@pytest.mark.parametrize(("content", "message"), MALFORMED.values(), ids=MALFORMED)
def test_malformed_files_are_refused(table, content, message):
    with pytest.raises(DataError, match=message):
        loaded(table(content))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"header": "yes", "data": "a,a,b\n" + PLAIN, "target": "a"}, "^target a: 2 columns have this name"),
        ({"header": "yes", "data": "1,2\n"}, "it has a header but no rows"),
        ({"header": "no", "data": "x,y\n"}, "it has only 1 row with a target"),
        ({"data": PLAIN, "target": "3"}, "^target 3: the table has no such column"),
        ({"data": PLAIN, "target": "-4"}, "^target -4: the table has no such column"),
        ({"data": PLAIN, "target": ""}, "^target '': the table has no such column"),
        ({"data": PLAIN, "task": "regression"}, "^task regression: the target has text such as a"),
        ({"data": PLAIN, "target": "0", "task": "classification"}, "^task classification: .*40 distinct values"),
        ({"data": PLAIN, "held_out": 0.999}, r"^held_out 0\.999: with 40 rows"),
        ({"data": PLAIN, "held_out": 0.01}, r"^held_out 0\.01: with 40 rows"),
    ],
)
def test_settings_that_do_not_fit_the_table_are_refused(table, settings, message):
    with pytest.raises(DataError, match=message):
        loaded(**(settings | {"data": table(settings["data"])}))


@pytest.mark.parametrize("data", ["digits", (X, Y)])
@pytest.mark.parametrize("settings", [{"target": "0"}, {"header": "no"}])
def test_settings_of_tables_are_refused_elsewhere(data, settings):
    (name,) = settings
    with pytest.raises(DataError, match=f"^{name} .*Leave {name} out"):
        loaded(data, **settings)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            "digit",
            r"no such file or named dataset\. Did you mean digits\? The named datasets are digits, .*path of a \.csv",
        ),
        ("Winee", "Did you mean wine"),
        ("no.csv", "no such file or named dataset. The named datasets are"),
        ("", "^data '': no such file"),
        ("a\0.csv", "no such file"),
        ("a" * 5000 + ".csv", "no such file"),
        (str(ROOT / "pyproject.toml"), r"only \.csv, \.tsv, \.parquet, \.npz, .* and \.pt files can be read"),
        (__file__, r"it does not name a function\. Write FILE\.py:name"),
    ],
)
def test_names_that_are_no_data_are_refused(data, message):
    with pytest.raises(DataError, match=message):
        loaded(data)


def test_folders_and_unreadable_files_are_refused(table, tmp_path, monkeypatch):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match="it is not a file"):
        loaded(str(tmp_path / "folder.csv"))

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    path = table(PLAIN)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"it cannot be read \(Permission denied\)"):
        loaded(path)
