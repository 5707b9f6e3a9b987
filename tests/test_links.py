"""What the pages name is there: targets, scripts, links, pictures, examples and folders."""

import re
from pathlib import Path

import pytest

import lyapscreen
from tests.helpers.pages import PAGES
from tests.helpers.project import ROOT

README = PAGES["README.md"]


def test_the_targets_named_exist():
    makefile = (ROOT / "Makefile").read_text()
    for text in PAGES.values():
        for target in re.findall(r"(?:`|^    )make ([\w-]+)", text, re.M):
            assert f"\n{target}:" in makefile


def test_the_scripts_named_exist():
    for page, text in PAGES.items():
        for script in re.findall(r"^    python (\S+\.py)", text, re.M):
            assert (ROOT / script).is_file() or (ROOT / page).with_name(script).is_file(), (page, script)


def anchors(text):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_is_there(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        path = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        assert not anchor or anchor in anchors(path.read_text()), target


def test_every_example_stands_in_the_gallery_with_a_picture():
    entries = PAGES["examples/README.md"].split("\n## ")[1:]
    assert sorted(re.search(r"\]\((\w[\w-]*)/README.md\)", entry)[1] for entry in entries) == sorted(
        path.name for path in (ROOT / "examples").iterdir() if path.is_dir()
    )
    assert all(re.search(r"^!\[.+\]\(.+\)$", entry, re.M) for entry in entries)


def test_every_folder_of_the_package_stands_in_the_architecture():
    section = PAGES[".github/CONTRIBUTING.md"].partition("## Architecture\n")[2].partition("\n## ")[0]
    for path in Path(lyapscreen.__file__).parent.glob("*/__init__.py"):
        assert re.search(rf"\b{path.parent.name}\b", section)
    assert len(section.splitlines()) <= 25
