"""What would be uploaded: a wheel and a source that the index takes, built and checked without a network."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes

import pytest
import yaml

from tests.helpers.needed import require
from tests.helpers.project import ROOT

require("twine", "6")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("built")
    shutil.copytree(ROOT / "lyapscreen", tree / "lyapscreen", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tree)
    code = "import sys; from setuptools import build_meta as b; to = sys.argv[1]; b.build_sdist(to); b.build_wheel(to)"
    subprocess.run([sys.executable, "-c", code, str(out)], cwd=tree, check=True, capture_output=True)
    return sorted(out.iterdir(), key=lambda path: path.suffix, reverse=True)


def test_the_index_takes_wheel_and_source_and_renders_the_readme(built):
    assert [path.suffix for path in built] == [".whl", ".gz"]
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, built)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_what_is_said_of_the_package_is_complete_and_no_licence_is_claimed(built):
    with tarfile.open(built[1]) as source:
        (name,) = [name for name in source.getnames() if name.count("/") == 1 and name.endswith("PKG-INFO")]
        said = message_from_bytes(source.extractfile(name).read())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(said["Keywords"].split(",")) == set(project["keywords"])
    assert said.get_all("Classifier") == project["classifiers"]
    assert said["Description-Content-Type"] == "text/markdown"
    assert set(said.get_all("Provides-Extra")) == set(project["optional-dependencies"])
    assert said["License"] is None
    assert said["License-Expression"] is None


def test_how_to_cite_is_of_this_version():
    cite = yaml.safe_load((ROOT / ".github" / "CITATION.cff").read_text())
    assert cite["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert cite["references"][0]["identifiers"][0]["value"] == "arXiv:2410.05988"
