"""Which of several named arrays are inputs and targets, for training and for measuring."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lyapscreen.data.text import listed
from lyapscreen.errors import DataError

INPUTS = ("x", "data", "inputs", "features", "images")
TARGETS = ("y", "target", "targets", "labels", "label")
"""What arrays may be called, whatever their case."""

PARTS = {
    "": "train", "train": "train", "training": "train", "val": "validation", "valid": "validation",
    "validation": "validation", "dev": "validation", "held_out": "held-out", "test": "test", "testing": "test",
}  # fmt: skip
"""What may stand behind or before these names: `X_train`, `y_train`, `x_val`, `test_labels`."""

_WORDS = "|".join((*INPUTS, *TARGETS))
_ENDS = "|".join(part for part in PARTS if part)
_NAME = re.compile(rf"(?:(?P<before>{_ENDS})_?)?(?P<word>{_WORDS})(?:_?(?P<after>{_ENDS}))?")


@dataclass(frozen=True)
class Parts:
    """The names of inputs and target of each part."""

    train: tuple[str, str]
    held_out: tuple[str, str] | None
    notices: tuple[str, ...]


def by_name(names: Sequence[str]) -> tuple[tuple[str, ...], str] | None:
    """Return the inputs and the target of arrays that a network takes by their names; None where it does not.

    So it is where one array is called like a target, and none like inputs or a part of the data.

    >>> by_name(["input_ids", "attention_mask", "labels"]), by_name(["X", "y"])
    ((('input_ids', 'attention_mask'), 'labels'), None)
    """
    matches = {name: match for name in names if (match := _NAME.fullmatch(name.lower()))}
    if len(matches) != 1 or len(names) < 2:
        return None
    (target, match), *_ = matches.items()
    if match["word"] not in TARGETS or match["before"] or match["after"]:
        return None
    return tuple(name for name in names if name != target), target


def found(value: str, names: Sequence[str], besides: Iterable[str] = ()) -> Parts:
    """Return which arrays are what: a validation part is the held-out part, and without one the test part is.

    Args:
        value: what the arrays came from, for messages.
        names: of all arrays.
        besides: names with a purpose of their own, such as groups.

    Raises:
        DataError: there are no inputs and target, or several; a part has one of them alone.

    """
    pairs: dict[str, dict[bool, list[str]]] = {}
    for name in names:
        match = _NAME.fullmatch(name.lower())
        if match and not (match["before"] and match["after"]):
            part = PARTS[match["before"] or match["after"] or ""]
            pairs.setdefault(part, {True: [], False: []})[match["word"] in INPUTS].append(name)
    whole = {part: (xs[True], xs[False]) for part, xs in pairs.items()}
    if "train" not in whole or not all(whole["train"]):
        if {"indices", "indptr", "shape"} <= set(names):
            rule, fix = "it holds a sparse matrix and no target", "Write X and y in svmlight's format, or pass both"
            raise DataError("data", value, rule, fix)
        fix = f"Name the inputs {', '.join(INPUTS[:3])} or X_train, and the target {', '.join(TARGETS[:4])} or y_train"
        raise DataError("data", value, f"it has no X and y; it holds {listed(names) or 'nothing'}", fix)
    measured = [part for part in ("validation", "held-out", "test") if part in whole]
    for part in ("train", *measured):
        xs, ys = whole[part]
        if len(xs) > 1 or len(ys) > 1:
            ordered = [name for name in names if name in (*xs, *ys)]
            rule = f"more than one array could be X or y ({listed(ordered)})"
            raise DataError("data", value, rule, "Keep only one X and one y in the file")
        if not xs or not ys:
            rule = f"it has {listed((*xs, *ys))} without {'inputs' if not xs else 'a target'} beside it"
            raise DataError("data", value, rule, "Give each part both, or leave it out")
    if "validation" in measured and "held-out" in measured:
        rule = "it has a validation part and a held-out part"
        raise DataError("data", value, rule, "Keep the one that the choice is to be made on")
    pair = {part: (whole[part][0][0], whole[part][1][0]) for part in ("train", *measured)}
    held_out = pair[measured[0]] if measured else None
    notices = []
    if len(measured) > 1:
        kept, other = listed(pair[measured[0]]), listed(pair[measured[1]])
        notices.append(f"{other} are not used: the choice is made on {kept}, and a test part is for after it")
    used = {*pair["train"], *(name for part in measured for name in pair[part]), *besides}
    if spare := [name for name in names if name not in used]:
        notices.append(f"not used: {listed(spare)}")
    return Parts(pair["train"], held_out, tuple(notices))
