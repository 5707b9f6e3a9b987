"""Inputs as a network takes them: text encoded, gaps filled, scaled; all learnt from the training part alone."""

from __future__ import annotations

import numpy as np

from lyapscreen.data.arrays import Block
from lyapscreen.data.raw import Raw
from lyapscreen.data.splits import Split
from lyapscreen.data.tables import Table
from lyapscreen.data.text import counted, listed
from lyapscreen.errors import DataError

MAX_CATEGORIES = 32
"""Most inputs that one text column becomes; its rare values then share one."""
MAX_TEXT_COLUMNS = 1000


def encoded(raw: Raw, split: Split) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return the inputs of both parts, float64 but for tokens, and what was done to them.

    Raises:
        DataError: no input varies in the training part, or there is too much text.

    """
    if isinstance(raw.inputs, Table):
        return _columns(raw.name, raw.inputs, split.train, split.held_out)
    return _block(raw.name, raw.inputs, split.train, split.held_out)


def _columns(
    name: str, inputs: Table, train: np.ndarray, held_out: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    frame = inputs.frame
    numbers, texts = np.flatnonzero(frame.dtypes == np.float64), np.flatnonzero(frame.dtypes != np.float64)
    if len(texts) > MAX_TEXT_COLUMNS:
        fix = f"At most {MAX_TEXT_COLUMNS} can become categories; encode the others as numbers"
        raise DataError("data", name, f"it has {len(texts)} columns of text", fix)
    medians = frame[numbers].iloc[train].median().fillna(0)  # 0 where the training part has no value
    frame = frame.fillna({**medians, **dict.fromkeys(texts, "")})
    distinct = frame.iloc[train].nunique().to_numpy()
    if not (distinct > 1).any():
        raise _constant(name)
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MAX_CATEGORIES, sparse_output=False)
    encode = make_pipeline(make_column_transformer(("passthrough", numbers), (one_hot, texts)), StandardScaler())
    x_train, x_held_out = encode.fit_transform(frame.iloc[train]), encode.transform(frame.iloc[held_out])
    # Nothing can be learnt of such an input, yet through its initial weights it would disturb the held-out part.
    constant = np.ptp(x_train, axis=0) == 0
    x_train[:, constant] = x_held_out[:, constant] = 0
    return x_train, x_held_out, _notices(inputs, texts, distinct)


def _notices(inputs: Table, texts: np.ndarray, distinct: np.ndarray) -> list[str]:
    """Tell what became of missing, constant and rare cells; `distinct` counts each column's training values."""
    notices = []
    names, is_text = np.array(inputs.names, dtype=object), np.isin(np.arange(len(distinct)), texts)
    missing = inputs.frame.isna().sum().to_numpy()
    if missing.any():
        way = {False: "by the median of the training part", True: "as a category of their own in text columns"}
        ways = "; ".join(way[kind] for kind in np.unique(is_text[missing > 0]))
        where = f"{counted(missing.sum(), 'missing value')} in {counted((missing > 0).sum(), 'column')}"
        notices.append(f"{where} imputed ({ways})")
    for columns, rule in (
        (distinct <= 1, "constant in the training part, set to 0 in both parts"),
        (
            is_text & (distinct > MAX_CATEGORIES),
            f"with more than {MAX_CATEGORIES} distinct texts: the rare ones share one input",
        ),
    ):
        if columns.any():
            notices.append(f"{counted(columns.sum(), 'column')} {rule} ({listed(names[columns])})")
    return notices


def _block(
    name: str, inputs: Block, train: np.ndarray, held_out: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scale images and sequences by channel; tokens stay as they are."""
    # Sums depend on the order in memory, and the numbers must not.
    x_train, x_held_out = (np.ascontiguousarray(inputs.values[rows]) for rows in (train, held_out))
    if np.ptp(x_train, axis=0).max() == 0:
        raise _constant(name)
    if inputs.kind == "tokens":
        return x_train, x_held_out, []
    others = (0, 2, 3) if inputs.kind == "images" else (0, 1)
    mean = x_train.mean(axis=others, keepdims=True, dtype=np.float64)
    std = x_train.std(axis=others, keepdims=True, dtype=np.float64)
    constant = x_train.max(axis=others, keepdims=True) == x_train.min(axis=others, keepdims=True)
    std[constant] = np.inf  # 0 in both parts, as for a constant column
    notices = []
    if constant.any():
        channels = listed(map(str, np.flatnonzero(constant)))
        count = counted(constant.sum(), "channel")
        notices.append(f"{count} constant in the training part, set to 0 in both parts ({channels})")
    return (x_train - mean) / std, (x_held_out - mean) / std, notices


def _constant(name: str) -> DataError:
    return DataError("data", name, "no input varies in the training part", "Give inputs that differ from row to row")
