"""The report as one file: what it holds, and that nothing in it could run but its own script."""

import base64
import hashlib
import re
import sys
from html.parser import HTMLParser

import pytest

from lyapscreen.errors import OutputError
from lyapscreen.report.formats import code, html
from lyapscreen.report.pages import page_table
from lyapscreen.results.records import Regime
from lyapscreen.spec.spec import Spec
from lyapscreen.spec.yaml_writer import resolved
from tests.helpers.documents import HOSTILE, ODD, document, halved, hostile, one
from tests.helpers.rankings import SPEC


class Page(HTMLParser):
    """Every element of a page with its attributes, and all text by the element it stands in."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.texts = [], [], {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def text(self, tag):
        return "".join(self.texts.get(tag, ()))


@pytest.fixture(scope="module")
def text():
    return html.render(document(notices=("digits: 1797 rows.",)))


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_the_page_is_well_formed_and_says_the_recommendation_first(text, page):
    assert page.open == []
    assert page.text("title") == "tanh at lr 0.01 · lyapscreen"
    order = [
        '<h1 id="answer">USE tanh, lr 0.01</h1>', "lr=0.01, activation=tanh, optimizer=sgd", '<dl class="tiles">',
        "<dt>expect</dt>", "<dt>safe</dt>", "<figure>", '<table class="best">', '<p class="next">next: ',
        '<table id="ranking">', 'id="code"', 'id="spec"', "digits: 1797 rows.", "torch 2.13.0; spec 0123456789abcdef",
    ]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_rows_stand_in_rank_order_with_all_their_digits(text, page):
    ranking = document().ranking
    bodies = [body for body in page.all("tbody") if "data-regime" in body]
    assert [body["data-regime"] for body in bodies] == [str(row.regime) for row in ranking.rows]
    assert [body.get("class") for body in bodies] == ["pick"] + [None] * 7
    values = re.findall(r'<td class="n" data-v="([^"]*)" title="[^"]*">-0.0501 ± [0-9.]*</td>', text)
    assert [float(value) for value in values] == [ranking.rows[0].effective]


def test_what_is_undefined_is_an_empty_cell_without_a_value(text):
    (row,) = re.findall(r'<tbody data-regime="diverged".*?</tr>', text, flags=re.DOTALL)
    cells = re.findall(r"<td[^>]*>.*?</td>", row)
    assert cells[4:-2] == ['<td class="n"></td>'] * 6
    assert "None" not in text
    assert "nan" not in re.sub(r"<script>.*</script>|<style>.*</style>", "", text, flags=re.DOTALL).lower()


def test_each_seed_has_a_line(text):
    (first,) = re.findall(r'<tbody[^>]*class="pick">.*?</tbody>', text, flags=re.DOTALL)
    assert first.count("<td>learns</td>") == 5
    assert "<td>failed: its worker ran out" in html.render(
        document([one("relu", 0.1, regime=Regime.FAILED, value=None, why="its worker ran out of memory")])
    )


def test_the_script_and_the_spec_can_be_copied(text, page):
    assert code.of_document(document()) in page.text("code")
    assert page.text("code").endswith(resolved(document().spec))
    targets = [button["data-copies"] for button in page.all("button")]
    assert targets == ["settings", "program", "text"]
    assert all(f'id="{target}"' in text for target in targets)


def test_where_no_script_can_be_written_the_page_says_why():
    spec = SPEC.model_copy(update={"optimizer": "lion"})
    rendered = html.render(document(spec=spec))
    assert "It cannot be written: optimizer lion: torch.optim has no such optimizer" in rendered
    assert 'id="program"' not in rendered
    assert 'id="code"' not in html.render(document(ODD["all diverged"]))


def test_no_figure_refers_to_a_configuration_by_its_rank(text):
    figures = "".join(re.findall(r"<figure>.*?</figure>", html.render(document(halved())), flags=re.DOTALL))
    assert "tanh, lr 0.1<" in figures
    assert not re.findall(r">[^<]*#\d", figures)


def test_what_any_training_tells_comes_before_the_exponents(text):
    tiles = re.search(r'<dl class="tiles">.*?</dl>', text, flags=re.DOTALL)[0]
    assert re.findall("<dt>(.*?)</dt>", tiles) == ["accuracy", "held-out loss", "instability", "effective speed"]
    columns = re.findall(r'<th scope="col" class="n" title=[^>]*>([^<]*)</th>', text)
    assert columns.index("held-out accuracy") < columns.index("T&nbsp;λ_1") < columns.index("steps")


def test_the_head_admits_the_pages_own_style_and_script_alone(text, page):
    (policy,) = (attrs["content"] for attrs in page.all("meta") if "http-equiv" in attrs)
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert not [attrs for _, attrs in page.elements if "style" in attrs or "src" in attrs]
    assert not [key for _, attrs in page.elements for key in attrs if key.startswith("on")]
    assert {attrs["href"] for _, attrs in page.elements if "href" in attrs} == {"data:,"}


def test_hostile_names_are_text():
    rendered = html.render(hostile())
    rendered.encode()
    bad = Page(rendered)
    assert bad.open == []
    assert len(bad.all("script")) == len(bad.all("style")) == len(bad.all("title")) == 1
    assert not bad.all("img")
    assert not bad.all("textarea")
    assert not [key for _, attrs in bad.elements for key in attrs if key.startswith("on")]
    assert "{{7*7}}{% raw %}" in rendered
    cells = bad.text("td")
    for name in HOSTILE[:2]:
        assert name in cells
    assert "{{7*7}}" in cells


def test_figures_have_the_colours_of_the_night(text):
    assert '[stroke="#0072b2"] { stroke: #4db2ef; }' in text
    assert text.count('stroke="#0072b2"') > 2


@pytest.mark.parametrize("results", [*ODD.values(), halved()], ids=[*ODD, "halved"])
def test_odd_results_make_a_page(results):
    rendered = html.render(document(results, Spec.of(seeds=2, steps=100)))
    assert Page(rendered).open == []
    assert len(rendered.encode()) < 1_000_000


def test_the_same_document_gives_the_same_bytes(text):
    assert html.render(document(notices=("digits: 1797 rows.",))) == text


def test_a_flag_stays_in_one_piece():
    rendered = html.render(document([one("relu", 0.001), one("relu", 0.01, value=-0.001)]))
    assert '<span class="flag">--lr 1e-4:1.</span>' in rendered


def test_without_jinja_the_install_line_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(
        OutputError, match=r"needs jinja2, which is not installed\. Run pip install 'lyapscreen\[report\]'"
    ):
        html.render(document())


def test_a_long_table_is_cut_and_says_so(monkeypatch):
    monkeypatch.setattr(page_table, "MOST_ROWS", 5)
    page = html.render(document(halved()))
    assert page.count("<tbody data-regime") == 5
    assert "… 4 more rows: --csv FILE has all" in page
