"""The tables of the page, and every note that it shows of them."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from lyapscreen.cli import app
from tests.helpers.flags import replacing
from tests.helpers.pages import PAGES
from tests.helpers.project import ROOT

PAGE = "examples/own_table/README.md"
SHOWN = re.findall(r"```console\n\$ lyapscreen (.*?)\n(.*?)```", PAGES[PAGE], re.S)


def test_the_page_shows_five():
    assert len(SHOWN) == 5


@pytest.mark.parametrize(("command", "said"), SHOWN, ids=[command.split()[2] for command, _ in SHOWN])
def test_the_notes_shown_are_todays(monkeypatch, command, said):
    monkeypatch.chdir((ROOT / PAGE).parent)
    done = CliRunner().invoke(app, replacing(*command.split(), "--dry-run"))
    assert done.exit_code == 0, done.stderr
    assert done.stderr == said
    assert said.count("note: ") <= 5
