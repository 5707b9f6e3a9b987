"""Cross-entropy where each row has a class at every position: the next token, or the class of a pixel.

Targets [rows, *positions] are whole numbers, -100 where there is no label, as in torch. Outputs have the classes last
([rows, length, classes], as language models answer) or after the rows ([rows, classes, height, width], as networks
for images do). Every labelled position counts like a row: losses, residuals and accuracy are means over them.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  its customary name

from lyapscreen.errors import ModelError

UNLABELLED = -100
"""torch's own `ignore_index`."""


def cross_entropy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy over the labelled positions.

    >>> outputs = torch.tensor([[[0.0, 0.0], [9.0, 0.0]]])
    >>> round(float(cross_entropy(outputs, torch.tensor([[1, -100]]))), 4)
    0.6931

    """
    return F.cross_entropy(_classes_second(outputs, targets), targets, ignore_index=UNLABELLED)


def of_each(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the cross-entropy [candidates, labelled positions] of stacked outputs [candidates, rows, ...]."""
    logits, classes = _labelled(outputs, targets)
    return -F.log_softmax(logits, 2).gather(2, classes.expand(len(logits), -1)[..., None]).squeeze(2)


def accuracy(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the share of labelled positions whose largest output is that of their class, [candidates]."""
    logits, classes = _labelled(outputs, targets)
    return (logits.argmax(2) == classes).double().mean(1)


def entropy(targets: Tensor) -> float:
    """Return the cross-entropy of predicting the class frequencies of all labelled positions."""
    labelled = targets[targets != UNLABELLED]
    shares = torch.bincount(labelled).double() / len(labelled)
    return float(torch.special.entr(shares).sum())


def require_shape(outputs: Tensor, targets: Tensor, n_classes: int, given: str, name: str) -> None:
    """Refuse outputs that are no classes of each position, or that could be read in two ways.

    There may be more classes than the data has: a vocabulary holds words that do not occur.

    Args:
        outputs: of some rows.
        targets: of these rows.
        n_classes: that the data has.
        given: the shape of the rows, as a message writes it.
        name: the model as a message calls it.

    Raises:
        ModelError: they are.

    """
    shape, (rows, *places) = tuple(outputs.shape), targets.shape
    last, second = _is_last(outputs, targets), _is_second(outputs, targets)
    axes = ", ".join(map(str, places))
    if last and second:
        rule = f"the network maps {given} to {shape}, where either axis of length {shape[-1]} could be the classes"
        raise ModelError("model", name, rule, "Let the number of classes differ from the number of positions")
    if not (last or second) or shape[-1 if last else 1] < n_classes:
        rule = (
            f"the network maps {given} to {shape}, but the data needs {n_classes} classes at each position: "
            f"({rows}, {axes}, {n_classes}) or ({rows}, {n_classes}, {axes})"
        )
        raise ModelError("model", name, rule, "Take n_inputs and n_outputs as the factory's second and third arguments")


def _is_last(outputs: Tensor, targets: Tensor) -> bool:
    return outputs.shape[:-1] == targets.shape


def _is_second(outputs: Tensor, targets: Tensor) -> bool:
    return outputs.dim() > 1 and (*outputs.shape[:1], *outputs.shape[2:]) == tuple(targets.shape)


def _classes_second(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return outputs [rows, classes, *positions], as torch's own cross-entropy wants them."""
    return outputs.movedim(-1, 1) if _is_last(outputs, targets) else outputs


def _labelled(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return outputs [candidates, labelled positions, classes] and their classes."""
    last = outputs if _is_last(outputs[0], targets) else outputs.movedim(2, -1)
    known = targets != UNLABELLED
    return last.flatten(1, -2)[:, known.flatten()], targets[known]
