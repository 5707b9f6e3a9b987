"""Where a network uses its activation layers: hidden, at the output, in a gate or in an attention.

Forward passes on a few rows are followed, function by function: of every tensor it is noted which uses of activations
it is, up to a change of shape or of each number by itself, and which it was computed from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

HIDDEN = "hidden"
OUTPUT = "at the output"
GATE = "in a gate"
ATTENTION = "in an attention"
UNUSED = "not used"

_PRODUCTS = ("mul", "multiply", "addcmul", "lerp")
_CONTRACTIONS = ("matmul", "bmm", "mm", "baddbmm", "einsum", "scaled_dot_product_attention")
_ROLES = dict.fromkeys(_PRODUCTS, GATE) | dict.fromkeys(_CONTRACTIONS, ATTENTION)
_JOINED = ("cat", "concat", "concatenate", "stack", "hstack", "vstack")
_LOOKED_UP = ("embedding", "embedding_bag")

Use = tuple[int, int]
"""A layer by its id, and which of its calls."""


@dataclass(frozen=True)
class _Facts:
    """What is known of a tensor."""

    tensor: Tensor
    """Held, so that its id stays its own."""
    same: frozenset[Use] = frozenset()
    """The uses whose output it is, in another shape or scale at most."""
    after: frozenset[Use] = frozenset()
    """The uses that it was computed from."""
    computed: bool = False
    """Whether its numbers depend on the inputs: it is neither a constant nor a mask."""


class _Tracer(TorchFunctionMode):
    """Follows a forward pass."""

    def __init__(self, inputs: object) -> None:
        super().__init__()
        self.roles: dict[Use, str] = {}
        self._known = {id(t): _Facts(t, computed=t.is_floating_point()) for t in _tensors(inputs)}
        self._calls: dict[int, int] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [self._of(tensor) for tensor in _tensors((args, kwargs))]
        answer = func(*args, **kwargs)
        name = getattr(func, "__name__", "").strip("_").removeprefix("r").removeprefix("i")
        if name in _ROLES:
            self._multiplied(given, _ROLES[name])
        after = frozenset[Use]().union(*(one.after for one in given))
        depends = name in _LOOKED_UP or any(one.computed for one in given)
        for tensor in _tensors(answer):
            computed = depends and tensor.is_floating_point()
            self._known[id(tensor)] = _Facts(tensor, _unchanged(name, given, tensor), after, computed)
        return answer

    def used(self, layer: nn.Module, _: object, output: object) -> None:
        """Take note that a layer gave an output; a forward hook."""
        if isinstance(output, Tensor):
            self._calls[id(layer)] = self._calls.get(id(layer), 0) + 1
            use = (id(layer), self._calls[id(layer)])
            self.roles[use] = HIDDEN
            self._known[id(output)] = _Facts(output, frozenset({use}), self._of(output).after | {use}, True)

    def answered(self, answer: object) -> None:
        """Take note of what the network puts out."""
        for tensor in _tensors(answer):
            self.roles |= dict.fromkeys(self._of(tensor).same, OUTPUT)

    def _of(self, tensor: Tensor) -> _Facts:
        """Return what is known of a tensor; one from a function out of sight counts by its own graph."""
        return self._known.get(id(tensor)) or _Facts(tensor, computed=tensor.grad_fn is not None)

    def _multiplied(self, given: Sequence[_Facts], role: str) -> None:
        """Note the uses that meet a number computed from something else than their own output."""
        for place, one in enumerate(given):
            others = [*given[:place], *given[place + 1 :]]
            for use in one.same:
                if any(other.computed and use not in other.after for other in others):
                    self.roles[use] = role


def roles(
    layers: Sequence[nn.Module], inputs: object, forwards: Sequence[Callable[[], object]]
) -> list[frozenset[str]]:
    """Return how some layers are used in forward passes, each by all its uses.

    Args:
        layers: those of interest; their hooks are as before afterwards.
        inputs: what the network is run on.
        forwards: each runs it once on these inputs and returns what it answers.

    """
    found: dict[int, set[str]] = {id(layer): set() for layer in layers}
    for forward in forwards:
        tracer = _Tracer(inputs)
        hooks = [layer.register_forward_hook(tracer.used) for layer in layers]
        try:
            with tracer:
                answer = forward()
        finally:
            for hook in hooks:
                hook.remove()
        tracer.answered(answer)
        for (layer, _), role in tracer.roles.items():
            found[layer].add(role)
    return [frozenset(found[id(layer)] or {UNUSED}) for layer in layers]


def _unchanged(name: str, given: Sequence[_Facts], tensor: Tensor) -> frozenset[Use]:
    """Return the uses that a function's answer still is, where it changes shapes, or each number by itself."""
    if name in _JOINED:
        return frozenset[Use]().union(*(one.same for one in given))
    if len(given) != 1:
        return frozenset()
    # A slice is a view; a mean, a maximum or a sum over some axis is not.
    whole = tensor.numel() >= given[0].tensor.numel() or tensor._is_view()
    return given[0].same if whole else frozenset()


def _tensors(tree: Any) -> Iterator[Tensor]:
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, Mapping):
        yield from _tensors(list(tree.values()))
    elif isinstance(tree, tuple | list):
        for part in tree:
            yield from _tensors(part)
    elif is_dataclass(tree) and not isinstance(tree, type):
        yield from _tensors([getattr(tree, own.name, None) for own in fields(tree)])
