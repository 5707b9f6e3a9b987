"""Two networks that a user might bring, with their data: a character transformer, and an autoencoder of digits."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

Activation = Callable[[], nn.Module]

DESCRIPTIONS = (
    "breast_cancer", "california_housing", "covtype", "diabetes", "digits", "iris", "kddcup99", "lfw", "linnerud",
    "olivetti_faces", "rcv1", "species_distributions", "twenty_newsgroups", "wine_data",
)  # fmt: skip
"""Scikit-learn's descriptions of its data sets: English text that is installed with it."""

LENGTH = 8
"""Letters that the next one is predicted from."""

STRIDE = 6
"""Letters between the beginnings of two rows."""


def text() -> str:
    """Return the descriptions in small letters, everything else made one space: an alphabet of 27."""
    folder = files("sklearn.datasets.descr")
    whole = " ".join((folder / f"{name}.rst").read_text(encoding="utf-8") for name in DESCRIPTIONS)
    return re.sub("[^a-z]+", " ", whole.lower())


def letters() -> tuple[np.ndarray, np.ndarray]:
    """Return rows of letters as whole numbers [rows, LENGTH], and the letter that follows each."""
    codes = np.array([0 if letter == " " else ord(letter) - ord("a") + 1 for letter in text()])
    windows = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)[::STRIDE]
    return windows[:, :-1].copy(), windows[:, -1].copy()


class Transformer(nn.Module):
    """One layer of a transformer, whose last position predicts the next letter."""

    def __init__(self, activation: Activation, n_inputs: int, n_outputs: int, width: int = 16) -> None:
        super().__init__()
        self.embedding = nn.Embedding(n_inputs, width)
        self.position = nn.Parameter(0.02 * torch.randn(LENGTH, width))
        self.layer = nn.TransformerEncoderLayer(
            width, nhead=2, dim_feedforward=2 * width, dropout=0.0, activation=activation(), batch_first=True
        )
        self.head = nn.Linear(width, n_outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the logits [rows, outputs] of tokens [rows, LENGTH]."""
        logits: Tensor = self.head(self.layer(self.embedding(tokens) + self.position)[:, -1])
        return logits


def images() -> tuple[np.ndarray, np.ndarray]:
    """Return the digits as images [rows, 1, 8, 8], and their mean ink, which nobody learns."""
    digits = load_digits().images
    return digits[:, None], digits.mean((1, 2))


class Autoencoder(nn.Module):
    """An autoencoder through eight numbers, whose output is how far each image is from its reconstruction.

    A data set has one target a row, so the network itself compares: its output [rows, 1] is the root mean square
    error of a row, and `squared` makes of it the mean squared error of all pixels.
    """

    def __init__(self, activation: Activation, n_inputs: int, n_outputs: int) -> None:
        super().__init__()
        self.reconstruct = nn.Sequential(
            nn.Flatten(),
            nn.Linear(64, 32), activation(), nn.Linear(32, 8), activation(),
            nn.Linear(8, 32), activation(), nn.Linear(32, 64),
        )  # fmt: skip

    def forward(self, images: Tensor) -> Tensor:
        """Return the distances [rows, 1] of images [rows, 1, 8, 8]."""
        apart: Tensor = self.reconstruct(images) - images.flatten(1)
        return apart.square().mean(1, keepdim=True).sqrt()


def squared(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean squared error of reconstructions at these distances; the targets play no part."""
    return outputs.square().mean()
