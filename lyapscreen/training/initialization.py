"""The weights of a finished module drawn anew for a seed, as its own constructor drew them, or not at all."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lyapscreen.errors import ModelError
from lyapscreen.training import reproduction

FIX = "Pass the factory that builds it, or keep its weights with --init keep"


@dataclass(frozen=True)
class Initialization:
    """A way to draw a module's weights that reproduces how it was made."""

    name: str
    """The model as a message calls it."""
    first_draw_counts: bool = True
    """Whether a weight that several layers share is the first one's draw, else the last one's."""

    @classmethod
    def of(cls, module: nn.Module, name: str) -> Initialization:
        """Return the way that gives weights like those the module holds; nothing is changed.

        Raises:
            ModelError: no way does: a weight has no layer that draws it, or was drawn in another way.

        """
        current = _drawn(module)
        count, first = _repeats(current), None
        for way in (cls(name), cls(name, first_draw_counts=False)):
            difference = reproduction.difference(current, way._draws(module, count))
            if difference is None:
                return way
            first = first or difference
        assert first is not None
        before, after = first.deviations
        rule = (
            f"its {first.name} holds values of standard deviation {before:.3g}, but drawn anew by its layers' "
            f"reset_parameters they have {after:.3g}, so that this is not how it was initialised"
        )
        raise ModelError("model", name, rule, FIX)

    def draw(self, module: nn.Module) -> None:
        """Draw all trainable weights of a module from torch's generator, inner layers first, as constructors do.

        Frozen weights stay, and so do the buffers of layers that have no weights to train.

        Raises:
            ModelError: a weight has no layer that draws it.

        """
        kept = [(values, values.detach().clone()) for values in _kept(module)]
        shared: set[int] = set()
        with torch.no_grad():
            for weight in module.parameters():
                if weight.requires_grad:
                    weight.fill_(torch.nan)
            for path, layer in _inner_first(module):
                reset = getattr(layer, "reset_parameters", None) or getattr(layer, "_reset_parameters", None)
                if callable(reset) and any(weight.requires_grad for weight in layer.parameters()):
                    self._reset(path, layer, reset, shared)
            for values, before in kept:
                values.copy_(before)
        for path, weight in module.named_parameters():
            if weight.requires_grad and weight.isnan().any():
                rule = f"the layer of its weight {path} has no reset_parameters that draws it"
                raise ModelError("model", self.name, rule, FIX)

    def _reset(self, path: str, layer: nn.Module, reset: Callable[[], object], shared: set[int]) -> None:
        own = list(layer.parameters(recurse=False))
        before = [(w, w.clone()) for w in own if self.first_draw_counts and id(w) in shared]
        try:
            reset()
        except Exception as error:
            said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
            rule = f"its {path or 'reset_parameters'} cannot be drawn anew ({said})"
            raise ModelError("model", self.name, rule, FIX) from error
        for weight, drawn in before:
            weight.copy_(drawn)
        shared.update(map(id, own))

    def _draws(self, module: nn.Module, count: int) -> list[dict[str, Tensor]]:
        trial, found = copy.deepcopy(module), []
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            for _ in range(count):
                self.draw(trial)
                found.append(_drawn(trial))
        return found


def _drawn(module: nn.Module) -> dict[str, Tensor]:
    """Return what a draw sets, at most some thousand values each: weights to train and their layers' buffers."""
    found = {f"weight {name}": w for name, w in module.named_parameters() if w.requires_grad}
    for path, layer in module.named_modules():
        if any(weight.requires_grad for weight in layer.parameters(recurse=False)):
            own = layer.named_buffers(path, recurse=False)
            found |= {f"buffer {name}": buffer for name, buffer in own if buffer.is_floating_point()}
    return {name: reproduction.sample(values) for name, values in found.items()}


def _kept(module: nn.Module) -> Iterator[Tensor]:
    yield from (weight for weight in module.parameters() if not weight.requires_grad)
    for layer in module.modules():
        if not any(weight.requires_grad for weight in layer.parameters(recurse=False)):
            yield from layer.buffers(recurse=False)


def _repeats(current: dict[str, Tensor]) -> int:
    """Return how many draws to compare with: few are enough where there are many values."""
    count = sum(values.numel() for values in current.values())
    return max(4, min(32, 200_000 // max(count, 1)))


def _inner_first(module: nn.Module, path: str = "", seen: set[int] | None = None) -> Iterator[tuple[str, nn.Module]]:
    seen = set() if seen is None else seen
    if id(module) in seen:
        return
    seen.add(id(module))
    for key, child in module.named_children():
        yield from _inner_first(child, f"{path}.{key}".removeprefix("."), seen)
    yield path, module
