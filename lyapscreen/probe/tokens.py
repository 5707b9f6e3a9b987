"""Whole numbers as tokens, where nobody said so: for a network that looks its inputs up in an embedding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  its customary name
from torch.overrides import TorchFunctionMode

from lyapscreen import data
from lyapscreen.data import Dataset
from lyapscreen.data.dataset import arrays_of
from lyapscreen.errors import DataError, ModelError
from lyapscreen.spec import user_code
from lyapscreen.spec.candidates import configurations
from lyapscreen.spec.spec import Spec
from lyapscreen.training.building import build_modules

ROWS = 4
NOTICE = "inputs: tokens, since the network looks X up in an embedding; --inputs numbers overrides this"


def load(spec: Spec) -> Dataset:
    """Return the data set of a spec; as tokens where its inputs are whole numbers that the network itself looks up.

    That is decided by one forward pass: the tensor of inputs reaches `embedding` as it is.

    Raises:
        DataError: as for `data.load`.

    """
    found = data.load(spec)
    own = not isinstance(spec.model, str) or user_code.names_code(spec.model)
    if spec.inputs != "auto" or not own or found.inputs != "numbers" or not _has_embedding(spec, found):
        return found
    try:
        tokens = data.load(spec.model_copy(update={"inputs": "tokens"}))
    except DataError as error:
        if error.setting == "inputs":  # fractions, or numbers below 0
            return found
        raise
    return replace(tokens, notices=(NOTICE, *tokens.notices)) if _looked_up(spec, tokens) else found


def _has_embedding(spec: Spec, dataset: Dataset) -> bool:
    if isinstance(spec.model, nn.Module):
        return any(isinstance(layer, nn.Embedding | nn.EmbeddingBag) for layer in spec.model.modules())
    try:
        module = _built(spec, dataset)
    except ModelError:  # reported where the model is looked at
        return False
    return any(isinstance(layer, nn.Embedding | nn.EmbeddingBag) for layer in module.modules())


def _looked_up(spec: Spec, dataset: Dataset) -> bool:
    """Tell whether the inputs themselves are what an embedding is given."""
    inputs = torch.from_numpy(arrays_of(dataset.x_train)[0][:ROWS]).clone()  # a forward pass may change them
    watch = _Lookups(inputs)
    try:
        with watch, torch.no_grad():
            _built(spec, dataset)(inputs)
    except Exception:
        return watch.found
    return watch.found


def _built(spec: Spec, dataset: Dataset) -> nn.Module:
    """Return the network of the first seed and activation, in evaluation mode."""
    first = configurations(spec)[0]
    sized = spec.at_point(first.settings)
    return build_modules(sized, dataset, first.activation, spec.seeds[:1], dataset.n_outputs).evaluated


class _Lookups(TorchFunctionMode):
    """Sees whether a tensor is looked up in an embedding."""

    def __init__(self, inputs: torch.Tensor) -> None:
        super().__init__()
        self.inputs, self.found = inputs, False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in (F.embedding, F.embedding_bag, torch.embedding, torch.embedding_bag):
            self.found = self.found or any(self._is_view(part) for part in (*args, *kwargs.values()))
        return func(*args, **kwargs)

    def _is_view(self, part: object) -> bool:
        """Tell whether something is the inputs, in another shape at most."""
        return (
            isinstance(part, torch.Tensor)
            and part.data_ptr() == self.inputs.data_ptr()
            and not part.is_floating_point()
        )
