"""The pages of the project, by their path."""

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
