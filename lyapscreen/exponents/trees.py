"""Batched trees: any nesting of dicts, tuples and lists of tensors that share their first axis, the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

# torch.func is built on this module and offers no public door to it; every other file of ours comes here for it.
from torch.utils._pytree import tree_flatten, tree_leaves, tree_map, tree_structure, tree_unflatten

__all__ = [
    "divided",
    "drawn_each",
    "drawn_like",
    "normalised",
    "norms",
    "select",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_structure",
    "tree_unflatten",
    "zeros_like",
]  # fmt: skip

Tree = TypeVar("Tree")


def norms(tree: object) -> Tensor:
    """Return each candidate's Euclidean norm over all its numbers, [candidates]."""
    return _norms(tree_leaves(tree))


def normalised(tree: Tree) -> tuple[Tree, Tensor]:
    """Return the tree with each candidate's numbers scaled to norm 1, and what they were divided by [candidates].

    Numbers of norm 0 stay 0, divided by 1.
    """
    leaves, form = tree_flatten(tree)
    size = _norms(leaves)
    by = torch.where(size == 0, torch.ones_like(size), size)
    result: Tree = tree_unflatten([_divided(leaf, by) for leaf in leaves], form)
    return result, by


def divided(tree: Tree, by: Tensor) -> Tree:
    """Return the tree with each candidate's numbers divided by its entry of `by` [candidates]."""
    result: Tree = tree_map(lambda leaf: _divided(leaf, by), tree)
    return result


def select(tree: Tree, keep: Tensor) -> Tree:
    """Return the tree of the candidates that `keep` (indices or a mask) names."""
    result: Tree = tree_map(lambda leaf: leaf[keep], tree)
    return result


def zeros_like(tree: Tree) -> Tree:
    """Return a tree of zeros of the same shapes."""
    result: Tree = tree_map(torch.zeros_like, tree)
    return result


def drawn_like(tree: Tree, seed: int) -> Tree:
    """Return standard normal numbers in the tree's shapes, drawn in float64 so that every dtype gets the same."""
    result: Tree = tree_map(lambda leaf: leaf[0], drawn_each(tree, [seed]))
    return result


def drawn_each(tree: Tree, seeds: Sequence[int]) -> Tree:
    """Return what `drawn_like` draws for each of some seeds, stacked: [seeds, ...] in every tensor."""
    leaves, form = tree_flatten(tree)
    drawn = [leaf.new_empty(len(seeds), *leaf.shape) for leaf in leaves]
    wide = [torch.empty(leaf.shape, dtype=torch.float64) for leaf in leaves]
    generator = torch.Generator()
    # One generator and one buffer for all seeds: most draws are so short that making these took longest.
    for index, seed in enumerate(seeds):
        generator.manual_seed(seed)
        for here, into in zip(wide, drawn, strict=True):
            into[index] = here.normal_(generator=generator)
    result: Tree = tree_unflatten(drawn, form)
    return result


def _norms(leaves: list[Tensor]) -> Tensor:
    parts = [torch.linalg.vector_norm(leaf.reshape(len(leaf), -1), dim=1) for leaf in leaves]
    whole: Tensor = torch.linalg.vector_norm(torch.stack(parts), dim=0)
    return whole


def _divided(leaf: Tensor, by: Tensor) -> Tensor:
    return leaf / by.to(leaf.dtype).view(-1, *[1] * (leaf.dim() - 1))
