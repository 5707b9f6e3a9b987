"""Trained weights as a file that torch loads."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

from lyapscreen.errors import SettingError
from lyapscreen.results.row import Row
from lyapscreen.screening.confirmation import best_weights
from lyapscreen.screening.trained import Weights


def state_dict(row: Row | None, weights: Mapping[str, tuple[Weights, ...]], keep: str) -> bytes:
    """Return the weights of the seed of a row that trained best, as `torch.save` writes a state_dict.

    Args:
        row: the configuration recommended; None where there is none.
        weights: of the configurations that were confirmed, by configuration and seed.
        keep: the checkpoint they are of, `best` or `last`.

    Raises:
        SettingError: there are none: nothing was confirmed.

    """
    import torch

    found = None if row is None else best_weights(row, weights, keep)
    if found is None:
        rule = "there are no trained weights of the recommended configuration"
        raise SettingError("save", "", rule, "Confirm the best with --confirm 3")
    whole = BytesIO()
    torch.save({name: torch.from_numpy(array) for name, array in found.items()}, whole)
    return whole.getvalue()
