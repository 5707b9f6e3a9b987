"""The k leading exponents: k tangents, made orthogonal again by a QR decomposition at every step.

    [V_{t+1}] R_{t+1} = DPhi_t(s_t) V_t,    exponent_j = (1/T) sum_t ln |R_t|_jj

Their sum is the mean rate at which volumes grow. Source: G. Benettin et al., Meccanica 15 (1980)
9-20 and 21-30; J.-P. Eckmann and D. Ruelle, Rev. Mod. Phys. 57 (1985) 617-656, section V.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.func import vmap

from lyapscreen.exponents import trees
from lyapscreen.exponents.tangent import Push

Tree = TypeVar("Tree")


class Frame(NamedTuple):
    """A batch of states with k orthonormal tangents each."""

    state: Any
    vectors: Any
    """Tangents, [k, states, ...] in every tensor."""
    logs: Tensor
    """Sum of ln |R_jj| so far, [states, k], float64, in the order of the decomposition."""


def init(state: Any, vectors: Any) -> Frame:
    """Return the start: `vectors` are k linearly independent tangents, [k, states, ...] in every tensor."""
    first, _ = _orthonormal(vectors)
    leaf = trees.tree_leaves(vectors)[0]
    return Frame(state, first, leaf.new_zeros(leaf.shape[1], leaf.shape[0], dtype=torch.float64))


def step(run: Frame, push: Push, t: int) -> tuple[Frame, Any]:
    """Return the run after step t of the map, and what the map reports of that step."""

    def one(vector: Any) -> Any:
        return push(run.state, vector, t)

    # The states after the step, and what it reports, are the same for all k tangents.
    states, pushed, infos = vmap(one)(run.vectors)
    vectors, logs = _orthonormal(pushed)
    first, info = trees.tree_map(lambda leaf: leaf[0], (states, infos))
    return Frame(first, vectors, run.logs + logs), info


def growth(run: Frame) -> Tensor:
    """Return the sums of ln |R_jj|, [states, k], float64, largest first.

    Divided by the number of steps they are the finite-time exponents, in nats per step. -inf: the
    map has flattened that direction; NaN: a tangent is no longer finite.
    """
    return run.logs.sort(dim=1, descending=True).values


def _orthonormal(vectors: Tree) -> tuple[Tree, Tensor]:
    """Return tangents made orthonormal, and ln |R_jj| [states, k]."""
    leaves, spec = trees.tree_flatten(vectors)
    rows = [leaf.reshape(*leaf.shape[:2], -1) for leaf in leaves]
    columns = torch.cat(rows, dim=2).permute(1, 2, 0)
    # LAPACK says nothing of what it does to NaN, so it is tested for first.
    finite = columns.isfinite().all(dim=1).all(dim=1)
    q, r = torch.linalg.qr(torch.where(finite[:, None, None], columns, torch.zeros_like(columns)))
    size = r.diagonal(dim1=1, dim2=2).abs()
    # A column that lies in the span of those before it leaves rounding where its R_jj should be 0.
    smallest = 4 * columns.shape[2] * torch.finfo(columns.dtype).eps * torch.linalg.vector_norm(columns, dim=1)
    logs = torch.where(size <= smallest, torch.zeros_like(size), size).double().log()
    logs = torch.where(finite[:, None], logs, torch.full_like(logs, torch.nan))
    parts = q.permute(2, 0, 1).split([row.shape[2] for row in rows], dim=2)
    shaped = [part.reshape(leaf.shape).to(leaf.dtype) for part, leaf in zip(parts, leaves, strict=True)]
    return trees.tree_unflatten(shaped, spec), logs
