"""Which rows are held out: at random, the last, whole groups, or those of a file of their own."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lyapscreen.errors import DataError, SettingError
from tests.helpers.datasets import ROWS, X, both, label, loaded, notices_of, number, row_numbers, rows

# At random


def test_classes_have_the_same_proportions_in_both_parts():
    dataset = loaded((np.arange(400.0), np.arange(400) % 10 // 3))
    assert np.bincount(dataset.y_train).tolist() == [90, 90, 90, 30]
    assert np.bincount(dataset.y_held_out).tolist() == [30, 30, 30, 10]


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_the_parts_have_the_sizes_asked_for_and_share_no_row(fraction):
    dataset = loaded((np.arange(ROWS, dtype=float), np.linspace(0, 1, ROWS) ** 2), held_out=fraction)
    train, held_out = row_numbers(dataset)
    assert len(held_out) == math.ceil(fraction * ROWS)
    assert sorted([*train, *held_out]) == list(range(ROWS))
    # One cut fits all: every row keeps its distance to every other.
    gaps = np.diff(np.sort(both(dataset)[:, 0]))
    np.testing.assert_allclose(gaps, gaps[0])


def test_classes_with_a_single_row_are_trained_on():
    y = ["lone 1", "lone 2", *["ab"[i % 2] for i in range(ROWS - 2)]]
    dataset = loaded((np.arange(ROWS, dtype=float), y))
    train, _ = row_numbers(dataset)
    assert {0, 1} <= set(train)
    assert (dataset.n_outputs, set(dataset.y_held_out)) == (4, {0, 1})
    assert notices_of(dataset, "^2 classes with a single row: in the training part only$")


def test_more_classes_than_held_out_rows_are_split_at_random():
    dataset = loaded((X, np.arange(ROWS) % 20), held_out=0.1)
    assert len(dataset.x_held_out) == 4
    assert notices_of(dataset, "^split at random, not by class")


# In the order of the file


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5])
def test_last_holds_out_the_last_rows(fraction):
    dataset = loaded((np.arange(ROWS, dtype=float), np.sin(np.arange(ROWS))), split="last", held_out=fraction)
    train, held_out = row_numbers(dataset)
    assert train.tolist() == list(range(ROWS - math.ceil(fraction * ROWS)))
    assert held_out.tolist() == list(range(ROWS - math.ceil(fraction * ROWS), ROWS))


def test_last_is_refused_where_the_last_rows_are_of_their_own_kind(table):
    by_class = table("".join(f"{i + 0.5},{'abc'[i // 14]}\n" for i in range(ROWS)))
    with pytest.raises(DataError, match=r"^split last: of 30 rows trained on and 10 held out, one part has"):
        loaded(by_class, split="last")
    message = r"^split last: 12 rows held out have classes that are not trained on \(c\)\. Order .* or write random"
    with pytest.raises(DataError, match=message):
        loaded(by_class, split="last", held_out=0.5)


# By group


def group(i):
    return f"person {i // 5}"


@pytest.fixture
def people(table):
    """Five rows a person, and who it is between the input and the target."""
    return table("place,who,kind\n" + rows(lambda i: i, group, label))


@pytest.mark.parametrize("column", ["who", "1", "-2"])
def test_groups_are_held_out_whole_and_are_no_input(people, column):
    dataset = loaded(people, split=f"group:{column}", held_out=0.3)
    assert dataset.n_inputs == 1
    train, held_out = ({group(i) for i in part} for part in row_numbers(dataset))
    assert len(held_out) == math.ceil(0.3 * 8)
    assert not train & held_out
    assert notices_of(dataset, r"^split by group: 3 of 8 groups held out, 15 of 40 rows$")


def test_groups_may_be_numbers_a_column_of_a_frame_or_an_array_of_a_file(people, tmp_path):
    expected = loaded(people, split="group:who")
    place, who, kind = np.arange(ROWS), np.arange(ROWS) // 5, np.array([label(i) for i in range(ROWS)])
    frame = pd.DataFrame({"place": place, "who": who})
    np.savez(tmp_path / "t.npz", X=place, y=kind, who=who)
    for other in (
        loaded((frame, kind), split="group:who"),
        loaded((np.c_[place, who], kind), split="group:1"),
        loaded(str(tmp_path / "t.npz"), split="group:who"),
    ):
        np.testing.assert_array_equal(both(other), both(expected))
        np.testing.assert_array_equal(other.y_held_out, expected.y_held_out)


def test_images_are_held_out_by_an_array_of_groups(tmp_path):
    who, images = np.arange(ROWS) // 5, np.arange(ROWS)[:, None, None] * np.ones((4, 4))
    np.savez(tmp_path / "t.npz", X=images, y=np.arange(ROWS) % 2, who=who)
    dataset = loaded(str(tmp_path / "t.npz"), split="group:who")
    order = np.argsort(np.argsort(both(dataset)[:, 0, 0, 0]))
    train, held_out = ({i // 5 for i in part} for part in np.split(order, [len(dataset.x_train)]))
    assert len(held_out) == 2
    assert not train & held_out


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"split": "group:whom"}, r"^split group:whom: .* no such column\. Did you mean who\? Columns are place, who"),
        ({"split": "group:kind"}, r"^split group:kind: this column is the target"),
        ({"split": "group:2"}, r"^split group:2: this column is the target"),
        ({"split": "group:who", "held_out": 0.9}, r"^split group:who: of 8 groups, one part would have none"),
        ({"split": "group:gap"}, r"^split group:gap: the table has no such column"),
    ],
)
def test_groups_that_cannot_be_held_out_are_refused(people, settings, message):
    with pytest.raises(DataError, match=message):
        loaded(people, **settings)


def test_a_single_group_and_missing_groups_are_refused(table):
    one = table("place,who,kind\n" + rows(lambda i: i, lambda i: "me", label))
    with pytest.raises(DataError, match=r"^split group:who: of 1 group, one part would have none"):
        loaded(one, split="group:who")
    gaps = table("place,who,kind\n" + rows(lambda i: i, lambda i: "?" if i < 3 else group(i), label))
    with pytest.raises(DataError, match=r"^split group:who: 3 rows have no group"):
        loaded(gaps, split="group:who")


def test_classes_that_each_are_one_group_are_refused(table):
    teams = table("place,who,team\n" + rows(lambda i: i, group, lambda i: f"team of {group(i)}"))
    with pytest.raises(DataError, match=r"^split group:who: 10 rows held out have classes .* \(team of"):
        loaded(teams, split="group:who")


@pytest.mark.parametrize("inputs", ["auto", "tokens"])
def test_groups_without_inputs_are_refused(table, inputs):
    path = table("who,kind\n" + rows(group, label))
    with pytest.raises(DataError, match=r"^data .*: beside the target and the groups it has no column"):
        loaded(path, split="group:who", inputs=inputs)
    with pytest.raises(DataError, match="beside the target and the groups it has no column"):
        loaded((np.arange(ROWS) // 5, np.arange(ROWS) % 2), split="group:0", inputs=inputs)


def test_images_have_no_column_to_group_by():
    images = np.arange(ROWS)[:, None, None] * np.ones((4, 4))
    with pytest.raises(DataError, match=r"^split group:who: X of shape \(40, 4, 4\) has no column who\. Put an array"):
        loaded((images, np.arange(ROWS) % 2), split="group:who")


# A file of held-out rows


def test_a_held_out_file_is_encoded_and_scaled_by_the_training_part(table):
    first = table("x,t,y\n" + rows(lambda i: i, lambda i: "uv"[i % 2], label))
    second = table("x,t,y\n100,u,a\n?,w,b\n300,v,b\n", "second.csv")
    dataset = loaded(first, held_out=second)
    x = np.arange(ROWS)
    assert (len(dataset.x_train), len(dataset.x_held_out), dataset.n_inputs) == (ROWS, 3, 3)
    np.testing.assert_allclose(dataset.x_train[:, 0], (x - x.mean()) / x.std())
    np.testing.assert_allclose(dataset.x_held_out[:, 0], (np.array([100, np.median(x), 300]) - x.mean()) / x.std())
    # u and v are half the rows each, so they become plus and minus one; w is neither.
    np.testing.assert_allclose(dataset.x_held_out[:, 1:], [[1, -1], [-1, -1], [-1, 1]])
    assert dataset.y_held_out.tolist() == [0, 1, 1]
    assert notices_of(dataset, "^1 missing value in 1 column imputed")


def test_a_regression_target_of_a_held_out_file_is_scaled_by_the_training_part(table):
    first = table(rows(lambda i: i, lambda i: i**2 + 0.5))
    second = table("1,100\n2,200\n", "second.csv")
    dataset = loaded(first, held_out=second)
    y = np.arange(ROWS) ** 2 + 0.5
    np.testing.assert_allclose(dataset.y_held_out[:, 0], (np.array([100, 200]) - y.mean()) / y.std())


def test_columns_of_a_held_out_file_are_found_by_name(table):
    first = table("x,z,y\n" + rows(lambda i: i, lambda i: i % 7, label))
    second = table("y,z,x\na,1,10\nb,2,20\n", "second.csv")
    dataset = loaded(first, held_out=second)
    x, z = np.arange(ROWS), np.arange(ROWS) % 7
    np.testing.assert_allclose(dataset.x_held_out[:, 0], (np.array([10, 20]) - x.mean()) / x.std())
    np.testing.assert_allclose(dataset.x_held_out[:, 1], (np.array([1, 2]) - z.mean()) / z.std())
    assert dataset.y_held_out.tolist() == [0, 1]


def test_a_held_out_file_has_a_header_where_the_data_has_one(table):
    named = table("kind,y\n" + rows(lambda i: "uv"[i % 2], label))
    assert len(loaded(named, held_out=table("kind,y\nu,a\nv,b\n", "2.csv")).x_held_out) == 2
    plain = table(rows(number, label), "plain.csv")
    assert len(loaded(plain, held_out=table("0.5,a\n1.5,b\n", "3.csv")).x_held_out) == 2


def test_a_column_without_values_in_one_part_is_what_it_is_in_the_other(table):
    first = table("x,t,n,y\n" + rows(lambda i: i, lambda i: "?", lambda i: "?", label))
    second = table("x,t,n,y\n1,u,5,a\n2,v,6,b\n", "2.csv")
    dataset = loaded(first, held_out=second)
    # Nothing was learnt of t and n, so they are 0 in both parts.
    assert not both(dataset)[:, 1:].any()
    third = table("x,t,n,y\n" + rows(lambda i: i, lambda i: "uv"[i % 2], lambda i: i % 3, label), "3.csv")
    gaps = table("x,t,n,y\n1,?,?,a\n2,?,?,b\n", "4.csv")
    assert notices_of(loaded(third, held_out=gaps), "^4 missing values in 2 columns imputed")


def test_rows_dropped_from_a_held_out_file_are_told(table):
    first = table("x,y\n" + rows(number, label))
    second = table("x,y\n1,a\n2,?\n3,b\n", "2.csv")
    assert notices_of(loaded(first, held_out=second), "^held-out part: 1 row without a target dropped$")


PLAIN_NAMED = "x,t,y\n" + rows(number, lambda i: "uv"[i % 2], label)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("x,t,y,z\n1,u,a,1\n2,v,b,1\n", "it has z, which the training part has not"),
        ("x,y\n1,a\n2,b\n", "it lacks t. Give both the same columns"),
        ("x,u,y\n1,u,a\n2,v,b\n", "it lacks t, and it has u, which the training part has not"),
        ("1,u,a\n2,v,b\n3,v,a\n", "it lacks x, t, y, and it has 1, u, a, which"),
        ("x,t,y\n1,u,a\n2,v,c\n3,u,c\n", "2 rows held out have classes that are not trained on (c)"),
        ("x,t,y\n1,u,a\n2,v,a\n", "one part has fewer than two distinct targets"),
        ("x,t,y\none,u,a\n2,v,b\n", "the column x is text here and numbers in the training part (text such as one)"),
        ("x,t,y\n1,5,a\n2,6,b\n", "the column t is numbers here and text in the training part (text such as u)"),
        ("x,t,y\n1,u,1\n2,v,2\n", "the target last column is numbers here and text in the training part"),
        ("x,t,y\n1,u,?\n2,v,?\n", "target y: the column has no values"),
        ("x,t,y\n", "it has a header and no rows"),
        ("", "it is empty"),
        ("x,t\n1\n", "line 2 has 1 fields and line 1 has 2"),
    ],
)
def test_a_held_out_file_that_does_not_fit_is_refused(table, content, rule):
    second = table(content, "second.csv")
    with pytest.raises(DataError) as caught:
        loaded(table(PLAIN_NAMED), held_out=second)
    assert str(caught.value).startswith(f"held_out {second}: ")
    assert rule in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"held_out": "second.csv"}, r"^held_out second\.csv: it is neither a fraction between 0 and 1 nor a file"),
        ({"held_out": "0.5x"}, r"^held_out 0\.5x: it is neither a fraction .* Write a fraction such as 0\.25"),
        ({"held_out": "digits"}, "^held_out digits: it is neither a fraction"),
        ({"held_out": 1.5}, r"^held_out 1\.5: it must be less than 1"),
        ({"held_out": "nan"}, r"^held_out nan: it must be greater than 0"),
        ({"held_out": True}, r"^held_out True: it must be a fraction or a path"),
        ({"held_out": [0.5]}, r"^held_out \[0\.5\]: it must be a fraction or a path"),
        ({"held_out": ""}, r"^held_out '': it must be a fraction or a path"),
        ({"split": "first"}, r"^split first: it must be one of random, last, group:COLUMN"),
        ({"split": "lst"}, r"^split lst: .* Did you mean last\? Write random, last"),
        ({"split": "group:"}, r"^split group:: it must be one of"),
        ({"split": "group"}, r"^split group: it must be one of"),
        ({"split": None}, r"^split None: it must be one of"),
    ],
)
def test_settings_that_hold_nothing_out_are_refused(table, settings, message):
    with pytest.raises(SettingError, match=message):
        loaded(table(PLAIN_NAMED), **settings)


def test_a_held_out_file_leaves_nothing_to_split(table):
    second = table("x,t,y\n1,u,a\n2,v,b\n", "2.csv")
    for split in ("last", "group:t"):
        with pytest.raises(DataError, match=rf"^split {split}: the held-out part is given"):
            loaded(table(PLAIN_NAMED), held_out=second, split=split)
    with pytest.raises(DataError, match=r"^split last: the four points of xor"):
        loaded("xor", split="last")


def test_tables_and_arrays_are_not_held_out_for_each_other(table, tmp_path):
    np.savez(tmp_path / "t.npz", X=X, y=np.arange(ROWS) % 2)
    path = table(PLAIN_NAMED)
    with pytest.raises(DataError, match=r"t\.npz: it holds arrays, and the data are a table"):
        loaded(path, held_out=str(tmp_path / "t.npz"))
    with pytest.raises(DataError, match=r"table\.csv: it holds a table, and the data are arrays"):
        loaded("digits", held_out=path)
