"""The rules that keep the structure: who imports whom, what the public names are, what `--help` may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lyapscreen

PACKAGE = Path(lyapscreen.__file__).parent

PROBING = {
    "candidates", "data", "dynamics", "errors", "exponents", "losses", "measure", "models", "optimizers", "results",
    "schedules", "spec",
}  # fmt: skip
IMPORTS = {
    "__init__": {"errors", "screening"},
    "errors": set(),
    "ranges": {"errors"},
    "spec": {"errors", "ranges"},
    "candidates": {"spec"},
    "tables": {"errors", "ranges", "spec"},
    "data": {"candidates", "errors", "ranges", "spec", "tables"},
    "models": {"candidates", "errors", "optimizers", "ranges", "spec"},
    "optimizers": set(),
    "losses": set(),
    "schedules": set(),
    "pointwise": set(),
    "written_out": {"optimizers", "pointwise"},
    "dynamics": {"optimizers", "schedules"},
    "exponents": {"exponents"},
    "measure": {"data", "dynamics", "losses", "models", "optimizers", "results", "spec", "written_out"},
    "probe": PROBING,
    "execute": {"errors"},
    "results": {"candidates"},
    "statistics": set(),
    "ranking": {"results", "statistics"},
    "report": {"candidates", "errors", "ranking", "report", "results", "spec", "statistics"},
    "screening": {"candidates", "data", "execute", "losses", "models", "probe", "ranking", "report", "results", "spec"},
    "__main__": {"cli"},
    "cli": {"cli", "errors", "execute", "report", "screening", "spec"},
}
"""Which of our modules each may import; data flows one way, so nothing here is a cycle."""


def modules():
    return sorted(PACKAGE.rglob("*.py"))


def home(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Every module a file imports, wherever in the file; imports for type checkers alone do not count."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "lyapscreen":
                yield from (f"lyapscreen.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_it_may(path):
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("lyapscreen.")}
    assert ours <= IMPORTS[home(path)]


def test_every_module_stands_in_the_table():
    assert {home(path) for path in modules()} == set(IMPORTS)


def test_the_table_has_no_cycle():
    waiting = {name: needs - {name} for name, needs in IMPORTS.items()}
    while ready := {name for name, needs in waiting.items() if not needs & set(waiting)}:
        for name in ready:
            del waiting[name]
    assert not waiting


def test_joblib_is_known_to_one_file():
    assert {home(p) for p in modules() if any(n.split(".")[0] == "joblib" for n in imported(p))} == {"execute"}


def test_estimators_know_nothing_of_models():
    for path in (PACKAGE / "exponents").rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith("torch.nn")]


@pytest.mark.parametrize("module", ["torch", "pandas", "sklearn", "scipy", "joblib"])
@pytest.mark.parametrize("command", [["--help"], ["rank", "--help"], ["--version"]], ids=" ".join)
def test_help_imports_nothing_heavy(module, command):
    code = f"import sys; from lyapscreen.cli import app; sys.argv = ['lyapscreen', *{command}]\n"
    code += f"try: app()\nexcept SystemExit as end: sys.exit({module!r} in sys.modules or end.code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_public_names():
    assert sorted(lyapscreen.__all__) == ["LyapscreenError", "Screening", "screen"]
    for name in lyapscreen.__all__:
        assert callable(getattr(lyapscreen, name))


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'scren'"):
        lyapscreen.scren  # noqa: B018
