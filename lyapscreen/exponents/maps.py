"""A map of one state as a map of a batch of states, and its tangent.

    states, t -> Phi_t(states)        states, tangents, t -> Phi_t(states), DPhi_t(states) tangents

A state is any nesting of dicts, tuples and lists of tensors. A batch of states has the same
structure, the states along the first axis of every tensor. Only floating tensors can be perturbed;
others (a counter, the index of a run into noise drawn beforehand) are carried along. A tangent has
the structure of the states, each floating tensor as [states, numbers] and each other one empty,
[states, 0].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor
from torch.func import jvp, vmap

from lyapscreen.exponents import trees

Tree = TypeVar("Tree")

StepOne = Callable[[Any, int], Any]
"""`step(state, t) -> state` of one state."""


class Map(Protocol):
    """What estimators drive: a batch of states, step by step."""

    def step(self, state: Any, t: int, /) -> tuple[Any, Any]:
        """Return the states after step t, and what the map reports of that step."""

    def push(self, state: Any, tangent: Any, t: int, /) -> tuple[Any, Any, Any]:
        """Return states and tangents after step t, and what the map reports of that step."""


@dataclass(frozen=True)
class BatchedMap:
    """The map of a batch of states that each follow the same `step(state, t) -> state`.

    Noise has to be drawn beforehand and looked up by t: a step that draws random numbers is refused
    by torch, for a trajectory and what it is compared with must meet the same noise.
    """

    one: StepOne

    def step(self, states: Tree, t: int) -> tuple[Tree, tuple[()]]:
        """Return the states after step t; it reports nothing."""
        after: Tree = vmap(lambda state: self.one(state, t))(states)
        return after, ()

    def push(self, states: Tree, tangents: Tree, t: int) -> tuple[Tree, Tree, tuple[()]]:
        """Return states and tangents after step t, by forward mode."""
        leaves, spec = trees.tree_flatten(states)
        moving = [leaf.is_floating_point() for leaf in leaves]
        resting = [not moves for moves in moving]
        vectors = [
            vector.reshape(leaf.shape)
            for leaf, vector, moves in zip(leaves, trees.tree_leaves(tangents), moving, strict=True)
            if moves
        ]

        def push_one(values: list[Tensor], still: list[Tensor], along: list[Tensor]) -> Any:
            def step(values: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
                value, rest = iter(values), iter(still)
                whole = [next(value) if moves else next(rest) for moves in moving]
                results = trees.tree_leaves(self.one(trees.tree_unflatten(whole, spec), t))
                return _picked(results, moving), _picked(results, resting)

            return jvp(step, (values,), (along,), has_aux=True)

        # vmap goes outside: torch 2.13's forward mode over a batched layer norm or batch norm is silently wrong.
        pushed: Any = vmap(push_one)(_picked(leaves, moving), _picked(leaves, resting), vectors)
        values, pushes, rest = (iter(part) for part in pushed)
        after = [next(values) if moves else next(rest) for moves in moving]
        vectors = [flat(next(pushes)) if moves else empty(leaf) for leaf, moves in zip(after, moving, strict=True)]
        return trees.tree_unflatten(after, spec), trees.tree_unflatten(vectors, spec), ()


def flat(leaf: Tensor) -> Tensor:
    """Return a tensor [states, ...] as [states, numbers]."""
    return leaf.reshape(len(leaf), -1)


def empty(leaf: Tensor) -> Tensor:
    """Return the tangent of a tensor [states, ...] that cannot be perturbed, [states, 0]."""
    return torch.empty(len(leaf), 0, device=leaf.device)


def floating(states: Any) -> list[Tensor]:
    """Return the tensors that can be perturbed, each as [states, numbers]."""
    return [flat(leaf) for leaf in trees.tree_leaves(states) if leaf.is_floating_point()]


def dimension(states: Any) -> int:
    """Return how many numbers of a state can be perturbed."""
    return sum(leaf.shape[1] for leaf in floating(states))


def rounding(states: Any) -> float:
    """Return the coarsest relative rounding among the tensors that can be perturbed."""
    return max(torch.finfo(leaf.dtype).eps for leaf in floating(states))


def all_finite(states: Any) -> Tensor:
    """Tell which states hold finite numbers only, [states]."""
    return torch.stack([leaf.isfinite().all(dim=1) for leaf in floating(states)]).all(dim=0)


def directions(states: Tree, seed: int, k: int) -> Tree:
    """Return k standard normal tangents, [k, states, numbers] in every tensor.

    They are the same for every state, so that a batch finds what each state finds alone.
    """

    def alike(leaf: Tensor) -> Tensor:
        first = flat(leaf[:1]) if leaf.is_floating_point() else empty(leaf[:1])
        return first.expand(k, *first.shape)

    drawn = trees.drawn_like(trees.tree_map(alike, states), seed)
    result: Tree = trees.tree_map(lambda vector, leaf: vector.expand(-1, len(leaf), -1), drawn, states)
    return result


def _picked(leaves: list[Tensor], which: list[bool]) -> list[Tensor]:
    return [leaf for leaf, wanted in zip(leaves, which, strict=True) if wanted]
