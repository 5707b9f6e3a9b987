"""The figures as files and as elements of a page: the same bytes each time, and that no number breaks them."""

import sys
import xml.etree.ElementTree as ET

import matplotlib
import pytest

from lyapscreen.errors import OutputError
from lyapscreen.report.figures import figures
from lyapscreen.report.figures.families import Edge
from lyapscreen.results.ranking import rank
from tests.helpers.documents import ODD, document, halved, hostile
from tests.helpers.rankings import SPEC

EDGE = {("tanh", ()): Edge(0.3, 0.2, 0.4), ("relu", ()): Edge(0.05)}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("kind", figures.SUFFIXES)
def test_a_picture_is_the_same_bytes_each_time_whatever_the_users_settings(kind):
    ranking = rank(halved())
    first = figures.plot(ranking, SPEC, kind, EDGE)
    before = matplotlib.rcParams["axes.facecolor"]
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "svg.hashsalt": None}):
        assert figures.plot(ranking, SPEC, kind, EDGE) == first
        assert matplotlib.rcParams["axes.facecolor"] == "red"
    assert matplotlib.rcParams["axes.facecolor"] == before
    assert first.startswith(b"\x89PNG" if kind == "png" else b"<?xml")
    assert b"dc:date" not in first
    assert "matplotlib.pyplot" not in sys.modules


@pytest.mark.parametrize("results", ODD.values(), ids=ODD)
def test_no_number_breaks_a_figure(results):
    for panel in figures.svgs(rank(results), SPEC, EDGE):
        ET.fromstring(panel.svg)
        assert "nan" not in panel.svg


def test_an_inline_figure_has_no_style_and_shares_no_id():
    every = figures.svgs(rank(halved()), SPEC, EDGE)
    ids = [node.get("id") for panel in every for node in ET.fromstring(panel.svg).iter() if node.get("id")]
    assert len(set(ids)) == len(ids)
    for panel in every:
        root = ET.fromstring(panel.svg)
        assert root.get("role") == "img"
        assert panel.title in root.get("aria-label")
        assert not [node for node in root.iter() if node.get("style") or node.tag == f"{SVG}style"]
        for node in root.iter(f"{SVG}use"):
            assert node.get("{http://www.w3.org/1999/xlink}href")[1:] in ids


def test_hostile_names_are_text():
    document = hostile()
    for panel in figures.svgs(document.ranking, document.spec):
        assert not [node for node in ET.fromstring(panel.svg).iter() if node.tag in (f"{SVG}script", "script", "img")]
    ET.fromstring(figures.plot(document.ranking, document.spec, "svg"))


@pytest.mark.parametrize("path", ["a.png", "b.SVG", "dir.x/c.svg"])
def test_a_suffix_says_what_is_wanted(path):
    assert figures.suffix(path) == path[-3:].lower()


@pytest.mark.parametrize("path", ["a.pdf", "png", "-", "a."])
def test_another_suffix_is_refused(path):
    with pytest.raises(OutputError, match=r"a picture ends in \.png or \.svg"):
        figures.suffix(path)


def test_without_matplotlib_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(
        OutputError, match=r"needs matplotlib, which is not installed\. Run pip install 'lyapscreen\[rep"
    ):
        figures.plot(document().ranking, SPEC, "png")
