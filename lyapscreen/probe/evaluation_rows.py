"""Which rows losses are measured on: all, or of many a sample that is drawn once and the same for every candidate."""

from __future__ import annotations

import torch
from torch import Tensor

from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec

TRAIN, HELD_OUT, RESIDUAL = 2048, 4096, 2048
"""Most rows, unless set, that the training loss, the held-out loss and score, and the residual are taken over.

At 2,048 rows the standard error of a mean is a fiftieth of one row's spread.
"""


def limit(spec: Spec, usual: int) -> int | None:
    """Return the most rows that a measure is taken over; None is all."""
    if spec.evaluation_rows == "all":
        return None
    return usual if spec.evaluation_rows is None else int(spec.evaluation_rows)


def sampled(spec: Spec, rows: int, usual: int, name: str) -> Tensor | None:
    """Return the rows of a part that its measure is taken over, ascending; None is all.

    Args:
        spec: says how many are wanted.
        rows: of the part.
        usual: how many are taken unless set.
        name: of the measure: the generator is its own.

    """
    most = limit(spec, usual)
    if most is None or rows <= most:
        return None
    generator = torch.Generator().manual_seed(named_seed(0, f"evaluation/{name}"))
    return torch.randperm(rows, generator=generator)[:most].sort().values


def notices(spec: Spec, train: int, held_out: int) -> tuple[str, ...]:
    """Say which losses are taken over a sample.

    Args:
        spec: says how many rows are wanted.
        train: rows of the training part.
        held_out: rows of the held-out part.

    """
    parts = [("training", train, limit(spec, TRAIN)), ("held-out", held_out, limit(spec, HELD_OUT))]
    few = [f"{most:,} of {rows:,} {name} rows" for name, rows, most in parts if most is not None and rows > most]
    if not few:
        return ()
    return (f"losses are measured on {' and '.join(few)}, drawn once; --evaluation-rows all takes all of them",)
