"""The data a spec names into arrays to train on and to measure on: encoded, split, scaled.

scikit-learn is imported where it is used: every worker imports this file for `Dataset`, and loads nothing.
"""

from __future__ import annotations

import hashlib
import math
import os
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from lyapscreen import ranges, tables
from lyapscreen.candidates import named_seed
from lyapscreen.errors import DataError
from lyapscreen.spec import NAMED_DATA, Spec
from lyapscreen.tables import counted, is_text, listed, shown

SPLIT_SEED = named_seed(0, "split") % 2**32
"""Fixed: every candidate, and every later screening, is measured on the same rows."""

MIN_ROWS = 8
MAX_CLASSES = 1000
MAX_GUESSED_CLASSES = 20
MAX_CATEGORIES = 32
"""Most inputs that one text column becomes; its rare values then share one."""
MAX_TEXT_COLUMNS = 1000

Task = Literal["classification", "regression"]


@dataclass(frozen=True)
class Dataset:
    """What every candidate trains on and is measured on."""

    name: str
    """The dataset or the path as given, or `arrays`."""
    task: Task
    """What is learnt."""
    x_train: np.ndarray
    """[n_train, n_inputs] in the spec's dtype; each column has mean 0 and variance 1, or is 0 where constant."""
    y_train: np.ndarray
    """Class indices, int64 [n_train]; or the spec's dtype [n_train, 1] with mean 0 and variance 1."""
    x_held_out: np.ndarray
    """[n_held_out, n_inputs], encoded and scaled as the training part."""
    y_held_out: np.ndarray
    """As `y_train`, scaled as the training part."""
    n_outputs: int
    """Number of classes; 1 for regression."""
    notices: tuple[str, ...]
    """What was guessed or changed that a person should know."""

    @property
    def n_inputs(self) -> int:
        """Number of inputs once text is encoded."""
        return int(self.x_train.shape[1])

    def digest(self) -> str:
        """Return the SHA-256 of the arrays: two files of one name are told apart."""
        digest = hashlib.sha256(self.task.encode())
        for array in (self.x_train, self.y_train, self.x_held_out, self.y_held_out):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True)
class _Raw:
    """Inputs and target of all rows, before anything is learnt from them."""

    name: str
    """As in `Dataset`."""
    inputs: tables.Table
    """All columns but the target."""
    target: np.ndarray
    """One value per row, none missing: float64, or text in an object array."""
    task: Task | None = None
    """What named datasets are for."""


def load(spec: Spec) -> Dataset:
    """Return the dataset of the spec; the same input gives the same arrays.

    Missing numbers become the median of the training part, missing text a category of its own. A text column
    becomes one input per category. Then every input, and the target of a regression, becomes (x - mean) / std
    with mean and std of the training part; an input constant there is 0 in both parts.

    Raises:
        DataError: `data`, `header`, `target`, `task` or `held_out` does not fit the data.

    """
    from sklearn.preprocessing import StandardScaler

    raw = _raw(spec)
    task, task_notices = _task(spec, raw)
    train, held_out, split_notices = _split(spec, raw, task)
    x_train, x_held_out, input_notices = _encoded(raw, train, held_out)
    if task == "classification":
        labels, y = np.unique(raw.target, return_inverse=True)
        n_outputs, y = len(labels), y.astype(np.int64)
    else:
        column = raw.target[:, None]
        n_outputs, y = 1, StandardScaler().fit(column[train]).transform(column)
    x_train, x_held_out, y = (_cast(raw, part, spec.dtype) for part in (x_train, x_held_out, y))
    notices = (*raw.inputs.notices, *task_notices, *split_notices, *input_notices)
    return Dataset(raw.name, task, x_train, y[train], x_held_out, y[held_out], n_outputs, notices)


def _raw(spec: Spec) -> _Raw:
    value = spec.data
    if isinstance(value, tuple | list) and len(value) == 2:
        raw = _from_arrays(spec, *value)
    elif not isinstance(value, str | os.PathLike):
        rule = "data is a name, the path of a table, or a pair of arrays (X, y)"
        raise DataError("data", type(value).__name__, rule, f"Named are {', '.join(NAMED_DATA)}")
    elif value in NAMED_DATA:
        raw = _named(spec, str(value))
    else:
        raw = _from_file(spec, os.fsdecode(value))
    if len(raw.target) < MIN_ROWS and raw.name != "xor":
        rule = f"it has {counted(len(raw.target), 'row')} with a target"
        raise DataError("data", raw.name, rule, f"At least {MIN_ROWS} are needed")
    if len(np.unique(raw.target)) < 2:
        rule = f"it is {shown(str(raw.target[0]))} in every row"
        raise DataError("target", _asked(spec, raw), rule, "Choose a target that differs from row to row")
    return _without_empty_columns(raw)


def _named(spec: Spec, name: str) -> _Raw:
    from sklearn import datasets

    _refuse_table_settings(spec, f"{name} has its own target and no header")
    if name == "xor":
        x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    elif name == "moons":
        x, y = datasets.make_moons(n_samples=1000, noise=0.2, random_state=0)
    elif name == "friedman1":
        x, y = datasets.make_friedman1(n_samples=1000, noise=1.0, random_state=0)
    else:
        x, y = getattr(datasets, f"load_{name.replace('-', '_')}")(return_X_y=True)
    task: Task = "regression" if name in ("diabetes", "friedman1") else "classification"
    return _Raw(name, tables.from_python(x), y.astype(np.float64), task)


def _from_file(spec: Spec, path: str) -> _Raw:
    if not os.path.exists(path):  # noqa: PTH110  unlike Path's, false for a name too long or with NUL in it
        fix = f"Named are {', '.join(NAMED_DATA)}; or give a path to a .csv or .tsv file"
        hint = ranges.nearest(path.lower(), NAMED_DATA)
        raise DataError("data", path, "no such file or named dataset", hint + fix)
    table = tables.read(path, spec.header)
    at = table.index(spec.target)
    target = table.frame[at]
    known = target.notna()
    if not known.any():
        fix = "Choose another with --target; when every line ends with a separator, the last column is empty"
        raise DataError("target", spec.target or table.names[at], "the column has no values", fix)
    if not known.all():
        table = table.noting(f"{counted((~known).sum(), 'row')} without a target dropped")
    inputs = table.part(known.to_numpy(), np.arange(len(table.names)) != at)
    return _Raw(path, inputs, target[known].to_numpy(np.float64 if target.dtype == np.float64 else object))


def _from_arrays(spec: Spec, x: Any, y: Any) -> _Raw:
    _refuse_table_settings(spec, "arrays have no header, and their target is y")
    inputs, target = tables.from_python(x), tables.as_array(y)
    told = f"arrays with X of shape {inputs.frame.shape} and y of shape {target.shape}"
    if target.ndim == 0 or target.size != len(target):
        raise DataError("data", told, "y has one value per row", "Pass y of shape [rows]")
    if len(target) != len(inputs.frame):
        raise DataError("data", told, "X and y differ in their number of rows", "Pass one target for each row of X")
    target = tables.typed_values(target.reshape(-1))
    if tables.missing(target).any() or (target.dtype == np.float64 and (np.abs(target) > tables.LARGEST).any()):
        rule = f"y has missing values, or some infinite or beyond {tables.LARGEST:g}"
        raise DataError("data", told, rule, "Drop these rows, for example those where not np.isfinite(y)")
    return _Raw("arrays", inputs, target)


def _refuse_table_settings(spec: Spec, rule: str) -> None:
    for setting, value, usual in (("target", spec.target, None), ("header", spec.header, "auto")):
        if value != usual:
            raise DataError(setting, value, rule, f"Leave {setting} out; it is for .csv and .tsv files")


def _without_empty_columns(raw: _Raw) -> _Raw:
    filled = raw.inputs.frame.notna().any().to_numpy()
    if not filled.any():
        raise DataError("data", raw.name, "no input has a value", "Give a table with inputs beside its target")
    if filled.all():
        return raw
    empty = [name for name, has_value in zip(raw.inputs.names, filled, strict=True) if not has_value]
    told = raw.inputs.noting(f"{counted(len(empty), 'column')} without any value dropped ({listed(empty)})")
    return replace(raw, inputs=told.part(np.full(len(raw.target), True), filled))


def _asked(spec: Spec, raw: _Raw) -> str:
    return spec.target or ("y" if raw.name == "arrays" else "last column")


def _task(spec: Spec, raw: _Raw) -> tuple[Task, list[str]]:
    """Return the task asked for, else the dataset's own, else a guess and a notice that says so."""
    rows, values = len(raw.target), np.unique(raw.target)
    count, text = len(values), [value for value in values if raw.target.dtype == object and is_text(value)]
    task = raw.task if spec.task == "auto" else spec.task
    if text and task == "regression":
        rule, fix = f"the target has text such as {shown(text[0])}", "Write classification, or choose another target"
        raise DataError("task", task, rule, fix)
    too_many = count > MAX_CLASSES or 2 * count > rows
    if too_many and (text or task == "classification"):
        rule = f"the target has {count} distinct values in {rows} rows, too many for classes"
        if text:
            fix = f"Choose another target; this one has text such as {shown(text[0])}"
            raise DataError("target", _asked(spec, raw), rule, fix)
        raise DataError("task", task, rule, "Write regression")
    if task is not None:
        return task, []
    if text:
        return "classification", [f"task: classification, since the target is text ({count} labels)"]
    if count <= MAX_GUESSED_CLASSES and not too_many and np.array_equal(values, np.floor(values)):
        guess = f"task: classification, guessed from {count} distinct labels in the target"
        return "classification", [f"{guess}; --task regression overrides"]
    guess = f"task: regression, guessed from {count} distinct numbers in the target"
    return "regression", [f"{guess}; --task classification overrides"]


def _split(spec: Spec, raw: _Raw, task: Task) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the rows of the training and of the held-out part, classes in the same proportions in both."""
    from sklearn.model_selection import train_test_split

    rows, notices = np.arange(len(raw.target)), []
    if raw.name == "xor":
        return rows, rows, ["xor: the held-out part is the same four points as the training part"]
    labels, label, counts = np.unique(raw.target, return_inverse=True, return_counts=True)
    lone = rows[:0] if task == "regression" else rows[counts[label] == 1]
    rest = np.setdiff1d(rows, lone)
    if lone.size:
        notices.append(f"{counted(lone.size, 'class')} with a single row: in the training part only")
    held = math.ceil(spec.held_out * rest.size)
    stratify = None
    if task == "classification":
        if min(held, rest.size - held) >= len(labels) - lone.size:
            stratify = label[rest]
        else:
            notices.append("split at random, not by class: a part has fewer rows than there are classes")
    if held < rest.size:
        train, held_out = train_test_split(rest, test_size=held, random_state=SPLIT_SEED, stratify=stratify)
        train = np.concatenate([train, lone])
        if min(len(np.unique(label[train])), len(np.unique(label[held_out]))) >= 2:
            return train, held_out, notices
    rule = f"of {rows.size} rows, one part would have fewer than two distinct targets"
    fix = "Write a fraction nearer to a half, or give more rows; at least two classes need two rows each"
    raise DataError("held_out", spec.held_out, rule, fix)


def _encoded(raw: _Raw, train: np.ndarray, held_out: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the inputs of both parts, all that is learnt for it learnt from the training part."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = raw.inputs.frame
    numbers, texts = np.flatnonzero(frame.dtypes == np.float64), np.flatnonzero(frame.dtypes != np.float64)
    if len(texts) > MAX_TEXT_COLUMNS:
        fix = f"At most {MAX_TEXT_COLUMNS} become categories: encode the others as numbers"
        raise DataError("data", raw.name, f"it has {len(texts)} columns of text", fix)
    medians = frame[numbers].iloc[train].median().fillna(0)  # 0 where the training part has no value
    frame = frame.fillna({**medians, **dict.fromkeys(texts, "")})
    distinct = frame.iloc[train].nunique().to_numpy()
    if not (distinct > 1).any():
        rule, fix = "no input varies in the training part", "Give inputs that differ from row to row"
        raise DataError("data", raw.name, rule, fix)
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False)
    encode = make_pipeline(make_column_transformer(("passthrough", numbers), (one_hot, texts)), StandardScaler())
    x_train, x_held_out = encode.fit_transform(frame.iloc[train]), encode.transform(frame.iloc[held_out])
    # Nothing can be learnt of such an input, yet through its initial weights it would disturb the held-out part.
    constant = np.ptp(x_train, axis=0) == 0
    x_train[:, constant] = x_held_out[:, constant] = 0
    return x_train, x_held_out, _input_notices(raw.inputs, texts, distinct)


def _input_notices(inputs: tables.Table, texts: np.ndarray, distinct: np.ndarray) -> list[str]:
    """Tell what became of missing, constant and rare cells; `distinct` counts each column's training values."""
    notices = []
    names, is_text = np.array(inputs.names, dtype=object), np.isin(np.arange(len(distinct)), texts)
    missing = inputs.frame.isna().sum().to_numpy()
    if missing.any():
        way = {False: "median of the training part", True: "a category of its own in text columns"}
        ways = "; ".join(way[kind] for kind in np.unique(is_text[missing > 0]))
        where = f"{counted(missing.sum(), 'missing value')} in {counted((missing > 0).sum(), 'column')}"
        notices.append(f"{where} imputed ({ways})")
    for columns, rule in (
        (distinct <= 1, "constant in the training part: 0 in both parts"),
        (is_text & (distinct > MAX_CATEGORIES), f"with over {MAX_CATEGORIES} distinct texts: rare ones share an input"),
    ):
        if columns.any():
            notices.append(f"{counted(columns.sum(), 'column')} {rule} ({listed(names[columns])})")
    return notices


def _cast(raw: _Raw, part: np.ndarray, dtype: str) -> np.ndarray:
    """Return the part in the spec's dtype, class indices as they are."""
    if part.dtype == np.int64:
        return part
    if not (np.abs(part) <= np.finfo(dtype).max).all():
        rule = f"some held-out values overflow {dtype} once scaled by the training part"
        raise DataError("data", raw.name, rule, "Remove the outliers, or take their logarithm")
    return np.ascontiguousarray(part, dtype=dtype)
