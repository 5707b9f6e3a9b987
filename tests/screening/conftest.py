"""Fixtures of the tests of whole runs."""

import pytest

from lyapscreen.screening import full_training
from lyapscreen.screening.run_directory import read_lines
from tests.helpers.confirmations import BEST, confirmed
from tests.helpers.runs import rank


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A finished run, and what it wrote."""
    run = tmp_path_factory.mktemp("runs") / "unbroken"
    done = rank("--jobs", "1", "--run", str(run), "--csv", str(run.with_suffix(".csv")))
    assert done.exit_code == 0, done.stderr
    assert len({(line.rung, line.batch) for line in read_lines(run)[0]}) > 4, "the case has to have many batches"
    return run, run.with_suffix(".csv").read_bytes()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A folder with a finished run, and the bytes of all it wrote."""
    folder = tmp_path_factory.mktemp("finished")
    done, written = confirmed(folder, *BEST)
    assert done.exit_code == 0, done.stderr
    assert len(written) == 5
    return folder, written


@pytest.fixture
def trained(monkeypatch):
    """The configurations of every batch that is trained fully, as they come."""
    found = []

    def train_batch(spec, data, batch, **more):
        found.append(batch.candidates)
        return as_ever(spec, data, batch, **more)

    as_ever = full_training.train_batch
    monkeypatch.setattr(full_training, "train_batch", train_batch)
    return found
