"""Libraries that a test is about, and that not every environment has."""

from importlib.metadata import PackageNotFoundError, version

import pytest
from packaging.version import Version


def require(distribution, least="0"):
    """Skip all tests of a module unless a library is installed, at least in a version; the reason names it."""
    try:
        found = version(distribution)
    except PackageNotFoundError:
        pytest.skip(f"{distribution} is not installed: make test-integrations", allow_module_level=True)
    if Version(found) < Version(least):
        pytest.skip(f"{distribution} {found} is older than {least}", allow_module_level=True)
