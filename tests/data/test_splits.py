"""Which rows are held out: at random, the last, or whole groups."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from lyapscreen.errors import DataError
from tests.helpers.datasets import ROWS, X, both, label, loaded, notices_of, row_numbers, rows

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
    assert notices_of(dataset, "^2 classes with a single row, kept in the training part only$")


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
    with pytest.raises(DataError, match=r"^split last: one of the parts .30 rows trained on, 10 held out. has"):
        loaded(by_class, split="last")
    message = (
        r"^split last: some classes are held out but never trained on: c \(12 rows\)\. Order .* or use --split random"
    )
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
        (
            {"split": "group:whom"},
            r"^split group:whom: .* no such column\. Did you mean who\? The columns are place, who",
        ),
        ({"split": "group:kind"}, r"^split group:kind: this column is the target"),
        ({"split": "group:2"}, r"^split group:2: this column is the target"),
        ({"split": "group:who", "held_out": 0.9}, r"^split group:who: with only 8 groups, one part would be empty"),
        ({"split": "group:gap"}, r"^split group:gap: the table has no such column"),
    ],
)
def test_groups_that_cannot_be_held_out_are_refused(people, settings, message):
    with pytest.raises(DataError, match=message):
        loaded(people, **settings)


def test_a_single_group_and_missing_groups_are_refused(table):
    one = table("place,who,kind\n" + rows(lambda i: i, lambda i: "me", label))
    with pytest.raises(DataError, match=r"^split group:who: with only 1 group, one part would be empty"):
        loaded(one, split="group:who")
    gaps = table("place,who,kind\n" + rows(lambda i: i, lambda i: "?" if i < 3 else group(i), label))
    with pytest.raises(DataError, match=r"^split group:who: the column has no value in 3 rows"):
        loaded(gaps, split="group:who")


def test_classes_that_each_are_one_group_are_refused(table):
    teams = table("place,who,team\n" + rows(lambda i: i, group, lambda i: f"team of {group(i)}"))
    with pytest.raises(DataError, match=r"^split group:who: some classes are held out but never trained on: team of"):
        loaded(teams, split="group:who")


@pytest.mark.parametrize("inputs", ["auto", "tokens"])
def test_groups_without_inputs_are_refused(table, inputs):
    path = table("who,kind\n" + rows(group, label))
    with pytest.raises(DataError, match=r"^data .*: it has no columns besides the target and the groups"):
        loaded(path, split="group:who", inputs=inputs)
    with pytest.raises(DataError, match="it has no columns besides the target and the groups"):
        loaded((np.arange(ROWS) // 5, np.arange(ROWS) % 2), split="group:0", inputs=inputs)


def test_images_have_no_column_to_group_by():
    images = np.arange(ROWS)[:, None, None] * np.ones((4, 4))
    with pytest.raises(DataError, match=r"^split group:who: X of shape \(40, 4, 4\) has no column who\. Put an array"):
        loaded((images, np.arange(ROWS) % 2), split="group:who")
