"""What a notebook shows of a screening: the first screen with a figure, every word escaped, no script."""

import base64
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from lyapscreen.report import extras
from lyapscreen.report.pages import notebook
from lyapscreen.report.table.chosen import MOST, chosen
from tests.helpers.documents import ODD, document, hostile

TAGS = {"div", "p", "strong", "br", "em", "table", "thead", "tbody", "tr", "th", "td", "img", "code"}
ATTRIBUTES = {"class", "style", "alt", "src"}


class Reader(HTMLParser):
    """Tags, attributes and words of a fragment as a browser takes them."""

    def __init__(self, fragment):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], [], [], []
        self.feed(fragment)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.open += [] if tag in ("br", "img") else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


DOCUMENTS = {"plain": document, "hostile": hostile, **{name: lambda found=found: document(found)
                                                       for name, found in ODD.items() if found}}  # fmt: skip


@pytest.mark.parametrize("name", ["plain", "hostile", "one seed", "all diverged", "not finite", "130 families"])
def test_nothing_of_it_acts_and_the_figure_is_a_picture(name):
    read = Reader(notebook.render(DOCUMENTS[name]()))
    assert set(read.tags) <= TAGS
    assert {key for key, _ in read.attributes} <= ATTRIBUTES
    assert not read.open
    (picture,) = (value for key, value in read.attributes if key == "src")
    kind, _, data = picture.partition(",")
    assert kind == "data:image/svg+xml;base64"
    assert ElementTree.fromstring(base64.b64decode(data)).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_answer_is_first_and_the_rows_that_can_win_follow():
    shown = document()
    read = Reader(notebook.render(shown))
    said = [word for word in read.words if word.strip()]
    assert said[1] == shown.headline
    rows, _ = chosen(shown.ranking)
    assert read.tags.count("tr") == 1 + len(rows)
    many = Reader(notebook.render(DOCUMENTS["130 families"]()))
    assert many.tags.count("tr") <= 1 + MOST + 1
    assert any(word.startswith("not shown: ") and word.endswith("to_frame() has all") for word in many.words)


def test_warnings_and_notices_are_shown():
    read = Reader(notebook.render(document(notices=("data: 3 rows <left> out",))))
    assert " data: 3 rows <left> out" in read.words


def test_without_matplotlib_the_words_stand_alone(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    read = Reader(notebook.render(document()))
    assert "img" not in read.tags
    assert any(word.endswith("Run pip install 'lyapscreen[report]'.") for word in read.words)
