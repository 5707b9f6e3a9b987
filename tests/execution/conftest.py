"""Fixtures of the tests of engines."""

import pytest

from tests.helpers.clusters import DaskCluster
from tests.helpers.runs import outputs


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One with two workers, for those that do it no harm."""
    found = DaskCluster(tmp_path_factory.mktemp("cluster"))
    try:
        found.worker("one")
        found.worker("two")
        yield found
    finally:
        found.stop()


@pytest.fixture
def mortal(tmp_path):
    """One with a single worker, to be killed."""
    found = DaskCluster(tmp_path)
    try:
        found.first = found.worker("first")
        yield found
    finally:
        found.stop()


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """What one process writes: CSV and JSON."""
    return outputs(tmp_path_factory.mktemp("unbroken"), "--jobs", "1")
