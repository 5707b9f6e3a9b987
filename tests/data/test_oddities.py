"""Fifty oddities of real tables: how many rows, which task, how many outputs, which names, and what is said."""

# ruff: noqa: E501  an oddity a line

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lyapscreen.data import files
from lyapscreen.data.reading import Reading
from lyapscreen.spec.spec import Spec
from tests.helpers.datasets import both, loaded

N = 40


def f(i):
    return f"{(i * 37 % 101) / 7:.4f}"


def g(i):
    return f"{(i * 53 % 89) / 3 - 9:.3f}"


def w(i):
    return str(i * 29 % 97)


def k(i):
    return "ab"[i * 7 // 3 % 2]


def lines(*columns, sep=",", n=N, end="\n"):
    return "".join(sep.join(c(i) if callable(c) else c for c in columns) + end for i in range(n))


def comma(column):
    return lambda i: column(i).replace(".", ",")


def some(word, every, column):
    return lambda i: word if i % every == 3 else column(i)


HEADER = "x,z,kind\n"
PLAIN = lines(f, g, k)
CLASSES = ("classification", 2)
NUMBERS = ("regression", 1)

ODDITIES = {
    # labels that look missing
    "None is a class": (HEADER + lines(f, g, lambda i: ["None", "Apnea", "None"][i % 3]), {}, N, CLASSES, 2,
        "None in 27 of 40 rows kept as a label; --missing None drops"),
    "NA is a class": (HEADER + lines(f, g, lambda i: ["NA", "GLM", "TA"][i % 3]), {}, N, ("classification", 3), 2,
        "NA in 14 of 40"),
    "null is a class": (HEADER + lines(f, g, lambda i: ["null", "a"][i % 2]), {}, N, CLASSES, 2, "null in 20 of 40"),
    "- is a class": (HEADER + lines(f, g, lambda i: "+-"[i % 2]), {}, N, CLASSES, 2, "- in 20 of 40 rows kept as a label"),
    "N/A and nan are classes": (HEADER + lines(f, g, lambda i: ["N/A", "nan", "a"][i % 3]), {}, N, ("classification", 3),
        2, "N/A in 14, nan in 13 of 40"),
    "a trace of nan is none": (HEADER + lines(f, g, lambda i: "nan" if i == 7 else k(i)), {}, N - 1, CLASSES, 2,
        r"dropped 1 row without a target \(nan; --missing '' keeps it"),
    "asked for, None is none": (HEADER + lines(f, g, lambda i: ["None", "a", "b"][i % 3]), {"missing": "None"}, 26,
        CLASSES, 2, "dropped 14 rows without a target"),
    "asked for, nan is a label": (HEADER + lines(f, g, lambda i: "nan" if i < 2 else k(i)), {"missing": ""}, N,
        ("classification", 3), 2, ""),
    "-999 is none": (HEADER + lines(some("-999", 5, f), g, k), {"missing": "-999"}, N, CLASSES, 2,
        "8 missing values in 1 column imputed"),
    "a column called Na": ("RI,Na,kind\n" + PLAIN, {}, N, CLASSES, 2, r"\(RI, Na, kind\)"),
    "columns called NA and None": ("NA,None,kind\n" + PLAIN, {}, N, CLASSES, 2, r"\(NA, None, kind\)"),
    # headers
    "a header of 0, 1, 2": ("0,1,2,3\n" + lines(f, g, f, lambda i: str(i % 2)), {}, N, CLASSES, 3, r"\(0, 1, 2, 3\)"),
    "a header of 0, 1, 2 and an index": (",0,1,2\n" + lines(str, f, g, lambda i: str(i % 2)), {}, N, CLASSES, 2,
        r"left out: column 0 \(row numbers\)"),
    "a header of years": ("country,1990,1991,1992,grows\n" + lines(lambda i: "CDE"[i % 3], w, w, w, k), {}, N, CLASSES, 6,
        r"\(country, 1990, 1991, 1992, grows\)"),
    "a header of wavelengths": ("400,410,420,430,kind\n" + lines(f, f, f, g, k), {}, N, CLASSES, 4, "430, kind"),
    "a word of the header below": ("colour,kind\n" + lines(lambda i: "rgb"[i % 3], lambda i: ["kind", "mean"][i % 2]),
        {}, N, CLASSES, 3, r"\(colour, kind\)"),
    "no header, all text": (lines(lambda i: "rgb"[i % 3], k), {}, N, CLASSES, 3, ""),
    "no header, whole numbers": (lines(w, w, lambda i: str(i % 3)), {}, N, ("classification", 3), 2, ""),
    "0, 1, 2 above whole numbers": ("0,1,2\n" + lines(w, w, lambda i: str(i % 3)), {}, N, ("classification", 3), 2,
        "the first row names the columns"),
    "a word that could be a name": ("b,7\n" + lines(k, lambda i: str(i % 3)), {}, N + 1, ("classification", 4), 2,
        "row 1 .b, 7. is taken as a row; --header yes"),
    "units below the header": (HEADER + "kg,cm,\n" + PLAIN, {}, N, CLASSES, 2, "row 1 of 2 names the columns"),
    "groups above the header": (",size,size\nx,z,kind\n" + PLAIN, {}, N, CLASSES, 2, "row 2 of 2 names the columns"),
    "a title": ("Sales of the year\n" + HEADER + PLAIN, {}, N, CLASSES, 2, r"passed over the first line \(Sales"),
    "a title from a spreadsheet": ("Sales;;\n\n" + (HEADER + PLAIN).replace(",", ";"), {}, N, CLASSES, 2, "passed over"),
    "a comment": ("# made on a Monday\n" + HEADER + PLAIN, {}, N, CLASSES, 2, "a comment; --skip-rows 0 overrides"),
    "a header behind #": ("# x,z,kind\n" + PLAIN, {}, N, CLASSES, 2, "line 1 names the columns behind a comment sign"),
    "adult.test's first line": ("|1x3 Cross validator\n" + PLAIN, {}, N, CLASSES, 2, "passed over the first line"),
    "lines to pass over": ("a,b\n1,2\n" + PLAIN, {"skip_rows": 2}, N, CLASSES, 2, ""),
    "row names as R writes them": ('"x","z","kind"\n' + lines(lambda i: f'"{i + 1}"', f, g, k), {}, N, CLASSES, 2,
        "line 1 has no name for the first column"),
    "separators at line ends": ("x,z,kind\n" + lines(f, g, k, end=",\n"), {}, N, CLASSES, 2, ""),
    "a dirty first row": ("oops,1.5,a\n" + lines(f, g, k), {"header": "no"}, N + 1, CLASSES, None,
        "1 column of numbers .column 0. read as text because of cells such as oops"),
    # separators
    "sep=;": ("sep=;\n" + (HEADER + PLAIN).replace(",", ";"), {}, N, CLASSES, 2, "separator: semicolons"),
    "a comma in the header": ('"price, EUR";z;kind\n' + lines(f, g, k, sep=";"), {}, N, CLASSES, 2, "price, EUR"),
    "an unquoted comma in the header": ("price, EUR;z;kind\n" + lines(f, g, k, sep=";"), {}, N, CLASSES, 2, "price, EUR"),
    "pipes": ((HEADER + PLAIN).replace(",", "|"), {}, N, CLASSES, 2, "separator: pipes"),
    "tabs in a .csv": ((HEADER + PLAIN).replace(",", "\t"), {}, N, CLASSES, 2, "separator: tabs"),
    "columns of spaces": (lines(lambda i: f"  {f(i):>9}", lambda i: f"{g(i):>9}", lambda i: f"  {i % 2} ", sep=" "), {}, N,
        CLASSES, 2, "separator: spaces"),
    "^ by flag": ((HEADER + PLAIN).replace(",", "^"), {"separator": "^"}, N, CLASSES, 2, ""),
    "semicolons within text": ("x,note,kind\n" + lines(f, lambda i: f"u{i % 3};v", k), {}, N, CLASSES, 4, ""),
    # numbers
    "decimal commas": ("x;z;y\n" + lines(comma(f), comma(g), comma(f), sep=";"), {}, N, NUMBERS, 2,
        "read as numbers: x, z, y .decimal commas"),
    "decimal commas between commas": ("x,z,kind\n" + lines(lambda i: f'"{comma(f)(i)}"', g, k), {}, N, CLASSES, 2,
        "decimal commas"),
    "group marks": ("x,z,kind\n" + lines(lambda i: f'"{i * 997 % 31013:,}"', g, k), {}, N, CLASSES, 2, "group marks"),
    "points as group marks": ("x;z;kind\n" + lines(lambda i: f"{900 + i * 377 % 1111:,}".replace(",", "."), comma(g), k, sep=";"),
        {}, N, CLASSES, 2, "group marks"),
    "a currency": ("x,z,kind\n" + lines(lambda i: f"${f(i)}", g, k), {}, N, CLASSES, 2, r": x \(\$ left out"),
    "euros behind": ("x;z;kind\n" + lines(lambda i: f"{comma(f)(i)} €", comma(g), k, sep=";"), {}, N, CLASSES, 2,
        "decimal commas, € left out"),
    "percent": ("x,z,kind\n" + lines(lambda i: f"{f(i)}%", g, k), {}, N, CLASSES, 2, r": x \(percent"),
    "percent in some cells": ("x,z,kind\n" + lines(lambda i: f"{f(i)}{'%' * (i % 2)}", g, k), {}, N, CLASSES, None,
        r"column of numbers \(x\) read as text"),
    "a unit": ("x,z,kind\n" + lines(lambda i: f"{f(i)} kg", g, k), {}, N, CLASSES, 2, r": x \(kg left out"),
    "brackets": ("x,z,kind\n" + lines(lambda i: f"({f(i)})" if i % 3 else f(i), g, k), {}, N, CLASSES, 2, "brackets as minus"),
    "a minus of typesetters": ("x,z,kind\n" + lines(lambda i: g(i).replace("-", "\u2212"), g, k), {}, N, CLASSES, 2,
        r": x \(other signs"),
    "Fortran's exponents": ("x,z,kind\n" + lines(lambda i: f"{f(i)}D+02", g, k), {}, N, CLASSES, 2, "D exponents"),
    "marks among numbers": ("x,z,kind\n" + lines(some("-", 6, f), some("unknown", 9, g), k), {}, N, CLASSES, 2,
        r"-, unknown counted as missing in columns that are numbers otherwise \(x, z\)"),
    r"\N of databases": ("x,z,kind\n" + lines(some(r"\N", 6, f), g, k), {}, N, CLASSES, 2, "counted as missing"),
    "one dirty cell": ("x,z,kind\n" + lines(lambda i: "n/k" if i == 9 else f(i), g, k), {}, N, CLASSES, None,
        r"\(x\) read as text because of cells such as n/k"),
    "few numbers and a word": ("x,z,kind\n" + lines(lambda i: "x" if i == 9 else str(i % 3), g, k), {}, N, CLASSES, 5,
        r"\(x\) read as text because of cells such as x"),
    "ids beyond 2^53": ("x,id,kind\n" + lines(f, lambda i: str(2**60 + i % 3), k), {}, N, CLASSES, 4, "beyond 2.53"),
    # columns that are no features
    "an index without a name": (",x,z,kind\n" + lines(str, f, g, k), {}, N, CLASSES, 2, r"left out: column 0"),
    "customer_id": ("customer_id,x,kind\n" + lines(lambda i: str(1000 + i * 7), f, k), {}, N, CLASSES, 1, "customer_id"),
    "ids in no order": ("customerID,x,kind\n" + lines(lambda i: str(i * 37 % 101), f, k), {}, N, CLASSES, 1,
        r"left out: customerID \(ids, by name, all distinct\)"),
    "names": ("name,x,kind\n" + lines(lambda i: f"Ms {chr(65 + i)}", f, k), {}, N, CLASSES, 1, "text that differs in every row"),
    "a constant": ("c,x,kind\n" + lines("1", f, k), {}, N, CLASSES, 1, r"left out: c \(constant\)"),
    "all columns, asked for": ("c,id,x,kind\n" + lines("1", str, f, k), {"drop": "none"}, N, CLASSES, 3, ""),
    "a column left out": ("u,x,kind\n" + lines(g, f, k), {"drop": "u"}, N, CLASSES, 1, ""),
    "dates": ("day,x,kind\n" + lines(lambda i: f"2024-{i % 12 + 1:02}-17", f, k), {}, N, CLASSES, 2,
        r": day \(dates %Y-%m-%d as days"),
    "days first": ("day,x,kind\n" + lines(lambda i: f"{i % 28 + 1}/0{i % 9 + 1}/2024", f, k), {}, N, CLASSES, 2, "%d/%m/%Y"),
    "a label that means none": ("x,z,y\n" + lines(f, g, lambda i: str(i % 3 - 1)), {}, N, ("classification", 3), 2,
        "-1 is the only negative label; --ignore-label -1"),
    "asked for, it is ignored": ("x,z,y\n" + lines(f, g, lambda i: str(i % 3 - 1)), {"ignore_label": -1}, 26, CLASSES, 2,
        "left out 14 rows with the label to ignore, -1"),
    "Yes and yes": ("x,z,y\n" + lines(f, g, lambda i: ["Yes", "yes", "no"][i % 3]), {}, N, ("classification", 3), 2,
        "Yes and yes"),
    "two targets": ("x,a,b\n" + lines(f, g, f), {"target": "a,b"}, N, ("regression", 2), 1, "regression on 2 targets"),
}  # fmt: skip
"""Content, settings; rows, task and outputs, inputs (None: whatever categories make of it), what is said."""


@pytest.mark.parametrize(("content", "how", "rows", "task", "inputs", "said"), ODDITIES.values(), ids=ODDITIES)
def test_an_oddity_is_read_right_and_said(table, content, how, rows, task, inputs, said):
    path = table(content)
    dataset = loaded(path, **how)
    assert len(both(dataset)) == rows
    assert (dataset.task, dataset.n_outputs) == task
    assert inputs in (None, dataset.n_inputs)
    assert [notice for notice in dataset.notices if re.search(said, notice)]
    names = [
        line for line in content.replace("# ", "").splitlines() if "kind" in line.split(",") and "x" in line.split(",")
    ]
    if names and "header" not in how:
        assert files.read(path, Reading.of(Spec.of(data=path, **how))).named


def test_there_are_fifty():
    assert len(ODDITIES) >= 50


REFUSED = {
    "two headers' worth of cells": ("a,b\n1,2\n" + PLAIN, "line 1 has 2 fields, but the lines below have 3"),
    "a total below": (HEADER + PLAIN + "total,3\n", "line 42 has 2 fields"),
    "one column": ("x\n" + lines(f), "it has only one column"),
    "a label that is not there": (HEADER + PLAIN, "ignore_label -1: no row has this label. The labels are a, b"),
    "a column that is not there": (HEADER + PLAIN, "^drop q: the table has no such column"),
    "two columns of text": (HEADER + PLAIN, "several targets must be numbers, but kind is text"),
}
SETTINGS = {
    "a label that is not there": {"ignore_label": "-1"},
    "a column that is not there": {"drop": "q"},
    "two columns of text": {"target": "x,kind"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(table, name):
    content, message = REFUSED[name]
    with pytest.raises(Exception, match=message):
        loaded(table(content), **SETTINGS.get(name, {}))


def test_bytes_that_are_letters_in_another_way(tmp_path: Path):
    text = "größe,z,kind\n" + lines(f, g, lambda i: ["süß", "salzig"][i % 2])
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        (tmp_path / "t.csv").write_bytes(text.encode(encoding))
        assert loaded(str(tmp_path / "t.csv"), target="kind").n_outputs == 2
    (tmp_path / "t.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(Exception, match=r"byte 2 is not valid UTF-8. .*name its --encoding, such as latin-1"):
        loaded(str(tmp_path / "t.csv"))
    assert len(both(loaded(str(tmp_path / "t.csv"), encoding="latin-1", target="kind"))) == N
