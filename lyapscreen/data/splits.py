"""Which rows are trained on, and which are held out to measure on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lyapscreen.data.columns import missing
from lyapscreen.data.dataset import Task
from lyapscreen.data.raw import Raw
from lyapscreen.data.text import counted, listed, shown
from lyapscreen.errors import DataError, InternalError
from lyapscreen.spec.seeds import named_seed
from lyapscreen.spec.spec import Spec

SPLIT_SEED = named_seed(0, "split") % 2**32
"""Fixed: every candidate, and every later screening, is measured on the same rows."""


@dataclass(frozen=True)
class Split:
    """The rows of both parts, as indices."""

    train: np.ndarray
    held_out: np.ndarray
    notices: tuple[str, ...] = ()


def split(spec: Spec, raw: Raw, task: Task) -> Split:
    """Return the rows of the training and of the held-out part.

    `random` keeps classes in the same proportions in both parts; `last` holds out the last rows of the file;
    `group:COLUMN` puts all rows of one group into one part. A held-out part that is given stays as it is.

    Raises:
        DataError: a part would have fewer than two distinct targets, or classes that are not trained on.

    """
    if raw.n_train is not None:
        return _given(spec, raw, task, raw.n_train)
    if raw.name == "xor":
        if spec.split != "random":
            raise DataError(
                "split", spec.split, "xor trains on the same four points that it holds out", "Leave split out"
            )
        rows, notice = np.arange(len(raw.target)), "xor: the held-out part is the same four points as the training part"
        return Split(rows, rows, (notice,))
    if spec.split == "random":
        return _random(spec, raw, task)
    if raw.groups is None:
        return _last(spec, raw, task)
    return _by_group(spec, raw, raw.groups, task)


def _given(spec: Spec, raw: Raw, task: Task, n_train: int) -> Split:
    rows = np.arange(len(raw.target))
    found = Split(rows[:n_train], rows[n_train:])
    if isinstance(spec.held_out, str):
        return _checked(found, raw, task, "held_out", spec.held_out, "Put rows of every kind in both files")
    notice = f"held-out: the {counted(len(found.held_out), 'row')} that came with the data, not a fraction"
    found = Split(found.train, found.held_out, (notice,))
    return _checked(found, raw, task, "data", raw.name, "Put rows of every kind in both parts")


def _last(spec: Spec, raw: Raw, task: Task) -> Split:
    rows = np.arange(len(raw.target))
    first = rows.size - math.ceil(_fraction(spec) * rows.size)
    fix = "Order the rows by time, or use --split random"
    return _checked(Split(rows[:first], rows[first:]), raw, task, "split", "last", fix)


def _by_group(spec: Spec, raw: Raw, groups: np.ndarray, task: Task) -> Split:
    from sklearn.model_selection import GroupShuffleSplit

    if missing(groups).any():
        rule = f"the column has no value in {counted(missing(groups).sum(), 'row')}"
        raise DataError("split", spec.split, rule, "Fill in the column, or drop those rows")
    labels, group = np.unique(groups, return_inverse=True)
    held = math.ceil(_fraction(spec) * len(labels))
    if held >= len(labels):
        rule = f"with only {counted(len(labels), 'group')}, one part would be empty"
        raise DataError("split", spec.split, rule, "Choose a column with more values, or a smaller --held-out")
    shuffled = GroupShuffleSplit(n_splits=1, test_size=held, random_state=SPLIT_SEED)
    train, held_out = next(shuffled.split(group, groups=group))
    notice = f"split by group: {held} of {len(labels)} groups held out, {len(held_out)} of {len(group)} rows"
    fix = "Use more groups, or --split random"
    return _checked(Split(train, held_out, (notice,)), raw, task, "split", spec.split, fix)


def _random(spec: Spec, raw: Raw, task: Task) -> Split:
    """Split at random, classes in the same proportions in both parts where they have rows enough."""
    from sklearn.model_selection import train_test_split

    rows, notices = np.arange(len(raw.target)), []
    labels, label, counts = np.unique(_one_column(raw.target), return_inverse=True, return_counts=True)
    lone = rows[:0] if task != "classification" else rows[counts[label] == 1]
    rest = np.setdiff1d(rows, lone)
    if lone.size:
        notices.append(f"{counted(lone.size, 'class')} with a single row, kept in the training part only")
    held = math.ceil(_fraction(spec) * rest.size)
    stratify = None
    if task == "classification":
        if min(held, rest.size - held) >= len(labels) - lone.size:
            stratify = label[rest]
        else:
            notices.append("split at random, not by class: one part has fewer rows than there are classes")
    if held < rest.size:
        train, held_out = train_test_split(rest, test_size=held, random_state=SPLIT_SEED, stratify=stratify)
        train = np.concatenate([train, lone])
        if min(len(np.unique(label[train])), len(np.unique(label[held_out]))) >= 2:
            return Split(train, held_out, tuple(notices))
    rule = f"with {rows.size} rows, one part would have fewer than two distinct targets"
    fix = "Use a fraction closer to a half, or more rows; at least two classes need two rows each"
    raise DataError("held_out", spec.held_out, rule, fix)


def _checked(found: Split, raw: Raw, task: Task, setting: str, value: str, fix: str) -> Split:
    """Return a split that follows from the data, once something can be learnt and measured on it."""
    target = _one_column(raw.target)
    train, held_out = target[found.train], target[found.held_out]
    if min(len(np.unique(train)), len(np.unique(held_out))) < 2:
        parts = f"{len(train)} rows trained on, {len(held_out)} held out"
        rule = f"one of the parts ({parts}) has fewer than two distinct targets"
        raise DataError(setting, value, rule, fix)
    unseen = np.setdiff1d(held_out, train)
    if task == "classification" and unseen.size:
        count = np.isin(held_out, unseen).sum()
        names = listed(f"{label:g}" if target.dtype == np.float64 else label for label in unseen)
        rule = f"some classes are held out but never trained on: {names} ({counted(count, 'row')})"
        if near := _nearly(unseen, train):
            rule += f"; {near}"
        raise DataError(setting, value, rule, fix)
    return found


def _fraction(spec: Spec) -> float:
    """Return the fraction to hold out; where a file is held out, nothing is split."""
    if isinstance(spec.held_out, str):
        raise InternalError(f"rows were about to be split although {spec.held_out} holds the held-out part")
    return spec.held_out


def _one_column(target: np.ndarray) -> np.ndarray:
    """Return targets as one value per row: of several columns, which of their distinct rows it is."""
    return target if target.ndim == 1 else np.unique(target, axis=0, return_inverse=True)[1].reshape(-1)


def _nearly(unseen: np.ndarray, train: np.ndarray) -> str:
    """Say which label that is trained on an unseen one is but for case, spaces or a dot."""
    if train.dtype != object:
        return ""

    def bare(label: str) -> str:
        return label.casefold().strip(" .\t")

    known = {bare(label): label for label in np.unique(train)}
    found = [(label, known[bare(label)]) for label in unseen if bare(label) in known]
    if not found:
        return ""
    (label, other), *_ = found
    way = "a trailing dot" if label.strip(".") == other.strip(".") else "case or spaces"
    return f"{shown(label)} and {shown(other)} differ in {way} alone"
