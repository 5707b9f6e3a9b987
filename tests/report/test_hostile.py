"""Names in the hands of somebody else go through every output, and none of them acts."""

import csv as stdlib_csv
import io
import json as stdlib_json
import re
from functools import partial
from importlib.util import find_spec

import pandas as pd
import pytest
from rich.console import Console

from lyapscreen.cli import progress
from lyapscreen.report import console, terminal
from lyapscreen.report.commands import gate, github_actions
from lyapscreen.report.formats import csv, html, json, markdown, parquet
from lyapscreen.report.formats.spreadsheet import FORMULAS
from lyapscreen.report.text.characters import one_line
from lyapscreen.results.verdict import Outcome, Verdict
from lyapscreen.screening.plan import prepare
from lyapscreen.screening.rung import Progress
from lyapscreen.spec.spec import Spec
from tests.helpers.documents import HOSTILE, hostile, one

RUNNER = re.compile(r"^\s*::|##", re.MULTILINE)
"""What a runner of CI reads as a command."""


def is_harmless(text):
    """Whether it can be printed line by line, and no line is a command."""
    return all(line.isprintable() for line in text.split("\n")) and not RUNNER.search(text)


@pytest.fixture(scope="module")
def document():
    return hostile()


def test_there_are_enough_of_them():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_of_it_is_harmless(name):
    line = one_line(name)
    assert is_harmless(line)
    assert "\n" not in line
    assert not line.startswith("::")
    line.encode()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("width", [60, 200, None])
@pytest.mark.parametrize("shown", [terminal.Shown(every=True), terminal.Shown(wide=True, every=True), terminal.Shown()])
def test_the_terminal_shows_text(document, encoding, width, shown):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    out = Console(file=stream, width=width, markup=False, emoji=False, highlight=False)
    terminal.show(document, out, shown)
    text = stream.buffer.getvalue().decode(encoding)
    assert is_harmless(text)
    assert "⚠" not in text
    assert "[/]" in text or not shown.every


def test_sentences_and_messages_are_text(document, capsys):
    out = console.stdout()
    for sentence in (*document.sentences, *document.warnings, *document.notices):
        console.print_folded(out, sentence)
        console.message(f"warning: {sentence}")
    printed = capsys.readouterr()
    assert is_harmless(printed.out)
    assert is_harmless(printed.err)


def test_csv_has_text_in_every_cell(document):
    text = csv.render(document.ranking)
    assert is_harmless(text)
    head, *rows = stdlib_csv.reader(io.StringIO(text))
    assert len(rows) == len(document.ranking.rows)
    words = [head.index("activation"), head.index("lr") + 1]
    for row in [head, *([row[i] for i in words] for row in rows)]:
        assert not [cell for cell in row if cell.startswith(FORMULAS)]
    assert {"'=cmd|' /C calc'!A0", "'-1+1", "'@SUM(A1)"} <= {row[words[0]] for row in rows}


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="needs the extra parquet")
def test_parquet_has_text_in_every_cell(document):
    table = pd.read_parquet(io.BytesIO(parquet.render(document.ranking)))
    cells = [str(cell) for name in table.columns if str(table[name].dtype) in ("str", "object") for cell in table[name]]
    assert len(cells) >= 2 * len(document.ranking.rows)
    assert not [cell for cell in (*cells, *table.columns) if cell.startswith(FORMULAS) or not is_harmless(cell)]


def test_json_keeps_every_name_and_shows_none_raw(document):
    text = json.render(document)
    assert is_harmless(text)
    text.encode()
    names = {row["activation"] for row in stdlib_json.loads(text)["ranking"]}
    assert set(HOSTILE) <= names


MARKUP = re.compile(
    r"(?<!\\)[\[\]`*~$]|<(?!/?(?:details|summary|sub)>)|@(?!\u200b)|://|\bwww\.|#\d|\bGH-\d|:[a-z]+:", re.ASCII
)
"""What GitHub would make something of: emphasis, links, code, HTML, mentions, references, emojis."""


def is_plain(markdown):
    """Whether nothing in a name is read as Markdown: what the program itself writes is taken away first."""
    lines = [re.sub(r"^> \[!WARNING\]$|\*\*", "", line) for line in markdown.split("\n")]
    return not [line for line in lines if MARKUP.search(line)]


def test_markdown_shows_names_as_they_are(document):
    text = markdown.render(document)
    assert is_harmless(text.replace("\u200b", "").replace("###", ""))
    assert is_plain(text)
    tables = [line for line in text.split("\n") if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in tables}) == 1


def judgement(name):
    configuration = one(name, 0.1, settings=((name, name),)).candidate.configuration
    failed = Verdict("within", Outcome.FAIL, f"the best is {name}", 1.0, 0.5, 2.0, 0.1)
    return gate.Judgement(configuration, (failed,), f"read from {name}", "0123")


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_gate_shows_names_as_text(name, capsys):
    judged = judgement(name)
    out = console.stdout()
    out.print(gate.as_table(judged, unicode=True))
    console.print_folded(out, judged.summary)
    assert is_harmless(capsys.readouterr().out)
    assert is_harmless(gate.as_json(judged))
    assert all(line.isprintable() for line in gate.as_junit(judged).split("\n"))
    (command,) = github_actions.commands(judged)
    assert command.isprintable()
    assert command.startswith("::error title=")
    summary = gate.as_markdown(judged)
    assert is_plain(summary)
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in summary.split("\n") if line.startswith("|")} == {7}


def test_html_escapes_every_name(document):
    page = html.render(document)
    assert all(line.isprintable() for line in page.split("\n"))
    assert not re.search(r"<(?:img|iframe|object|embed|base|meta http-equiv=.refresh)", page)
    assert len(re.findall(r"<script", page)) == 1
    assert not re.search(r"<[^>]* on[a-z]+=", re.sub(r'"[^"]*"', '""', page))
    assert "default-src 'none'" in page


def test_progress_takes_no_markup(monkeypatch):
    """Nor does it lose the work over it: rich raised MarkupError in the middle of a run."""
    stream = io.StringIO()
    terminal_like = partial(Console, file=stream, force_terminal=True, width=200, markup=False, emoji=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr(console, "stderr", terminal_like)
    spec = Spec.of(data="wine", model="mlp:4", act="relu", lr="0.1", seeds=1, steps=4, rank_by="effective")
    with progress.shown(quiet=False) as display:
        plan = prepare(spec)
        display.probes(Progress(plan, 0, 2, ()))
        display.probes(Progress(plan, 0, 2, (one("[/] :warning:\x1b]0;t\x07", 0.1, steps=4),)))
        display.now("[/] :warning:\x1b]0;t\x07")
    assert "fastest: [/] :warning:\\x1b]0;t\\x07" in stream.getvalue()
