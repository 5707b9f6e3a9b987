"""Named seeds: every random draw of a candidate has a generator of its own, named by what it draws."""

from __future__ import annotations

import hashlib


def named_seed(seed: int, name: str) -> int:
    """Return the seed of the generator that draws `name` for a candidate's seed, in 0 .. 2^63-1.

    Distinct names give independent draws, so that adding a new one never shifts the others.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
