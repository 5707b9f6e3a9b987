"""What every candidate trains on and is measured on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

import numpy as np

Task = Literal["classification", "regression", "multi-label"]
Inputs = np.ndarray | tuple[np.ndarray, ...] | dict[str, np.ndarray]
"""What a network is called with: one array, several by position, or several by name."""

Kind = Literal["numbers", "images", "tokens", "sequences", "several"]
"""numbers [rows, inputs], images [rows, channels, height, width], tokens [rows, length] (whole numbers), sequences
[rows, length, channels]; several: more than one array, or some by name."""


def arrays_of(inputs: Inputs) -> list[np.ndarray]:
    """Return the arrays that inputs consist of."""
    if isinstance(inputs, np.ndarray):
        return [inputs]
    return list(inputs.values() if isinstance(inputs, dict) else inputs)


@dataclass(frozen=True)
class Dataset:
    """Encoded, split and scaled data; whatever was learnt for it was learnt from the training part."""

    name: str
    """The dataset, path or function as given, or `arrays`."""
    task: Task
    """What is learnt."""
    x_train: Inputs
    """[n_train, *input_shape] in the spec's dtype; each input (number, or channel) has mean 0 and variance 1, or is 0
    where constant. Tokens are int64, and not scaled; nor are several arrays, whose whole numbers and booleans stay."""
    y_train: np.ndarray
    """Class indices, int64 [n_train], or [n_train, *positions] with -100 where there is none; or the spec's dtype
    [n_train, outputs], for a regression with mean 0 and variance 1, for several labels 0 and 1."""
    x_held_out: Inputs
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
    """Tokens only: one more than the largest token of both parts; of several inputs, in the first."""
    warnings: tuple[str, ...] = ()
    """What a person should look at before trusting a result."""

    @property
    def train_rows(self) -> int:
        """Number of rows that are trained on."""
        return len(self.y_train)

    @property
    def held_out_rows(self) -> int:
        """Number of rows that are held out."""
        return len(self.y_held_out)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one row of x; of several inputs, of the first."""
        return arrays_of(self.x_train)[0].shape[1:]

    @property
    def of_positions(self) -> bool:
        """Whether each row has a class at every position."""
        return self.task == "classification" and self.y_train.ndim > 1

    @property
    def n_inputs(self) -> int:
        """What a factory gets as `n_inputs`: how many inputs, channels (images, sequences) or tokens there are.

        Of several inputs it is of the first: how many tokens if it is of whole numbers, else its second axis.
        """
        if self.vocabulary:
            return self.vocabulary
        return (*self.input_shape, 1)[-2 if self.inputs == "sequences" else 0]

    def digest(self) -> str:
        """Return the SHA-256 of the arrays: two files of one name differ in it."""
        digest = hashlib.sha256(self.task.encode())
        if not isinstance(self.x_train, np.ndarray):
            digest.update(f"{list(self.x_train) if isinstance(self.x_train, dict) else len(self.x_train)}".encode())
        parts = (*arrays_of(self.x_train), self.y_train, *arrays_of(self.x_held_out), self.y_held_out)
        for array in parts:
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
