"""The states of candidates as one plain array, in which they leave a worker and come back to another."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch

from lyapscreen.exponents import trees

Tree = TypeVar("Tree")


def packed(tree: object) -> np.ndarray:
    """Return a tree of tensors [candidates, ...] as one structured array [candidates], a field a tensor."""
    leaves = [leaf.cpu().numpy() for leaf in trees.tree_leaves(tree)]
    rows = np.empty(len(leaves[0]), [(f"{i}", leaf.dtype, leaf.shape[1:]) for i, leaf in enumerate(leaves)])
    for i, leaf in enumerate(leaves):
        rows[f"{i}"] = leaf
    return rows


def unpacked(rows: np.ndarray, like: Tree) -> Tree:
    """Return the tree that `packed` made an array of; `like` is any tree of its form, on the device wanted."""
    there = [leaf.device for leaf in trees.tree_leaves(like)]
    names = rows.dtype.names or ()
    leaves = [torch.from_numpy(rows[name].copy()).to(device) for name, device in zip(names, there, strict=True)]
    tree: Tree = trees.tree_unflatten(leaves, trees.tree_structure(like))
    return tree
