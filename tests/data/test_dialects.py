"""Tables of known content, written in every dialect: they come back as they were, or are refused."""

from __future__ import annotations

import csv
import gzip
import io
import os
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lyapscreen.data import files
from lyapscreen.data.reading import Reading
from lyapscreen.errors import LyapscreenError

EXAMPLES = int(os.environ.get("TABLE_EXAMPLES", "120"))
"""5,000 take eight minutes: TABLE_EXAMPLES=5000."""

NAMES = [
    "price",
    "size, m2",
    "Na",
    "NA",
    "None",
    "x1",
    "größe",
    "kW/h",
    "a b",
    "kind",
    "weight;kg",
    "t|u",
    "temp",
    "v_9",
]
WORDS = [
    ["red", "green", "blue"], ["yes", "no"], ["a, b", "c"], ["x;y", "z"], ["ä", "ö", "ü"], ["p|q", "r"],
    ["it's", 'a "b"'], ["low end", "high end"], ["1st", "2nd", "3rd"],
]  # fmt: skip
MARKS = ["", "NA", "?", "nan", "N/A", "null"]

whole = st.integers(-50, 5000)
decimal = st.decimals(-999, 999, places=3).map(float)
large = st.integers(1000, 9_999_999)


@st.composite
def columns(draw):
    """Names and values of some columns, the rows of all alike; None where a value is missing."""
    count = draw(st.integers(12, 40))
    found = []
    for _ in range(draw(st.integers(2, 6))):
        kind = draw(st.sampled_from(["whole", "decimal", "decimal", "text", "large"]))
        one = {"whole": whole, "decimal": decimal, "large": large}.get(kind)
        one = st.sampled_from(draw(st.sampled_from(WORDS))) if one is None else one
        values = draw(st.lists(one, min_size=count, max_size=count))
        if draw(st.integers(0, 4)) == 0:
            for i in draw(st.lists(st.integers(0, count - 1), max_size=3)):
                values[i] = None
        found.append((kind, values))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=len(found), max_size=len(found), unique=True))
    return names, found


@st.composite
def dialects(draw):
    """How a table is written."""
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    return {
        "separator": separator,
        "comma": draw(st.booleans()) if separator != "," else draw(st.integers(0, 3)) == 0,
        "group": draw(st.booleans()),
        "header": draw(st.integers(0, 3)) > 0,
        "end": draw(st.sampled_from(["\n", "\r\n", "\r"])),
        "encoding": draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])),
        "title": draw(st.sampled_from(["", "", "", "Sales of the year", "# made by hand", "sep="])),
        "mark": draw(st.sampled_from(MARKS)),
        "currency": draw(st.sampled_from(["", "", "$", " €", "%"])),
        "packed": draw(st.booleans()),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
    }


def cell(value, kind, how, sign):
    if value is None:
        return how["mark"]
    if kind == "text":
        return value
    text = f"{value:.3f}" if kind == "decimal" else f"{value:,}" if kind == "large" and how["group"] else str(value)
    if how["comma"]:
        text = text.translate(str.maketrans(",.", ".,"))
    if sign == "$":
        return f"-$${text[1:]}".replace("$$", "$") if text.startswith("-") else f"${text}"
    return text + sign


def written(names, found, how):
    out = io.StringIO(newline="")
    title = f"sep={how['separator']}" if how["title"] == "sep=" else how["title"]
    out.write(title + how["end"] if title else "")
    table = csv.writer(out, delimiter=how["separator"], lineterminator=how["end"], quoting=how["quoting"])
    if how["header"]:
        table.writerow(names)
    signs = [how["currency"] if kind == "decimal" and i % 2 else "" for i, (kind, _) in enumerate(found)]
    for row in zip(*(values for _, values in found), strict=True):
        table.writerow([cell(value, kind, how, sign) for value, (kind, _), sign in zip(row, found, signs, strict=True)])
    return out.getvalue().encode(how["encoding"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("dialects")


def difference(table, names, found, how):
    """What of a table is not as it was; nothing where all is."""
    if how["header"] and list(table.names) != names:
        return f"names {table.names}"
    if len(table) != len(found[0][1]):
        return f"{len(table)} rows, not {len(found[0][1])}"
    gapped = table.gapped()
    for at, (kind, values) in enumerate(found):
        got = gapped.column(at)
        if kind == "text" and got.dtype == object:
            if got.tolist() != values:
                return f"column {at}: {got.tolist()} for {values}"
        elif all(value is None for value in values):
            continue
        elif kind == "text":
            return f"column {at}: text became {got}"
        elif got.dtype == object:
            said = [notice for notice in table.notices if "read as text" in notice and table.names[at] in notice]
            if not said:
                return f"column {at}: numbers became text without a word: {got[:4]}"
        else:
            want = np.array([np.nan if value is None else value for value in values], float)
            # 1.234 in every cell is a thousand or one: only the unit differs, and scaling makes them the same.
            units = (1, 1000, 0.001) if kind != "whole" else (1,)
            if not any(np.allclose(got, want * unit, rtol=1e-12, atol=0, equal_nan=True) for unit in units):
                return f"column {at}: {got[:6]} for {want[:6]}"
    return ""


@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=timedelta(seconds=5),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(columns(), dialects())
def test_what_is_written_is_read_or_refused(folder, content, how):
    names, found = content
    text = written(names, found, how)
    path = folder / ("t.csv.gz" if how["packed"] else "t.csv")
    path.write_bytes(gzip.compress(text, 1) if how["packed"] else text)
    try:
        table = files.read(str(path), Reading("float64"))
    except LyapscreenError:
        return
    wrong = difference(table, names, found, how)
    assert not wrong, (wrong, how, text.decode(how["encoding"])[:600], table.notices)
