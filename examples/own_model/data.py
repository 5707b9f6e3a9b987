"""Three data sets of one's own: each function returns inputs and targets."""

import numpy as np
from sklearn.datasets import load_digits


def images():
    """Return the digits as images [rows, 1, 8, 8] and their classes."""
    digits = load_digits()
    return digits.images[:, None], digits.target


def waves(rows=600, length=24):
    """Return noisy waves [rows, length, 2] and which of three frequencies each has."""
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, rows)
    angle = (kind + 1)[:, None] * np.linspace(0, 2 * np.pi, length) + rng.uniform(0, 2 * np.pi, rows)[:, None]
    clean = np.stack([np.sin(angle), np.cos(angle)], axis=2)
    return clean + 0.3 * rng.normal(size=clean.shape), kind


def words(rows=600, length=16, vocabulary=20):
    """Return words [rows, length] of letters, and whether letter 0 or letter 1 comes more often in each."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(0, vocabulary, (rows, length))
    kind = rng.integers(0, 2, rows)
    for row, letter in enumerate(kind):
        tokens[row, rng.choice(length, 3, replace=False)] = letter
    return tokens, kind
