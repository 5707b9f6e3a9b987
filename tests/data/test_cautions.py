"""What can make a score mean less than it seems, and large files that pyarrow reads: told, and the same numbers."""

from __future__ import annotations

import numpy as np
import pytest

from lyapscreen.data import arrow_text
from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, Y, assert_same_arrays, label, loaded, notices_of, number, rows

SHARED = "x,z,income\n" + rows(number, lambda i: i * 7 % 5, lambda i: ["<=50K", ">50K"][i % 2])


def test_a_trailing_dot_in_held_out_labels_is_named(table):
    dotted = SHARED.replace("50K\n", "50K.\n")
    with pytest.raises(DataError, match=r"never trained on: .*<=50K\. and <=50K differ in a trailing dot"):
        loaded(table(SHARED), held_out=table(dotted, "test.csv"))


def test_a_held_out_file_without_the_target_says_so(table):
    bare = "".join(line.rpartition(",")[0] + "\n" for line in SHARED.splitlines())
    with pytest.raises(DataError, match="it has no column income, the target: nothing can be measured on it"):
        loaded(table(SHARED), held_out=table(bare, "test.csv"))
    plain = "".join(line.rpartition(",")[0] + "\n" for line in SHARED.splitlines()[1:])
    with pytest.raises(DataError, match="2 columns, so perhaps no target"):
        loaded(table(SHARED.partition("\n")[2], "t.csv"), held_out=table(plain, "test.csv"))


def test_a_comment_above_held_out_rows_is_passed_over(table):
    commented = table("|1x3 Cross validator\n" + SHARED, "test.csv")
    dataset = loaded(table(SHARED), held_out=commented)
    assert len(dataset.x_held_out) == ROWS
    assert notices_of(dataset, r"^held-out part: passed over the first line \(1x3 Cross")


def test_a_label_of_the_training_part_is_one_where_it_is_rare(table):
    train = table("x,z,y\n" + rows(number, lambda i: i % 7, lambda i: ["None", "a", "b"][i % 3]))
    held_out = "x,z,y\n" + rows(number, lambda i: i % 7, lambda i: "None" if i == 5 else "ab"[i % 2])
    assert len(loaded(train, held_out=table(held_out, "2.csv")).y_held_out) == ROWS


def test_columns_written_in_another_way_are_refused(table):
    percent = table("x,z,y\n" + rows(lambda i: f"{i * 7 % 40 + 0.5}%", lambda i: i % 7, label))
    plain = table("x,z,y\n" + rows(lambda i: (i * 7 % 40 + 0.5) / 100, lambda i: i % 7, label), "2.csv")
    with pytest.raises(DataError, match="the column x is plain numbers here but written as % in the training part"):
        loaded(percent, held_out=plain)


def test_an_ambiguous_held_out_file_is_read_as_the_training_file(table):
    train = table("x;z;y\n" + rows(lambda i: f"{i * 7 % 40},5", lambda i: f"1,{i % 7}", label, sep=";"))
    held_out = table("x;z;y\n" + rows(lambda i: f"{i * 7 % 40},500", lambda i: f"1,{i % 7}00", label, sep=";"), "2.csv")
    same = loaded(train, held_out=held_out)
    np.testing.assert_array_equal(np.sort(same.x_held_out, axis=0), np.sort(same.x_train, axis=0))


def test_copies_of_training_rows_are_counted():
    copied = np.repeat(X[:10], 20, axis=0)
    dataset = loaded((copied, np.repeat(Y[:10], 20)))
    assert notices_of(dataset, "^50 of 50 held-out rows are training rows as well")
    assert not notices_of(loaded((X, Y)), "training rows as well")


def test_a_column_that_is_the_answer_is_warned_of(table):
    noise = np.random.default_rng(0).normal(size=(ROWS, 2)).round(3)
    columns = (lambda i: noise[i, 0], lambda i: noise[i, 1], lambda i: ["no", "yes"][i % 2], lambda i: i % 2)
    dataset = loaded(table("fare,age,alive,survived\n" + rows(*columns)))
    (warning,) = dataset.warnings
    assert warning.startswith("one column alone predicts the held-out target nearly perfectly (alive)")
    assert not loaded(table("fare,age,alive,survived\n" + rows(*columns)), drop="alive").warnings


def test_few_rows_of_a_class_are_told(table):
    dataset = loaded(table("x,z,y\n" + rows(number, lambda i: i % 7, lambda i: "c" if i in (3, 9, 20) else label(i))))
    assert notices_of(dataset, r"^1 class with fewer than 5 rows \(c: 3\)$")


LARGE = "a,b,c,y\n" + rows(
    lambda i: "" if i % 9 == 4 else f"{i * 37 % 101 / 7:.17g}",
    lambda i: f"{i * 7 % 40}e-3",
    lambda i: ["NA", "3", "4.5"][i % 3],
    lambda i: i % 3,
)


@pytest.mark.parametrize(
    "content",
    [LARGE, LARGE.replace("\n", "\r\n"), LARGE.replace(",", ";"), LARGE.partition("\n")[2], "# made\n" + LARGE,
     LARGE.replace("4.5", "x", 3), LARGE + "1,2,3\n", LARGE.replace("NA", "nAn"), LARGE.replace("40e", "'40'e")],
    ids=["plain", "CRLF", "semicolons", "no header", "a comment", "text late", "a short row", "an odd mark", "quotes"],
)  # fmt: skip
def test_who_reads_a_large_file_does_not_show(table, monkeypatch, content):
    pytest.importorskip("pyarrow")
    path = table(content)
    found = []
    for smallest in (0, 2**40):
        monkeypatch.setattr(arrow_text, "SMALLEST", smallest)
        try:
            found.append(loaded(path))
        except DataError as error:
            found.append(str(error))
    if isinstance(found[0], str):
        assert found[0] == found[1]
    else:
        assert_same_arrays(*found)
        assert found[0].notices == found[1].notices


def test_pyarrow_is_asked_for_large_files_alone(table, monkeypatch):
    pytest.importorskip("pyarrow")
    asked = []
    monkeypatch.setattr(arrow_text, "columns", lambda *_, **__: asked.append(1))
    loaded(table(LARGE))
    assert not asked
    monkeypatch.setattr(arrow_text, "SMALLEST", 0)
    loaded(table(LARGE))
    assert asked
