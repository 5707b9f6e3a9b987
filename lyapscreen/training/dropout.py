"""Dropout by masks drawn beforehand: one a seed and step, shared by the seed's candidates.

A forward pass is run once to see which dropouts it calls on which shapes. From then on every step
draws its masks from a generator named by seed and step, and a forward pass is handed them in the
order of its calls: no global generator is used, and what a mask is does not depend on the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest import mock

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  its customary name
from torch.overrides import TorchFunctionMode

from lyapscreen.errors import ModelError

_ATTENTION = F.scaled_dot_product_attention

_ALPHA = -1.7580993408473766
"""What selu tends to for very negative inputs: alpha dropout puts this in place of what it drops (arXiv 1706.02515)."""


@dataclass(frozen=True)
class Call:
    """One dropout that a forward pass calls."""

    shape: tuple[int, ...]
    """Of the mask, rows first; it is broadcast against the input."""
    p: float
    """Share dropped."""


_BY_ELEMENT = (F.dropout, torch.dropout)
_BY_CHANNEL = (F.dropout1d, F.dropout2d, F.dropout3d)
_ALPHAS = (F.alpha_dropout, F.feature_alpha_dropout)
_WITH_DROPOUT_INSIDE = {torch.lstm: "nn.LSTM", torch.gru: "nn.GRU", torch.rnn_tanh: "nn.RNN", torch.rnn_relu: "nn.RNN"}


class _Dropouts(TorchFunctionMode):
    """Hands every dropout called inside to `apply(input, p, by channel, alpha)`."""

    def __init__(self, apply: Callable[[Tensor, float, bool, bool], Tensor]) -> None:
        super().__init__()
        self.apply = apply

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _BY_ELEMENT or func in _BY_CHANNEL or func in _ALPHAS:
            return self._dropout(func, *args, **kwargs)
        if func is F.scaled_dot_product_attention:
            return self._attention(*args, **kwargs)
        if func in _WITH_DROPOUT_INSIDE and _dropout_inside(args):
            name = _WITH_DROPOUT_INSIDE[func]
            raise ModelError(
                "model", f"{name}(dropout=...)", "its dropout is drawn inside a kernel, where it cannot be controlled",
                "Stack single layers with nn.Dropout between them",
            )  # fmt: skip
        if func is F.multi_head_attention_forward:
            # Its body calls both by their names in torch.nn.functional, where a mode no longer sees them.
            inside: dict[str, Any] = {
                "dropout": partial(self._dropout, F.dropout),
                "scaled_dot_product_attention": self._attention,
            }
            with mock.patch.multiple(F, **inside):
                return func(*args, **kwargs)
        return func(*args, **kwargs)

    def _dropout(self, func: Any, values: Any, p: float = 0.5, training: bool = True, *_: Any, **__: Any) -> Tensor:
        if not training or p == 0:
            return values  # type: ignore[no-any-return]
        by_channel = func in _BY_CHANNEL or func is F.feature_alpha_dropout
        return self.apply(values, p, by_channel, func in _ALPHAS)

    def _attention(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
        is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
    ) -> Tensor:  # fmt: skip
        if dropout_p == 0:
            return _ATTENTION(query, key, value, attn_mask, 0.0, is_causal, scale=scale, enable_gqa=enable_gqa)
        # The formula of torch's documentation, with the dropout in our hands.
        scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
        if is_causal:
            past = torch.ones_like(scores, dtype=torch.bool).tril()
            scores = scores.masked_fill(~past, -torch.inf)
        if attn_mask is not None:
            scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
        return self.apply(torch.softmax(scores, -1), dropout_p, False, False) @ value


def calls(forward: Callable[[], object]) -> tuple[Call, ...]:
    """Return the dropouts that a forward pass calls, in their order."""
    found: list[Call] = []

    def note(values: Tensor, p: float, by_channel: bool, _: bool) -> Tensor:
        shape = tuple(values.shape)
        found.append(Call(shape[:2] + (1,) * (values.dim() - 2) if by_channel else shape, p))
        return values

    with _Dropouts(note):
        forward()
    return tuple(found)


def masks(of: Sequence[Call], seed: int) -> list[Tensor]:
    """Draw what each call keeps: bool tensors, True with probability 1 - p."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.rand(call.shape, generator=generator, dtype=torch.float64) >= call.p for call in of]


def replayed(given: Sequence[Tensor]) -> TorchFunctionMode:
    """Return a context in which the dropouts called use these masks, in order.

    Raises:
        ModelError: inside, when more dropouts are called than there are masks.

    """
    waiting: Iterator[Tensor] = iter(given)

    def use(values: Tensor, p: float, _: bool, alpha: bool) -> Tensor:
        keep = next(waiting, None)
        if keep is None:
            found = "it calls dropout more often than in its first pass"
            raise ModelError("model", "forward", found, "Let it take the same path each time")
        if p >= 1:
            return values * 0
        if not alpha:
            return values * keep / (1 - p)
        # Scale and shift keep mean 0 and variance 1.
        scale = 1 / math.sqrt((1 - p) * (1 + p * _ALPHA**2))
        return torch.where(keep, values, _ALPHA) * scale - _ALPHA * scale * p

    return _Dropouts(use)


def _dropout_inside(args: Sequence[object]) -> bool:
    """Tell whether a recurrent kernel drops out: its arguments hold (..., dropout, train, ...)."""
    floats = [argument for argument in args if isinstance(argument, float)]
    switches = [argument for argument in args if isinstance(argument, bool)]
    return bool(floats) and floats[0] > 0 and len(switches) > 1 and switches[1]
