"""What every candidate trains on and is measured on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

Task = Literal["classification", "regression", "multi-label"]
Kind = Literal["numbers", "images", "tokens", "sequences"]
"""numbers [rows, inputs], images [rows, channels, height, width], tokens [rows, length] (whole numbers), sequences
[rows, length, channels]."""


@dataclass(frozen=True)
class Dataset:
    """Encoded, split and scaled data; whatever was learnt for it was learnt from the training part."""

    name: str
    """The dataset, path or function as given, or `arrays`."""
    task: Task
    """What is learnt."""
    x_train: np.ndarray
    """[n_train, *input_shape] in the spec's dtype; each input (number, or channel) has mean 0 and variance 1, or is 0
    where constant. Tokens are int64, and not scaled."""
    y_train: np.ndarray
    """Class indices, int64 [n_train], or [n_train, *positions] with -100 where there is none; or the spec's dtype
    [n_train, outputs], for a regression with mean 0 and variance 1, for several labels 0 and 1."""
    x_held_out: np.ndarray
    """[n_held_out, *input_shape], encoded and scaled as the training part."""
    y_held_out: np.ndarray
    """As `y_train`, scaled as the training part."""
    n_outputs: int
    """Number of classes, or of targets."""
    notices: tuple[str, ...]
    """What was guessed or changed that a person should know."""
    inputs: Kind = "numbers"
    """What one row of x is."""
    vocabulary: int = 0
    """Tokens only: one more than the largest token of both parts."""
    warnings: tuple[str, ...] = ()
    """What a person should look at before trusting a result."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row of x."""
        return self.x_train.shape[1:]

    @property
    def of_positions(self) -> bool:
        """Whether each row has a class at every position."""
        return self.task == "classification" and self.y_train.ndim > 1

    @property
    def n_inputs(self) -> int:
        """What a factory gets as `n_inputs`: how many inputs, channels (images, sequences) or tokens there are."""
        if self.inputs == "tokens":
            return self.vocabulary
        return self.input_shape[-1 if self.inputs == "sequences" else 0]

    def digest(self) -> str:
        """Return the SHA-256 of the arrays: two files of one name differ in it."""
        digest = hashlib.sha256(self.task.encode())
        for array in (self.x_train, self.y_train, self.x_held_out, self.y_held_out):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
