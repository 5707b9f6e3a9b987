"""Names in the hands of somebody else go through what single commands and experiment trackers write."""

import csv
import io
import json
import re
from dataclasses import replace
from importlib.util import find_spec

import pytest

from lyapscreen.report import console
from lyapscreen.report.commands import edge, validation, validation_page
from lyapscreen.report.formats.spreadsheet import FORMULAS
from lyapscreen.report.text.naming import name as named
from lyapscreen.results.edge import EdgeRegime, Edges, FamilyEdge, SeedEdge
from lyapscreen.results.statistics import UNDEFINED, Interval
from lyapscreen.results.validation import HALVED, RANDOM, Line, Point, Validation
from lyapscreen.spec.candidates import Configuration
from lyapscreen.spec.spec import Spec
from tests.helpers.documents import HOSTILE, hostile
from tests.report.test_hostile import is_harmless, is_plain

FOUND = (SeedEdge(0, EdgeRegime.FOUND, 1.0, 1.02, 4.0), SeedEdge(1, EdgeRegime.FOUND, 2.0, 2.04))
OUTSIDE = (SeedEdge(0, EdgeRegime.BEYOND, 10.0, None), SeedEdge(1, EdgeRegime.BEYOND, 10.0, None))


@pytest.fixture(scope="module")
def edges():
    swept = [("note", other) for other in HOSTILE[::-1]]
    families = (
        FamilyEdge(name, (setting,), 0.1, False, FOUND if place % 2 else OUTSIDE)
        for place, (name, setting) in enumerate(zip(HOSTILE, swept, strict=True))
    )
    return Edges(100, 20.0, 0.01, 10.0, tuple(families))


@pytest.fixture(scope="module")
def validated():
    points = tuple(Point(Configuration(name, 0.1, (("note", name),)), -0.1, 0.2, 0.3, -0.01) for name in HOSTILE)
    half = Interval(0.5, None, None)
    lines = [Line(HALVED, point.configuration, half, half, UNDEFINED, 0.2, 10, 0.1) for point in points]
    lines.append(Line("held_out_loss", points[1].configuration, half, half, UNDEFINED, 0.2, 10, 0.1))
    lines.append(Line(RANDOM, None, half, half, UNDEFINED, None, 0, 0.0))
    about = {"spec_hash": HOSTILE[0], "versions": {"torch": HOSTILE[1]}}
    spec = Spec.of(lr="0.1", act="relu", seeds=3).model_copy(update={"act": (*HOSTILE, "_hidden")})
    return Validation(spec, tuple(lines), points, len(points), about)


def has_text_in_every_cell(table):
    assert is_harmless(table)
    rows = list(csv.reader(io.StringIO(table)))
    assert len(rows) > len(HOSTILE)
    cells = [cell for row in rows for cell in row if not re.fullmatch(r"-?[\d.e+-]+", cell)]
    return not [cell for cell in cells if cell.startswith(FORMULAS)]


def test_edges_are_written_as_text(edges, capsys):
    assert has_text_in_every_cell(edge.as_csv(edges))
    out = console.stdout()
    out.print(edge.as_table(edges, unicode=True))
    for sentence in edge.sentences(edges):
        console.print_folded(out, sentence)
    for sentence in edge.warnings(edges):
        console.message(f"warning: {sentence}")
    printed = capsys.readouterr()
    assert "[/]" in printed.out
    assert is_harmless(printed.out)
    assert is_harmless(printed.err)


def test_validations_are_written_as_text(validated, capsys):
    assert has_text_in_every_cell(validation.as_csv(validated))
    out = console.stdout()
    out.print(validation.as_table(validated, unicode=True, width=200))
    for sentence in validation.sentences(validated):
        console.print_folded(out, sentence)
    assert is_harmless(capsys.readouterr().out)
    text = validation.as_json(validated)
    assert is_harmless(text)
    assert [point["activation"] for point in json.loads(text)["points"]] == list(HOSTILE)
    page = validation_page.as_html(validated)
    assert all(line.isprintable() for line in page.split("\n"))
    assert not re.search(r"<(?:script|img|iframe|object|embed|base|svg/)", page)
    assert not re.search(r"<[^>]* on[a-z]+=", re.sub(r'"[^"]*"', '""', page))
    assert "default-src 'none'" in page


@pytest.mark.skipif(find_spec("matplotlib") is None, reason="needs the extra plot")
def test_trackers_are_given_text():
    from lyapscreen.report.tracking import entries

    document = hostile()
    logged = entries.logged(document)
    words = [logged.title, *(entry.name for entry in logged.entries)]
    words += [str(value) for entry in logged.entries for value in entry.settings.values()]
    words += [str(value) for value in logged.spec.values()]
    words += [cell for row in logged.rows for cell in row if isinstance(cell, str)]
    assert len(words) > 4 * len(HOSTILE)
    assert not [word for word in words if not word.isprintable() or not is_harmless(word)]
    assert named(document.ranking, document.ranking.rows[0])
    assert is_plain(logged.note)
    assert all(is_harmless(text) for name, text in logged.files.items() if name != "spec.yaml")


def test_a_validation_of_which_nothing_can_be_drawn_is_a_page_all_the_same(validated):
    points = tuple(replace(point, best=None, final=None, projected=None) for point in validated.points)
    assert "<svg" in validation_page.as_html(replace(validated, points=points))
