"""The pages of the project, by their path."""

import re

from tests.helpers.project import ROOT

PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (
        ROOT / "README.md",
        *sorted((ROOT / ".github").glob("*.md")),
        *sorted((ROOT / "examples").rglob("README.md")),
        ROOT / "tests" / "benchmarks" / "ranking" / "README.md",
    )
}


def commands_of(page):
    """Every line of a page that runs the command, its comment and what the shell does after it cut off."""
    lines = [line for line in PAGES[page].splitlines() if line.startswith("    lyapscreen ")]
    return [re.split(r"#|\|\|", line)[0].split()[1:] for line in lines]


def blocks_of(page, language="python"):
    """Every block of a language on a page."""
    return re.findall(rf"```{language}\n(.*?)```", PAGES[page], re.S)
