"""The rules that keep the structure: who imports whom, what the public names are, what `--help` may cost."""

import ast
import inspect
import subprocess
import sys
from dataclasses import fields
from functools import cache
from operator import attrgetter
from pathlib import Path

import pytest

import lyapscreen
from lyapscreen.spec.spec import Spec

PACKAGE = Path(lyapscreen.__file__).parent

IMPORTS = {
    "errors": "",
    "exponents": "errors",
    "spec": "errors",
    "data": "errors spec",
    "execution": "errors spec",
    "results": "errors spec",
    "training": "errors exponents spec data",
    "probe": "errors exponents spec data execution results training",
    "report": "errors spec results",
    "screening": "errors exponents spec data execution results training probe report",
    "analysis": "errors exponents spec data execution results training probe screening",
    "integrations": "errors spec data results screening",
    "cli": "errors spec data execution results probe report screening analysis",
    "__init__": "errors exponents results screening",
    "__main__": "errors cli",
}
"""What each folder of `lyapscreen/` may import beside itself: the way of the data, from the top down."""


@cache
def modules():
    return tuple(sorted(PACKAGE.rglob("*.py")))


def home(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path):
    """Every module a file imports, wherever in the file; imports for type checkers alone do not count.

    Of `from a import b` both a.b, should that be a module, and else a.
    """
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if file_of(inner) else node.module


def file_of(module):
    """The file of a module of ours; None if it is no such."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file in modules()), None)


def ours(path):
    """The files of ours that a file imports."""
    return {file for module in imported(path) if (file := file_of(module)) and file != path}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_folder_imports_only_what_it_may(path):
    beside = {home(file) for file in ours(path)} - {home(path)}
    assert beside <= set(IMPORTS[home(path)].split())


def test_every_folder_stands_in_the_table():
    assert {home(path) for path in modules()} == set(IMPORTS)


def test_the_table_goes_one_way():
    for place, (folder, may) in enumerate(IMPORTS.items()):
        assert set(may.split()) <= {*list(IMPORTS)[:place], *(["cli"] if folder == "__main__" else [])}


def circle(graph):
    """What is left when all that imports nothing waiting is taken away, again and again: nothing without a circle."""
    waiting = dict(graph)
    while ready := {name for name, needs in waiting.items() if not needs & set(waiting)}:
        for name in ready:
            del waiting[name]
    return set(waiting)


def test_no_two_files_import_each_other():
    assert not circle({path: ours(path) for path in modules()})


def test_no_two_folders_import_each_other():
    """Folders within folders too: `report/text` knows nothing of `report/table`, which writes in its words."""
    folders = {}
    for path in modules():
        folders.setdefault(path.parent, set()).update(file.parent for file in ours(path))
    del folders[PACKAGE]  # the public face reaches down into what it shows, and `errors` is for all
    assert not circle({folder: needs - {folder, PACKAGE} for folder, needs in folders.items()})


def test_engines_are_known_to_one_module():
    for engine in ("dask", "distributed", "ray"):
        assert {home(p) for p in modules() if any(n.split(".")[0] == engine for n in imported(p))} <= {"execution"}


def test_optuna_is_known_to_its_integration_alone():
    knowing = {path for path in modules() if any(n.split(".")[0] == "optuna" for n in imported(path))}
    assert {path.parent for path in knowing} == {PACKAGE / "integrations" / "optuna"}


def test_joblib_is_known_to_one_module():
    assert {home(p) for p in modules() if any(n.split(".")[0] == "joblib" for n in imported(p))} == {"execution"}


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
    command = ["rank", "--quiet", "--steps", "40", "--seeds", "2", "--act", "relu", "--jobs", "1", *further]
    code = f"import sys; from lyapscreen.cli import app; sys.argv = ['lyapscreen', *{command}]\n"
    code += "try: app()\nexcept SystemExit as end: print({'torch._dynamo', 'sympy'} & set(sys.modules), end.code)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "set() 0", done.stderr


def test_public_names():
    assert sorted(lyapscreen.__all__) == [
        "Expected",
        "Exponent",
        "LyapscreenError",
        "Replay",
        "Row",
        "Screening",
        "SettingError",
        "extrapolate_lr",
        "largest_exponent",
        "largest_exponents",
        "replay",
        "screen",
        "spectrum",
    ]
    for name in lyapscreen.__all__:
        assert callable(getattr(lyapscreen, name))
        assert name in dir(lyapscreen)


SIGNATURES = {
    "screen": "(*, jobs=None, backend=None, address=None, observer=None, run=None, resume=False, confirm=None, "
              "**settings)",
    "replay": "(configuration=None, seed=None, **settings)",
    "extrapolate_lr": "(lrs, losses, *, probe_steps, full_steps, optimizer='sgd', momentum=None, "
                      "schedule='constant', warmup=0, keep='best', growth=None, train_losses=None)",
    "largest_exponent": "(step, state, steps, *, burn_in=0, estimator='tangent', seed=0)",
    "largest_exponents": "(step, states, steps, *, burn_in=0, estimator='tangent', seed=0)",
    "spectrum": "(step, state, steps, k=2, *, burn_in=0, seed=0)",
    "Exponent.__float__": "(self)",
    "Row.value": "(self, column)",
    "Row.merit": "(self, measure)",
    "Screening.to_frame": "(self)",
    "Screening.to_csv": "(self, path)",
    "Screening.to_json": "(self, path)",
    "Screening.to_parquet": "(self, path)",
    "Screening.to_html": "(self, path)",
    "Screening.to_markdown": "(self, path)",
    "Screening.log_to": "(self, place)",
    "Screening.save": "(self, path)",
    "Screening.state_dict": "(self)",
    "Screening.replay": "(self, configuration=None, seed=None)",
    "Screening.code": "(self, configuration=None, seed=None)",
    "Screening.settings_of": "(self, configuration)",
    "Screening.csv": "(self)",
    "Screening.json": "(self)",
    "Screening.parquet": "(self)",
    "Screening.markdown": "(self)",
    "Screening.html": "(self)",
    "Screening.plot": "(self, kind)",
}  # fmt: skip
"""Every public function as a person calls it: a keyword that is renamed breaks what they have written."""


@pytest.mark.parametrize("name", SIGNATURES)
def test_public_signatures(name):
    signature = inspect.signature(attrgetter(name)(lyapscreen))
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    assert str(inspect.Signature(bare)) == SIGNATURES[name]


def test_every_public_method_has_its_signature_pinned():
    functions = {f"Screening.{name}" for name, _ in inspect.getmembers(lyapscreen.Screening, inspect.isfunction)}
    assert {name for name in functions if "._" not in name} == {name for name in SIGNATURES if "Screening." in name}


SETTINGS = """data target header task inputs held_out split model act seeds lr optimizer momentum weight_decay clip_norm
batch_size schedule warmup loss init weights sweep steps halving estimator rank_by full_steps kantz_wolf neighbours
neighbour_std max_growth dtype memory no_code"""

FIELDS = {
    "Exponent": "value low high regime local converged",
    "Screening": "spec ranking halfway score_name notices versions spec_hash edge weights",
    "Row": "rank group activation lr regime effective effective_low effective_high transverse transverse_low "
           "transverse_high lyapunov lyapunov_low lyapunov_high kantz_wolf train_loss held_out_loss held_out_score "
           "seeds steps best_seed recommended projected projected_low projected_high "
           "full_loss full_loss_low full_loss_high full_steps results",
}  # fmt: skip


def test_public_settings_and_fields_only_grow():
    """Settings are keywords of `screen`, flags and keys of a spec file; fields of a row are columns."""
    assert set(Spec.model_fields) >= set(SETTINGS.split())
    for kind in (lyapscreen.Exponent, lyapscreen.Screening, lyapscreen.Row):
        assert {field.name for field in fields(kind)} >= set(FIELDS[kind.__name__].split())


@pytest.mark.parametrize("name", sorted(lyapscreen.__all__))
def test_every_public_name_and_method_shows_a_known_answer(name):
    public = getattr(lyapscreen, name)
    shown = [public, *(getattr(public, m) for m in dir(public) if f"{name}.{m}" in SIGNATURES)]
    assert all(">>> " in (what.__doc__ or "") for what in shown)


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'scren'"):
        lyapscreen.scren  # noqa: B018
