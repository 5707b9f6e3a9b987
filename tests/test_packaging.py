"""What is installed: a wheel with all its files, typed so that a user's own script is checked against it."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SCRIPT = """
from pathlib import Path

import torch
from torch import Tensor

import lyapscreen as ls


def halved(x: Tensor, t: int) -> Tensor:
    return 0.5 * x


def best(screening: ls.Screening) -> float | None:
    row = screening.recommended
    return None if row is None else row.lr


screening = ls.screen(data="wine", lr="1e-2:1", act=["relu", "tanh"], seeds=3, run=Path("run"))
screening.to_csv(Path("r.csv"))
ls.screen(data={"X": [[1.0]], "y": [1]}, model=torch.nn.Linear(1, 1), optimizer=torch.optim.AdamW, seeds=range(3),
          sweep={"weight_decay": [0, 0.1]}, batch_size="full", steps="20", held_out=Path("test.csv"), act="relu,tanh")
ls.replay("act=relu,lr=0.1", 1, data="wine", lr=[0.1, 1], optimizer="adam")
one: ls.Exponent = ls.largest_exponent(halved, torch.ones(3), 100, burn_in=10)
reveal_type(best(screening))
reveal_type(screening.ranking.rows[0].effective)
reveal_type(screening.to_frame())
reveal_type(screening.csv())
reveal_type(screening.parquet())
reveal_type(one.value)
reveal_type(ls.largest_exponents(halved, torch.ones(2, 3), 100)[0].regime)
reveal_type(ls.spectrum(halved, torch.ones(3), 100, k=2))
try:
    screening.save("w.pt")
except ls.LyapscreenError as error:
    reveal_type(error.exit_code)
"""

TYPES = """
float | None
float | None
pandas.core.frame.DataFrame
str
bytes
float | None
str
list[lyapscreen.exponents.largest.Exponent]
lyapscreen.errors.ExitCode
"""

MISTAKES = """
import lyapscreen as ls

ls.scren(data="wine")
ls.screen(data="wine", resume="yes")
ls.screen("wine")
ls.screen(data="wine").recommended.lr
ls.screen(dta="wine")
ls.replay(stesp=20)
ls.screen(lr=None)
ls.screen(keep="first")
ls.screen(data="wine")[0].reccommended
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel as pip would build it, in a copy: setuptools leaves its own files beside the sources."""
    tree, built = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT / "lyapscreen", tree / "lyapscreen", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tree)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(built)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=tree, check=True, capture_output=True)
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """A Python that has the wheel installed, and everything else from here."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "further.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "bin" / "python"


def test_the_wheel_holds_every_file_of_the_package(wheel):
    here = [path for path in (ROOT / "lyapscreen").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    inside = [Path(name) for name in zipfile.ZipFile(wheel).namelist() if name.startswith("lyapscreen/")]
    assert sorted(inside) == sorted(path.relative_to(ROOT) for path in here)
    assert Path("lyapscreen/py.typed") in inside  # mypy takes no types from an installed package without it


def checked(python, script, folder, pytestconfig):
    """What mypy --strict says of a script; its cache is kept, for torch takes it a quarter of a minute."""
    (folder / "script.py").write_text(script)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty", "--no-error-summary",
               "--cache-dir", pytestconfig.cache.mkdir("mypy"), "--python-executable", python, "script.py"]  # fmt: skip
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_a_script_with_the_api_is_strictly_typed(python, tmp_path, pytestconfig):
    said = checked(python, SCRIPT, tmp_path, pytestconfig)
    types = [line.partition('Revealed type is "')[2].removesuffix('"') for line in said]
    assert types == TYPES.split("\n")[1:-1], "\n".join(said)


def test_what_the_api_does_not_have_is_found_before_it_runs(python, tmp_path, pytestconfig):
    said = checked(python, MISTAKES, tmp_path, pytestconfig)
    assert {line.split(":")[1] for line in said if ": error:" in line} == set("456789") | {"10", "11", "12"}, "\n".join(
        said
    )
