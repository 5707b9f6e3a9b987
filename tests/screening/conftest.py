"""Fixtures of the tests of whole runs."""

import pytest

from lyapscreen.screening.run_directory import read_lines
from tests.helpers.runs import rank


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A finished run, and what it wrote."""
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    done = rank("--jobs", "1", "--run", str(run), "--csv", str(run.with_suffix(".csv")))
    assert done.exit_code == 0, done.stderr
    assert len({(line.rung, line.batch) for line in read_lines(run)[0]}) > 4, "the case has to have many batches"
    return run, run.with_suffix(".csv").read_bytes()
