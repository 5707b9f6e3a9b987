"""Faults on purpose: `python -m tests.faults` kills, fills, limits, corrupts and fuzzes, and counts what went wrong."""
