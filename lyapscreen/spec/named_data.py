"""The datasets that are there by name."""

from __future__ import annotations

NAMED_DATA = ("digits", "breast-cancer", "wine", "diabetes", "moons", "friedman1", "xor")
"""They come with scikit-learn or are made by it: no network is needed."""
