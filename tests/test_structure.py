"""The rules that keep the structure: who imports whom, what the public names are, what `--help` may cost."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lyapscreen

PACKAGE = Path(lyapscreen.__file__).parent

IMPORTS = {
    "__init__": {"errors", "exponents", "screening"},
    "errors": set(),
    "ranges": {"errors"},
    "axes": {"errors", "ranges"},
    "coherence": {"axes", "errors", "ranges"},
    "spec": {"axes", "coherence", "errors", "ranges", "user_code"},
    "yamlnodes": {"errors"},
    "specfile": {"axes", "coherence", "errors", "ranges", "spec", "yamlnodes"},
    "spectext": {"axes", "spec"},
    "candidates": {"axes", "spec"},
    "user_code": {"errors", "ranges"},
    "data": {"candidates", "data", "errors", "ranges", "spec", "user_code"},
    "activations": set(),
    "networks": {"activations", "errors"},
    "dropout": {"errors"},
    "models": {
        "activations", "axes", "candidates", "data", "dropout", "dynamics", "errors", "networks", "optimizers",
        "ranges", "spec", "user_code",
    },
    "derivation": {"dropout", "dynamics", "errors", "exponents", "models", "optimizers"},
    "optimizers": set(),
    "losses": {"errors"},
    "schedules": set(),
    "pointwise": set(),
    "written_out": {"optimizers", "pointwise"},
    "dynamics": {"optimizers", "schedules"},
    "exponents": {"exponents"},
    "known_answers": {"dynamics", "exponents", "known_answers", "optimizers"},
    "selftest": {"exponents", "known_answers"},
    "measure": {"data", "losses", "models", "optimizers", "results", "spec", "user_code"},
    "ground": {
        "candidates", "data", "derivation", "dropout", "dynamics", "exponents", "measure", "models", "optimizers",
        "schedules", "spec", "written_out",
    },
    "inspection": {
        "activations", "data", "derivation", "dropout", "errors", "ground", "losses", "measure", "models", "spec",
        "user_code",
    },
    "neighbours": {"dynamics", "exponents", "optimizers"},
    "states": {"candidates", "errors"},
    "halving": {"candidates", "ranking", "results", "spec"},
    "probe": {
        "candidates", "data", "derivation", "dynamics", "exponents", "ground", "measure", "models", "neighbours",
        "optimizers", "results", "spec", "states",
    },
    "execute": {"errors", "execute"},
    "travel": {"errors", "execute", "spec", "user_code"},
    "results": {"candidates"},
    "statistics": set(),
    "ranking": {"candidates", "results", "statistics"},
    "stability": {"axes", "candidates", "statistics"},
    "choice": {"axes", "candidates", "errors", "ranges", "spec"},
    "gate": {"choice", "ranking", "results", "stability", "statistics"},
    "report": {
        "axes", "candidates", "choice", "errors", "gate", "leading", "ranking", "report", "results", "spec", "spectext",
        "stability", "statistics", "validation",
    },
    "saved": {"axes", "candidates", "errors", "ranking", "results", "spec", "stability"},
    "store": {"candidates", "errors", "report", "results"},
    "planning": {
        "activations", "candidates", "coherence", "data", "errors", "execute", "halving", "inspection", "measure",
        "probe", "spec", "user_code",
    },
    "climbing": {
        "candidates", "errors", "execute", "halving", "planning", "probe", "results", "states", "store", "travel",
    },
    "screening": {
        "candidates", "climbing", "confirming", "errors", "execute", "full_training", "halving", "horizon", "planning",
        "ranking", "report", "results", "spec", "stability", "states", "store",
    },
    "full_training": {
        "candidates", "data", "derivation", "errors", "execute", "exponents", "ground", "measure", "planning",
        "results", "spec", "travel",
    },
    "confirming": {"errors", "execute", "full_training", "planning", "ranges", "ranking", "results", "spec"},
    "range_test": {"axes", "candidates", "data", "derivation", "ground", "spec", "statistics"},
    "horizon": {"candidates", "results"},
    "rules": {"candidates", "ranking", "results", "statistics"},
    "judging": {"candidates", "statistics"},
    "validation": {"candidates", "spec", "statistics"},
    "validate": {
        "candidates", "climbing", "errors", "execute", "full_training", "halving", "horizon", "judging", "planning",
        "range_test", "validation",
        "ranges", "results", "rules", "screening", "spec", "statistics",
    },
    "integrations": {"candidates", "errors", "planning", "ranges", "ranking", "results", "screening", "spec"},
    "edge": {"axes", "candidates", "execute", "planning", "probe", "ranking", "results", "stability", "travel"},
    "__main__": {"cli"},
    "leading": {
        "axes", "candidates", "data", "derivation", "dynamics", "errors", "execute", "exponents", "ground",
        "inspection",
        "models", "optimizers", "spec", "statistics",
    },
    "cli": {
        "axes", "candidates", "choice", "cli", "coherence", "confirming", "edge", "errors", "execute", "gate",
        "known_answers", "leading", "planning", "ranking", "report", "saved", "screening", "selftest", "spec",
        "specfile", "spectext", "stability", "store", "validate", "validation",
    },
}  # fmt: skip
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


def test_engines_are_known_to_one_module():
    for engine in ("dask", "distributed", "ray"):
        assert {home(p) for p in modules() if any(n.split(".")[0] == engine for n in imported(p))} <= {"execute"}


def test_optuna_is_known_to_its_integration_alone():
    knowing = {path for path in modules() if any(n.split(".")[0] == "optuna" for n in imported(path))}
    assert knowing == {PACKAGE / "integrations" / "optuna.py"}


def test_joblib_is_known_to_one_module():
    assert {home(p) for p in modules() if any(n.split(".")[0] == "joblib" for n in imported(p))} == {"execute"}


def test_estimators_know_nothing_of_models():
    for path in (PACKAGE / "exponents").rglob("*.py"):
        assert not [name for name in imported(path) if name.startswith("torch.nn")]


@pytest.mark.parametrize(
    "module", ["torch", "pandas", "sklearn", "scipy", "joblib", "pyarrow", "matplotlib", "jinja2", "distributed"]
)
@pytest.mark.parametrize(
    "command",
    [["--help"], ["rank", "--help"], ["selftest", "--help"], ["--version"], ["init", "-"], ["schema"]],
    ids=" ".join,
)
def test_help_imports_nothing_heavy(module, command):
    code = f"import sys; from lyapscreen.cli import app; sys.argv = ['lyapscreen', *{command}]\n"
    code += f"try: app()\nexcept SystemExit as end: sys.exit({module!r} in sys.modules or end.code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("further", [[], ["--optimizer", "adam", "--kantz-wolf"]], ids=str)
def test_the_default_ranking_does_not_pay_for_torchs_compiler(further):
    """torch.func imports it at the first gradient, or sympy at the first cross-entropy, in half a second each."""
    command = ["rank", "--quiet", "--steps", "4", "--seeds", "2", "--act", "relu", "--jobs", "1", *further]
    code = f"import sys; from lyapscreen.cli import app; sys.argv = ['lyapscreen', *{command}]\n"
    code += "try: app()\nexcept SystemExit as end: print({'torch._dynamo', 'sympy'} & set(sys.modules), end.code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "set() 0", done.stderr


def test_public_names():
    assert sorted(lyapscreen.__all__) == [
        "Exponent",
        "LyapscreenError",
        "Screening",
        "largest_exponent",
        "largest_exponents",
        "screen",
        "spectrum",
    ]
    for name in lyapscreen.__all__:
        assert callable(getattr(lyapscreen, name))


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'scren'"):
        lyapscreen.scren  # noqa: B018
