"""A short part of `python -m tests.faults`: nothing is wrong."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/proc/self/stat").exists() or not hasattr(os, "fork"), reason="needs fork and /proc")
def test_a_short_part_of_the_fault_harness_finds_nothing_wrong():
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults", "--short"]
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    rows = re.findall(r"^(\S.*?) +(\d+) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    assert len(rows) == 9
    assert all(tried == survived and wrong == "0" for _, tried, survived, wrong in rows)
