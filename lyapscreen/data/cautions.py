"""What can make a held-out score mean less than it seems: leaks, copies of rows, rare or doubled labels."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from lyapscreen.data.arrays import Block
from lyapscreen.data.dataset import Dataset, Task, arrays_of
from lyapscreen.data.raw import Raw
from lyapscreen.data.several import Several
from lyapscreen.data.splits import Split
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed, shown

FEW_ROWS = 5
"""A class of fewer rows can hardly be learnt, or measured."""
MANY_COPIES = 0.05
"""Share of held-out rows that are training rows from which on it is said."""
NEARLY_ALL = 0.995
"""Share of rows, or of variance, that one column explains where it gives the target away."""
MOST_ROWS = 2000
"""Rows of each part that a leak is looked for in."""


def notices(raw: Raw, split: Split, dataset: Dataset) -> list[str]:
    """Return what to say of labels, and of held-out rows that are trained on as well."""
    found = []
    if dataset.task == "classification" and raw.target.ndim == 1:
        found += _labels(raw.target)
    copies = _copies(dataset)
    if copies > max(1, MANY_COPIES * dataset.held_out_rows) and not np.array_equal(split.train, split.held_out):
        what = f"{copies} of {dataset.held_out_rows} held-out rows are training rows as well"
        found.append(f"{what}: their score says nothing of new rows; --split group:COLUMN keeps copies together")
    return found


def _labels(target: np.ndarray) -> list[str]:
    found = []
    labels, counts = np.unique(target, return_counts=True)
    if target.dtype == object:
        alike = defaultdict(list)
        for label in labels:
            alike[" ".join(str(label).casefold().split()).strip(".")].append(label)
        if doubled := [words for words in alike.values() if len(words) > 1]:
            words = "; ".join(" and ".join(shown(word) for word in group) for group in doubled[:4])
            found.append(
                f"target: labels that differ in case, spaces or a dot alone are classes of their own ({words})"
            )
    rare = [(label, n) for label, n in zip(labels, counts, strict=True) if 1 < n < FEW_ROWS]
    if rare:
        names = listed(f"{label:g}: {n}" if target.dtype == np.float64 else f"{label}: {n}" for label, n in rare)
        found.append(f"{counted(len(rare), 'class')} with fewer than {FEW_ROWS} rows ({names})")
    return found


def _copies(dataset: Dataset) -> int:
    """Return how many held-out rows, inputs and target, stand in the training part too."""
    train, held_out = (
        _hashes(x) + _hashes([y]) * np.uint64(31)
        for x, y in (
            (arrays_of(dataset.x_train), dataset.y_train),
            (arrays_of(dataset.x_held_out), dataset.y_held_out),
        )
    )
    return int(np.isin(held_out, train).sum())


def _hashes(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Return a 64-bit hash of each row's bytes, in all arrays."""
    found = np.full(len(arrays[0]), 14695981039346656037, dtype=np.uint64)
    for rows in arrays:
        flat = rows.reshape(len(rows), -1)
        words = flat.view(f"u{flat.dtype.itemsize}")
        for at in range(words.shape[1]):
            found = (found ^ words[:, at].astype(np.uint64)) * np.uint64(1099511628211)
            found ^= found >> np.uint64(29)
    return found


def leaks(raw: Raw, split: Split, task: Task) -> list[str]:
    """Return a warning for columns of which each alone predicts the target nearly perfectly, in both parts.

    A tree of as many leaves as there are classes (64 for a regression) is fitted to the column in the training part.
    """
    table = raw.inputs
    if copied := _copied(raw):
        rule = f"the targets are {copied} itself, so that a network has only to copy it"
        fix = "a causal language model shifts them in a loss of its own, which is not used: give each position its next"
        return [f"{rule}; {fix} token as target, and the last -100"]
    if not isinstance(table, Table) or raw.target.ndim > 1 or len(table.names) < 2 or task == "multi-label":
        return []
    train, held_out = (_some(part) for part in (split.train, split.held_out))
    target = np.unique(raw.target, return_inverse=True)[1] if task == "classification" else raw.target
    found = [name for at, name in enumerate(table.names) if _predicts(table, at, target, train, held_out, task)]
    if not found or len(found) == len(table.names):
        return []
    which = "one column alone predicts" if len(found) == 1 else f"each of {len(found)} columns alone predicts"
    fix = f"if it is not known beforehand, --drop {found[0]} leaves it out"
    return [f"{which} the held-out target nearly perfectly ({listed(found)}): it may be the answer; {fix}"]


def _copied(raw: Raw) -> str:
    """Return which input the targets of positions are, as a warning calls it; empty for none."""
    inputs, target = raw.inputs, raw.target
    if isinstance(inputs, Several):
        named = dict(zip((f"the input {name}" for name in inputs.called), inputs.arrays, strict=True))
    else:
        named = {"X": inputs.values} if isinstance(inputs, Block) and inputs.kind == "tokens" else {}
    alike = (name for name, array in named.items() if target.ndim > 1 and np.array_equal(array, target))
    return next(alike, "")


def _some(rows: np.ndarray) -> np.ndarray:
    return rows if len(rows) <= MOST_ROWS else rows[np.linspace(0, len(rows) - 1, MOST_ROWS).astype(np.int64)]


def _predicts(table: Table, at: int, target: np.ndarray, train: np.ndarray, held_out: np.ndarray, task: Task) -> bool:
    column = table.frame[at]
    if column.dtype != np.float64:
        return task == "classification" and _word_for_word(
            column.iloc[train], column.iloc[held_out], target, train, held_out
        )
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    values = column.to_numpy(np.float64)
    values = np.where(np.isnan(values), np.nanmin(values) - 1, values)[:, None]
    if task == "classification":
        leaves = max(2, int(target[train].max()) + 1)
        tree = DecisionTreeClassifier(max_leaf_nodes=leaves, random_state=0)
    else:
        tree = DecisionTreeRegressor(max_leaf_nodes=64, min_samples_leaf=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that few rows have many classes: it is meant so
        tree.fit(values[train], target[train])
        return all(tree.score(values[rows], target[rows]) >= NEARLY_ALL for rows in (train, held_out))


def _word_for_word(
    train_words: object, held_out_words: object, target: np.ndarray, train: np.ndarray, held_out: np.ndarray
) -> bool:
    """Return whether the commonest class of each word is nearly always the right one, with few words."""
    classes: dict[object, Counter[int]] = defaultdict(Counter)
    words = [str(word) for word in train_words]  # type: ignore[attr-defined]
    for word, label in zip(words, target[train].tolist(), strict=True):
        classes[word][label] += 1
    if len(classes) > max(10, 2 * len(np.unique(target))):
        return False
    right = sum(counter.most_common(1)[0][1] for counter in classes.values())
    guess = {word: counter.most_common(1)[0][0] for word, counter in classes.items()}
    there = [guess.get(str(word)) for word in held_out_words]  # type: ignore[attr-defined]
    hits = sum(a == b for a, b in zip(there, target[held_out].tolist(), strict=True))
    return right >= NEARLY_ALL * len(train) and hits >= NEARLY_ALL * len(held_out)
