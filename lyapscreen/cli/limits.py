"""Limits of the process that are known to be too low before anything is loaded."""

from __future__ import annotations

from lyapscreen.errors import EnvironmentFailure

LEAST_ADDRESSES = 1000 * 2**20
"""Bytes of address space without which torch cannot be loaded; with less the C++ library aborts the process."""


def require_memory() -> None:
    """Refuse to load torch where it would end the process.

    Raises:
        EnvironmentFailure: the address space is limited (`ulimit -v`) to less than that takes.

    """
    try:
        import resource
    except ImportError:  # Windows has no such limits
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit not in (resource.RLIM_INFINITY, -1) and limit < LEAST_ADDRESSES:
        has, takes = limit // 2**20, LEAST_ADDRESSES // 2**20
        raise EnvironmentFailure(f"the memory is limited to {has} MiB (ulimit -v), and torch alone takes {takes} MiB.")
