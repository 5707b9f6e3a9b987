"""The audit of `make check` says no more than it knows; the tools are made up here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

AUDIT = Path(__file__).parents[1] / ".ci" / "audit"

KNOWN = {"name": "torch", "version": "2.6", "vulns": []}
SKIPPED = {"name": "numpy", "skip_reason": "Dependency not found on PyPI and could not be audited: numpy (2.0)"}
FOUND = {"name": "jinja2", "version": "3.0", "vulns": [{"id": "PYSEC-1", "description": "a connection is not closed"}]}


def audited(folder, *, out="", err="", code=0, zizmor=0):
    """Run the audit with tools that say so."""
    for name, (said, complained, ends) in {"pip-audit": (out, err, code), "zizmor": ("", "findings", zizmor)}.items():
        lines = ["import sys", f"sys.stdout.write({said!r})", f"sys.stderr.write({complained!r})", f"sys.exit({ends})"]
        (folder / name).write_text("\n".join([f"#!{sys.executable}", *lines]))
        (folder / name).chmod(0o755)
    return subprocess.run([sys.executable, AUDIT, folder], capture_output=True, text=True, check=False)


def listed(*dependencies):
    return json.dumps({"dependencies": dependencies, "fixes": []})


@pytest.mark.parametrize(
    ("said", "code", "expected", "words", "in_order"),
    [
        ({"out": listed(KNOWN)}, 0, "pip-audit: nothing found in 1 packages", "", True),
        ({"out": listed(KNOWN, SKIPPED)}, 0, "nothing found in 1 packages", "1 of 2 packages, left out: numpy", True),
        ({"out": listed(SKIPPED)}, 0, "zizmor: nothing found", "1 of 1 packages, left out: all", False),
        ({"out": listed(KNOWN, FOUND), "code": 1}, 1, "zizmor: nothing found", "jinja2 3.0: PYSEC-1", False),
        ({"err": "ConnectionError: Max retries exceeded", "code": 1}, 0, "zizmor", "no network here, left out", False),
        ({"err": "ValueError: a line is wrong", "code": 1}, 1, "zizmor: nothing found", "a line is wrong", False),
        ({"out": listed(KNOWN), "zizmor": 14}, 1, "in 1 packages", "findings", True),
    ],
    ids=["known", "some", "nobody", "found", "no network", "broken", "workflows"],
)
def test_it_says_what_was_looked_at(tmp_path, said, code, expected, words, in_order):
    done = audited(tmp_path, **said)
    assert done.returncode == code, done.stderr
    assert expected in done.stdout
    assert words in done.stderr
    assert ("pip-audit: nothing found" in done.stdout) is in_order
