"""Rows held out in a file of their own: encoded by the training part, and every misfit refused."""

from __future__ import annotations

import numpy as np
import pytest

from lyapscreen.errors import DataError, SettingError
from tests.helpers.datasets import ROWS, X, both, label, loaded, notices_of, number, rows


def test_a_held_out_file_is_encoded_and_scaled_by_the_training_part(table):
    first = table("x,t,y\n" + rows(lambda i: i + 0.5, lambda i: "uv"[i % 2], label))
    second = table("x,t,y\n100,u,a\n?,w,b\n300,v,b\n", "second.csv")
    dataset = loaded(first, held_out=second)
    x = np.arange(ROWS) + 0.5
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
    first = table("x,z,y\n" + rows(lambda i: i / 2, lambda i: i % 7, label))
    second = table("y,z,x\na,1,10\nb,2,20\n", "second.csv")
    dataset = loaded(first, held_out=second)
    x, z = np.arange(ROWS) / 2, np.arange(ROWS) % 7
    np.testing.assert_allclose(dataset.x_held_out[:, 0], (np.array([10, 20]) - x.mean()) / x.std())
    np.testing.assert_allclose(dataset.x_held_out[:, 1], (np.array([1, 2]) - z.mean()) / z.std())
    assert dataset.y_held_out.tolist() == [0, 1]


def test_a_held_out_file_has_a_header_where_the_data_has_one(table):
    named = table("kind,y\n" + rows(lambda i: "uv"[i % 2], label))
    assert len(loaded(named, held_out=table("kind,y\nu,a\nv,b\n", "2.csv")).x_held_out) == 2
    plain = table(rows(number, label), "plain.csv")
    assert len(loaded(plain, held_out=table("0.5,a\n1.5,b\n", "3.csv")).x_held_out) == 2


def test_a_column_without_values_in_one_part_is_what_it_is_in_the_other(table):
    first = table("x,t,n,y\n" + rows(number, lambda i: "?", lambda i: "?", label))
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
    assert notices_of(loaded(first, held_out=second), "^held-out part: dropped 1 row without a target")


PLAIN_NAMED = "x,t,y\n" + rows(number, lambda i: "uv"[i % 2], label)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("x,t,y,z\n1,u,a,1\n2,v,b,1\n", "it has z, which the training part lacks"),
        ("x,y\n1,a\n2,b\n", "it lacks t. Give both parts the same columns"),
        ("x,u,y\n1,u,a\n2,v,b\n", "it lacks t, and it has u, which the training part lacks"),
        ("1,u,a\n2,v,b\n3,v,a\n", "it lacks x, t, y, and it has 1, u, a, which"),
        ("x,t,y\n1,u,a\n2,v,c\n3,u,c\n", "some classes are held out but never trained on: c (2 rows)"),
        ("x,t,y\n1,u,a\n2,v,a\n", "has fewer than two distinct targets"),
        ("x,t,y\none,u,a\n2,v,b\n", "the column x is text here but numbers in the training part (text such as one)"),
        ("x,t,y\n1,5,a\n2,6,b\n", "the column t is numbers here but text in the training part (text such as u)"),
        ("x,t,y\n1,u,1\n2,v,2\n", "the target last column is numbers here but text in the training part"),
        ("x,t,y\n1,u,?\n2,v,?\n", "target y: the column has no values"),
        ("x,t,y\n", "it has a header but no rows"),
        ("", "it is empty"),
        ("x,t\n1\n", "line 2 has 1 fields, but line 1 has 2"),
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
    with pytest.raises(DataError, match=r"^split last: xor trains on the same four points"):
        loaded("xor", split="last")


def test_tables_and_arrays_are_not_held_out_for_each_other(table, tmp_path):
    np.savez(tmp_path / "t.npz", X=X, y=np.arange(ROWS) % 2)
    path = table(PLAIN_NAMED)
    with pytest.raises(DataError, match=r"t\.npz: it holds arrays, but the training data are a table"):
        loaded(path, held_out=str(tmp_path / "t.npz"))
    with pytest.raises(DataError, match=r"table\.csv: it holds a table, but the training data are arrays"):
        loaded("digits", held_out=path)
