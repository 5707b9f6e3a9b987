"""What all tests of the estimators do."""

import pytest

from lyapscreen import execution


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with execution.one_thread():
        yield
